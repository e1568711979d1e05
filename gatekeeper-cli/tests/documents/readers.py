"""Each output read by a program of its own field: a function for each, which answers what is wrong with a document.

What they are held against is the verdict as JSON: no document may say less, or anything else.
"""
import base64
import csv
import gzip
import html.parser
import io
import json
import re
import unicodedata
import xml.etree.ElementTree as ET
import zlib

import cmarkgfm
import jsonschema_rs
import junitparser
from cmarkgfm.cmark import Options
from google.protobuf import json_format
from in_toto_attestation.predicates.test_result.v0 import test_result_pb2
from in_toto_attestation.predicates.vsa.v1 import vsa_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from prometheus_client.parser import text_string_to_metric_families

# GitHub's documented limits for SARIF ("SARIF results exceed one or more limits", "SARIF support for code scanning") and for what it shows.
RESULTS, RULES, TAGS, LOCATIONS, PACKED = 25_000, 25_000, 10, 1_000, 10_000_000
COMMENT, SUMMARY, ANNOTATIONS = 65_536, 1 << 20, 10
# Characters of a cell that every spreadsheet takes.
CELL = 32_000


class Verdict:
    """A verdict as its JSON tells it."""

    def __init__(self, document):
        self.document = document
        self.gates = document["gates"]
        self.violations = [(g, v) for g in self.gates for v in g["violations"]]
        self.strays = [p for p in document["problems"] if not p["concerns"]]
        self.waivers = sum(len(g.get("waivers", [])) for g in self.gates)
        self.passes = document["exit_code"] == 0

    def messages(self):
        return sorted([line(v["message"]) for _, v in self.violations] + [line(p["error"]["message"]) for p in self.strays])


def invisible(c):
    o = ord(c)
    return (unicodedata.category(c) in ("Cc", "Zl", "Zp") or o in (0x061C, 0x180E, 0xFEFF) or 0x200B <= o <= 0x200F or 0x202A <= o <= 0x202E
            or 0x2060 <= o <= 0x2064 or 0x2066 <= o <= 0x206F or 0xE0000 <= o <= 0xE007F)


def line(text):
    """As text outputs show it: breaks are blanks, what steers or shows nothing is an escape."""
    return "".join(" " if c in "\n\r\t" else f"\\u{{{ord(c):x}}}" if invisible(c) else c for c in text)


def loose(text):
    """What is left of a text in every medium: letters and digits, for comparing what was escaped in different ways."""
    return re.sub(r"\\u\{[0-9a-f]+\}|[^\w]", "", text)


def steers(text, output):
    """Nothing that a terminal obeys or that nobody sees."""
    found = sorted({f"U+{ord(c):04X}" for c in text if invisible(c) and c != "\n"})
    return [f"{output} holds {', '.join(found)}"] if found else []


def command(text, own=r"(?!)"):
    """Lines that the runner of a CI service would take for a command."""
    out = []
    for l in text.splitlines():
        named = re.match(r"\s*::[a-zA-Z-]+[^:]*::", l) or re.search(r"##(vso)?\w*\[[\w.-]+", l)
        if named and not re.match(own, l):
            out.append(f"a command in a log: {l[:120]!r}")
    return out


def same_messages(found, verdict, what, prefix=False):
    # A document that cuts at 2,000 characters says the beginning.
    of = (lambda m: loose(m[:1_500])) if prefix else loose
    found, wanted = sorted(loose(m) for m in found), sorted(of(m) for m in verdict.messages())
    if prefix:
        if len(found) != len(wanted):
            return [f"{what}: {len(found)} violations instead of {len(wanted)}"]
        missing = [w for w in wanted if not any(f.startswith(w[:300]) or w[:300] in f for f in found)] if len(wanted) < 2_000 else []
        return [f"{what}: nothing says {m[:120]}" for m in missing[:3]]
    if what == "csv":
        found, wanted = (sorted(m[:CELL - 1_000] for m in all_of) for all_of in (found, wanted))
    return [] if found == wanted else [f"{what}: other messages than the verdict's: {sorted(set(wanted) ^ set(found))[:3]}"]


class Readers:
    def __init__(self, verdict_schema, row_schema, sarif_schema, inspect):
        self.row_schema = jsonschema_rs.validator_for(row_schema)
        self.verdict_schema = jsonschema_rs.validator_for(verdict_schema)
        self.sarif_schema = jsonschema_rs.validator_for(sarif_schema)
        self.inspect = inspect

    def read(self, output, data, verdict):
        """What is wrong with a document, in words."""
        text = data.decode("utf-8")
        out = steers(text, output)
        own = r"::(error|warning|notice) title=" if output == "github" else r"(?!)"
        reader = getattr(self, output.replace("-", "_").replace(".", "_"))
        try:
            return out + command(text, own) + reader(text, verdict)
        except Exception as e:  # whatever a parser says of a document that it does not take
            return out + [f"{output}: not read: {type(e).__name__}: {e}"]

    def json(self, text, verdict):
        return [f"the schema: {e.instance_path}: {str(e.message)[:200]}" for e in self.verdict_schema.iter_errors(json.loads(text))][:5]

    def jsonl(self, text, verdict):
        rows = [json.loads(l) for l in text.splitlines()]
        said = [line(r["message"] if "message" in r else r["error"]["message"]) for r in rows]
        out = same_messages(said, verdict, "jsonl")
        for r in rows[:2_000]:
            if not {"gate", "status", "blocking"} <= set(r):
                out.append(f"jsonl: a row without its gate or status: {sorted(r)}")
                break
            if wrong := [f"jsonl: the schema: {e.instance_path}: {str(e.message)[:200]}" for e in self.row_schema.iter_errors(r)]:
                out += wrong[:3]
                break
        return out

    def csv(self, text, verdict):
        head, *rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        out = [f"csv: a cell of {len(c)} characters" for r in rows for c in r if len(c) > CELL + 1][:3]
        out += [f"csv: row {n} has {len(r)} cells instead of {len(head)}" for n, r in enumerate(rows) if len(r) != len(head)][:3]
        out += [f"csv: a formula: {c[:60]!r}" for r in rows for c in r if c.strip()[:1] in ("=", "+", "-", "@", "＝", "＋", "－", "＠")][:3]
        at = head.index("message")
        return out + same_messages([r[at].removeprefix("'") for r in rows], verdict, "csv")

    def sarif(self, text, verdict):
        document = json.loads(text)
        out = [f"the official schema: {e.instance_path}: {str(e.message)[:200]}" for e in self.sarif_schema.iter_errors(document)][:5]
        run, = document["runs"]
        results, rules = run["results"], run["tool"]["driver"]["rules"]
        limits = {
            "results": (len(results), RESULTS), "rules": (len(rules), RULES), "bytes when packed": (len(gzip.compress(text.encode(), 1)), PACKED),
            "tags of a rule": (max([len(r["properties"]["tags"]) for r in rules], default=0), TAGS),
            "locations of a result": (max([len(r["locations"]) for r in results], default=0), LOCATIONS),
        }
        out += [f"sarif: {n} {what}, at most {most}" for what, (n, most) in limits.items() if n > most]
        for r in results:
            place = r["locations"][0]["physicalLocation"]
            uri = place["artifactLocation"]["uri"]
            if rules[r["ruleIndex"]]["id"] != r["ruleId"]:
                out.append("sarif: a result that names another rule than its index")
            if re.match(r"[a-zA-Z][\w+.-]*:|/", uri) or not re.fullmatch(r"(?:[\w.~/+@=,-]|%[0-9A-F]{2})+", uri):
                out.append(f"sarif: not a relative reference: {uri[:80]}")
            if not r["partialFingerprints"].get("gatekeeper/v1"):
                out.append("sarif: a result without a fingerprint")
            hashed = r["partialFingerprints"].get("primaryLocationLineHash")
            if hashed is not None and not re.fullmatch(r"[0-9a-f]{1,16}:[1-9]\d*", hashed):
                out.append(f"sarif: no line hash: {hashed}")
        suppressed = [r for r in results if r.get("suppressions")]
        if len(suppressed) != verdict.waivers:
            out.append(f"sarif: {len(suppressed)} suppressed results, {verdict.waivers} waivers were used")
        notes = [n for n in run["invocations"][0]["toolExecutionNotifications"] if n["level"] == "error"]
        # Section 3.11.5 and 6: a backslash before what would be a link, a brace twice where it would be a placeholder.
        plain = lambda message: re.sub(r"\\(.)", r"\1", message["text"]).replace("{{", "{")
        said = [plain(r["message"]) for r in results if not r.get("suppressions")] + [plain(n["message"]) for n in notes]
        if len(verdict.violations) <= RESULTS and len(verdict.strays) <= 3:
            out += same_messages(said, verdict, "sarif", prefix=True)
        return out[:8]

    def gitlab(self, text, verdict):
        issues = json.loads(text)
        out = []
        for i in issues:
            if set(i) != {"description", "check_name", "fingerprint", "severity", "location"} or i["severity"] not in ("info", "minor", "major", "critical", "blocker"):
                out.append(f"gitlab: not as documented: {str(i)[:120]}")
            elif set(i["location"]) != {"path", "lines"} or i["location"]["lines"]["begin"] < 1 or i["location"]["path"].startswith("./"):
                out.append(f"gitlab: not a place: {i['location']}")
        if len({i["fingerprint"] for i in issues}) != len(issues):
            out.append("gitlab: a fingerprint is there twice")
        return out[:5] + same_messages([i["description"] for i in issues], verdict, "gitlab", prefix=True)

    def junit(self, text, verdict):
        read = junitparser.JUnitXml.fromstring(text.encode())
        cases = [c for suite in read for c in suite]
        ends = [type(r).__name__ for c in cases for r in c.result]
        found = {"total": len(cases), "failed": ends.count("Failure"), "errored": ends.count("Error"), "skipped": ends.count("Skipped")}
        out = []
        stated = {"total": read.tests, "failed": read.failures, "errored": read.errors, "skipped": read.skipped}
        if found != stated:
            out.append(f"junit: states {stated}, lists {found}")
        own = self.inspect("junit.xml", text)
        if own.get("format") != "junit" or any(own["summary"][k] != n for k, n in found.items()):
            out.append(f"junit: our own reader sees {own.get('summary', own.get('error'))}, junitparser {found}")
        if (found["failed"] + found["errored"] == 0) != verdict.passes:
            out.append(f"junit: {found}, and the verdict is {verdict.document['status']}")
        wanted = len(verdict.violations) + len(verdict.strays) + len(verdict.gates)
        if verdict.gates and len(cases) != wanted:
            out.append(f"junit: {len(cases)} cases instead of {wanted}")
        return out

    def markdown(self, text, verdict):
        out = []
        if not re.match(r"<!-- gatekeeper-comment:[A-Za-z0-9._/#-]+ -->\n", text):
            out.append("markdown: the mark of the comment is not there")
        page = Page(text)
        out += page.problems()
        if not page.tables:
            return out + ["markdown: no table"]
        gates = page.tables[0]
        if gates[0] != ["", "Gate", "Status", "Why"] or len(gates) - 1 != min(100, len(verdict.gates)):
            out.append(f"markdown: a table of {len(gates) - 1} gates, {len(verdict.gates)} were judged")
        if len(verdict.gates) <= 100:
            for row, gate in zip(gates[1:], verdict.gates):
                if not row[2].startswith(gate["status"]) or not loose(line(gate["name"])).startswith(loose(row[1])[:40]):
                    out.append(f"markdown: the row {row} is not of {gate['name'][:60]!r}, {gate['status']}")
        figures = [t for t in page.tables if t[0] == ["", "Before", "Now", "Change"]]
        wanted = 1 if any(f["before"] != f["now"] for f in (verdict.document.get("baseline") or {}).get("figures", [])) else 0
        if len(figures) != wanted:
            out.append(f"markdown: {len(figures)} tables of what changed, {wanted} wanted")
        cells = sum(1 for g in verdict.gates if len(g.get("cells", [])) > 1)
        if len(page.tables) != 1 + wanted + cells:
            out.append(f"markdown: {len(page.tables)} tables; {1 + wanted + cells} wanted")
        if len(text.encode("utf-16-le")) // 2 > COMMENT or len(text.encode()) > SUMMARY:
            out.append(f"markdown: {len(text)} characters")
        return out

    def github(self, text, verdict):
        out = []
        levels = {}
        for l in text.splitlines():
            m = re.fullmatch(r"::(error|warning|notice) title=([^,:]*)(?:,file=([^,:]*))?(?:,line=(\d+))?(?:,col=(\d+))?::(.*)", l)
            if not m:
                out.append(f"github: not an annotation: {l[:120]!r}")
                continue
            levels[m[1]] = levels.get(m[1], 0) + 1
            if m[3] and m[3].startswith(("/", "%2F", "..")):
                out.append(f"github: not a path of the repository: {m[3][:80]}")
        return out[:5] + [f"github: {n} annotations of {level}" for level, n in levels.items() if n > ANNOTATIONS]

    def human(self, text, verdict):
        first = text.split("\n")[0]
        return [] if first.startswith(verdict.document["status"].upper() + "  ") else [f"human: the first line is {first[:80]!r}"]

    def badge(self, text, verdict):
        svg = ET.fromstring(text)
        ns = "{http://www.w3.org/2000/svg}"
        known = {ns + t for t in ("svg", "title", "clipPath", "rect", "g", "text")}
        out = [f"badge: an element {e.tag}" for e in svg.iter() if e.tag not in known]
        wide, high = int(svg.get("width")), int(svg.get("height"))
        bars = [r for g in svg.findall(f"{ns}g") for r in g.findall(f"{ns}rect")]
        if high != 20 or not 80 <= wide <= 400 or sum(int(r.get("width")) for r in bars) != wide:
            out.append(f"badge: {wide} x {high}, bars of {[r.get('width') for r in bars]}")
        words = [t.text for t in svg.iter(ns + "text")]
        if len(words) != 2 or not words[1].startswith(verdict.document["status"]) or svg.find(f"{ns}title").text != ": ".join(words):
            out.append(f"badge: says {words}")
        for t in svg.iter(ns + "text"):
            if int(t.get("textLength")) >= wide:
                out.append("badge: a text wider than the badge")
        return out

    def badge_json(self, text, verdict):
        badge = json.loads(text)
        keys = {"schemaVersion", "label", "message", "color", "isError"}
        good = set(badge) == keys and badge["schemaVersion"] == 1 and badge["isError"] != verdict.passes and re.fullmatch(r"#[0-9a-f]{6}", badge["color"])
        return [] if good and badge["message"].startswith(verdict.document["status"]) else [f"badge-json: {badge}"]

    def prometheus(self, text, verdict):
        families = {f.name: f for f in text_string_to_metric_families(text)}
        out = []
        statuses = {}
        for s in families["gatekeeper_gate_status"].samples if "gatekeeper_gate_status" in families else []:
            statuses.setdefault(s.labels["gate"], []).append((s.labels["status"], s.value))
        if any(sum(v for _, v in of) != 1 for of in statuses.values()) or len(statuses) != len(verdict.gates):
            out.append(f"prometheus: statuses of {len(statuses)} gates, {len(verdict.gates)} were judged")
        counted = {s.labels["gate"]: s.value for s in families["gatekeeper_gate_violations"].samples}
        if sorted(counted.values()) != sorted(len(g["violations"]) for g in verdict.gates):
            out.append(f"prometheus: violations {counted}")
        held = {s.labels["status"]: s.value for s in families["gatekeeper_verdict"].samples}
        return out + ([] if held.get(verdict.document["status"]) == 1 and sum(held.values()) == 1 else [f"prometheus: the verdict is {held}"])

    # in-toto's own models: a statement that they parse and call valid, and a predicate that fits its message.
    def statement(self, text, kind):
        document = json.loads(text)
        statement = Statement.copy_from_pb(json_format.ParseDict({**{k: v for k, v in document.items() if k != "_type"}, "type": document["_type"]}, statement_pb2.Statement()))
        statement.validate()
        return document["predicate"], [] if document["predicateType"] == kind else [f"the predicate is a {document['predicateType']}"]

    def test_result(self, text, passes=None):
        predicate, out = self.statement(text, "https://in-toto.io/attestation/test-result/v0.1")
        json_format.ParseDict(predicate, test_result_pb2.TestResult())
        if passes is not None and (predicate["result"] in ("PASSED", "WARNED")) != passes:
            out.append(f"in-toto: {predicate['result']}")
        return predicate, out

    def in_toto(self, text, verdict):
        predicate, out = self.test_result(text, verdict.passes)
        named = sum(len(predicate[k]) for k in ("passedTests", "warnedTests", "failedTests"))
        judged = sum(1 for g in verdict.gates if g["status"] != "skip")
        return out + ([] if named == judged else [f"in-toto: names {named} of {judged} gates"])

    def in_toto_gates(self, text, verdict):
        out = []
        judged = [g for g in verdict.gates if g["status"] != "skip"]
        lines = text.splitlines()
        if len(lines) != len(judged):
            out.append(f"in-toto-gates: {len(lines)} statements, {len(judged)} gates")
        for l, gate in zip(lines, judged):
            predicate, problems = self.test_result(l)
            result = "PASSED" if gate["status"] == "pass" else "FAILED" if gate["blocking"] else "WARNED"
            out += problems + ([] if predicate["result"] == result else [f"in-toto-gates: {gate['name'][:40]} is {predicate['result']}"])
        return out[:5]

    def svr(self, text, verdict, kind="https://in-toto.io/attestation/svr/v0.2"):
        predicate, out = self.statement(text, kind)
        good = set(predicate) == {"verifier", "timeCreated", "properties"} and ("GATEKEEPER_PASSED" in predicate["properties"]) == verdict.passes
        passed = sum(p.startswith("GATEKEEPER_GATE_") for p in predicate["properties"])
        return out + ([] if good and passed == sum(g["status"] == "pass" for g in verdict.gates) else [f"svr: {str(predicate)[:200]}"])

    def svr_v0_1(self, text, verdict):
        return self.svr(text, verdict, "https://in-toto.io/attestation/svr/v0.1")

    def vsa(self, text, verdict):
        predicate, out = self.statement(text, "https://slsa.dev/verification_summary/v1")
        # Where the model takes one level and the specification (SLSA 1.2) a list of them, the specification counts.
        known = vsa_pb2.VerificationSummary.DESCRIPTOR
        json_format.ParseDict({k: v for k, v in predicate.items() if k != "verifiedLevels"}, vsa_pb2.VerificationSummary(), ignore_unknown_fields=True)
        names = {f.json_name for f in known.fields} | {f.name for f in known.fields}
        unknown = set(predicate) - names - {"slsaVersion"}
        levels = predicate["verifiedLevels"]
        good = (predicate["verificationResult"] == "PASSED") == verdict.passes and bool(levels) == verdict.passes and not any(l.startswith("SLSA_") for l in levels)
        return out + ([f"vsa: unknown {unknown}"] if unknown else []) + ([] if good else [f"vsa: {str(predicate)[:200]}"])

    def html(self, text, verdict):
        page = Html(text)
        out = [f"html: {name}" for name in page.problems]
        rows = json.loads(zlib.decompress(base64.b64decode(page.blocks["findings"]), -15))["rows"] if "findings" in page.blocks else []
        held = [r for r in rows if r[1] not in ("none", "suppressed")]
        wanted = len(verdict.violations) + len(verdict.strays)
        if len(held) != wanted:
            out.append(f"html: {len(held)} violations instead of {wanted}")
        if page.status != verdict.document["status"]:
            out.append(f"html: the status is {page.status}")
        return out


class Html(html.parser.HTMLParser):
    """A page: its blocks of data, and what has no place in it."""

    ALLOWED = set("html head meta title link style body a header nav main section div span h1 h2 h3 h4 p ul ol li dl dt dd b code details summary table colgroup col thead tbody tr th td svg rect time footer script".split())

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.blocks, self.problems, self.status, self.at, self.scripts = {}, [], None, None, 0
        self.elements = set()
        self.feed(text)
        self.close()
        if self.scripts != 1:
            self.problems.append(f"{self.scripts} scripts")

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.elements.add((tag, tuple(sorted(attrs))))
        if tag not in self.ALLOWED:
            self.problems.append(f"an element {tag}")
        if any(name.startswith("on") for name in attrs) or "srcset" in attrs or (tag != "link" and "src" in attrs):
            self.problems.append(f"attributes {sorted(attrs)} of {tag}")
        href = attrs.get("href") or ""
        if tag == "a" and not href.startswith("#") and not re.match(r"https://[\w.-]+/", href):
            self.problems.append(f"a link to {href[:60]}")
        if tag == "html":
            self.status = attrs.get("data-status")
        if tag == "script":
            self.at = attrs["id"].removeprefix("data-") if attrs.get("type") == "application/octet-stream" else None
            self.scripts += self.at is None
            if self.at:
                self.blocks[self.at] = ""

    def handle_data(self, data):
        if self.at:
            self.blocks[self.at] += data

    def handle_endtag(self, tag):
        if tag == "script":
            self.at = None


class Page(html.parser.HTMLParser):
    """Rendered Markdown: its tables cell by cell, its elements, and its text outside of code."""

    def __init__(self, markdown):
        super().__init__(convert_charrefs=True)
        rendered = cmarkgfm.github_flavored_markdown_to_html(markdown, Options.CMARK_OPT_UNSAFE)
        self.tables, self.tags, self.links, self.text, self.code, self.cell, self.paragraph, self.broken = [], {}, [], [], 0, False, False, []
        self.open = []
        self.feed(rendered)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags[tag] = self.tags.get(tag, 0) + 1
        if tag not in ("img", "br", "hr", "input"):
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in ("td", "th") and self.tables:
            self.tables[-1][-1].append("")
            self.cell = True
        elif tag == "code":
            self.code += 1
        elif tag == "p":
            self.paragraph = True
        if tag in ("a", "img"):
            self.links.append(dict(attrs).get("href") or dict(attrs).get("src") or "")

    def handle_endtag(self, tag):
        if tag in self.open:
            while self.open.pop() != tag:
                pass
        if tag in ("td", "th"):
            self.cell = False
        elif tag == "code":
            self.code -= 1
        elif tag == "p":
            self.paragraph = False

    def handle_data(self, data):
        if self.cell:
            self.tables[-1][-1][-1] += data
        if self.paragraph and not self.cell and re.match(r"\s*\|", data):
            self.broken.append(data)
        if not self.code:
            self.text.append(data)

    def problems(self):
        out = []
        for table in self.tables:
            wide = {len(row) for row in table}
            if len(wide) != 1:
                out.append(f"markdown: a table with rows of {sorted(wide)} cells")
        if self.broken:
            out.append(f"markdown: rows that are no table: {self.broken[0][:80]!r}")
        odd = set(self.tags) - {"h2", "p", "table", "colgroup", "col", "thead", "tbody", "tr", "th", "td", "details", "summary", "ul", "li", "code", "a", "strong", "sub", "em"}
        if odd:
            out.append(f"markdown: elements {sorted(odd)}")
        if self.open:
            out.append(f"markdown: not closed: {self.open}")
        for l in self.links:
            if not l.startswith("https://") or "evil" in l:
                out.append(f"markdown: a link to {l[:80]}")
        text = "".join(self.text)
        for what, mark in [("a mention", r"(?:^|[^\w`/.])@[A-Za-z0-9]"), ("an issue", r"(?:^|[^\w&])#\d+\b"), ("an issue", r"\bGH-\d+\b"),
                           ("a reference of GitLab's", r"[!&^~]\d|%[\w\"]|~[a-z\"]|\bGL-\d|\^alert#|\*iteration:|\[[a-z_]+:"), ("a commit", r"\b[0-9a-f]{40}\b"), ("a formula", r"\$[^$\s][^$]*\$"), ("an emoji", r":(?:white_check_mark|tada|\+1|100):")]:
            found = re.search(mark, text)
            if found:
                out.append(f"markdown: {what}: {found.group()[:60]!r}")
        return out
