"""Projects whose verdicts every output is made of: what a pipeline leaves behind, and the answer that it gets."""
import json
import os
import random

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NOW = "2026-01-31T12:00:00Z"


def put(folder, files):
    for name, text in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))


def xml(text):
    """As an attribute's or element's text; what XML cannot hold is replaced."""
    return "".join(f"&#{ord(c)};" if c in "<>&\"'\n\r\t" else c if ord(c) >= 32 and not 0xD800 <= ord(c) < 0xE000 and ord(c) not in (0xFFFE, 0xFFFF) else "\ufffd" for c in text)


def junit(passing=3, failing=(), suite="calc", message="expected 3 to be 4"):
    cases = [f'<testcase classname="calc" name="case {n}" time="0.01"/>' for n in range(passing)]
    cases += [f'<testcase classname="{xml(suite)}" name="{xml(name)}" file="src/calc.c" line="4"><failure message="{xml(message)}">{xml(message)}</failure></testcase>' for name in failing]
    return f'<testsuite name="{xml(suite)}" tests="{len(cases)}" failures="{len(failing)}">{"".join(cases)}</testsuite>'


def sarif(findings, tool="lint"):
    """Findings of (rule, level, message, path, line)."""
    results = [{"ruleId": rule, "level": level, "message": {"text": message},
                "locations": [{"physicalLocation": {"artifactLocation": {"uri": path}, "region": {"startLine": at, "startColumn": 2}}}]} for rule, level, message, path, at in findings]
    return json.dumps({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": tool, "rules": [{"id": r} for r in sorted({f[0] for f in findings})]}}, "results": results}]})


def lcov(covered, total, path="src/calc.c"):
    return f"SF:{path}\n" + "".join(f"DA:{n},{int(n <= covered)}\n" for n in range(1, total + 1)) + "end_of_record\n"


def bom(licences, name="left-pad"):
    parts = [{"type": "library", "bom-ref": f"c{n}", "name": f"{name}-{n}" if n else name, "version": "1.0", "purl": f"pkg:npm/p{n}@1.0", "licenses": [{"license": {"name": l}}]} for n, l in enumerate(licences)]
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "metadata": {"timestamp": NOW, "component": {"type": "application", "name": "app", "version": "1"}}, "components": parts})


SOURCE = "".join(f"int line_{n}(void) {{ return {n}; }}\n" for n in range(1, 41))

POLICY = """version = 1
[gates.unit]
rule = "tests"
min-pass-rate = 100
[gates.coverage]
rule = "coverage"
lines = { min = 80 }
[gates.lint]
rule = "findings"
max = { critical = 0, high = 0 }
[gates.licences]
rule = "licenses"
allow = ["MIT"]
action = "warn"
"""


def green(folder):
    put(folder, {"gatekeeper.toml": POLICY, "junit.xml": junit(), "lcov.info": lcov(9, 10), "lint.sarif": sarif([]), "bom.json": bom(["MIT"]), "src/calc.c": SOURCE})


def failing(folder):
    found = [("sql-injection", "error", f"a value reaches a query, {n}", "src/calc.c", n + 1) for n in range(30)]
    put(folder, {"gatekeeper.toml": POLICY, "junit.xml": junit(3, ["adds", "divides"]), "lcov.info": lcov(5, 10), "lint.sarif": sarif(found), "bom.json": bom(["MIT", "GPL-3.0-only"]), "src/calc.c": SOURCE})


def unknown(folder):
    put(folder, {"gatekeeper.toml": POLICY, "junit.xml": junit()[:60], "lcov.info": "", "lint.sarif": "{", "notes.json": "hello", "src/calc.c": SOURCE})


def nothing(folder):
    put(folder, {"gatekeeper.toml": POLICY, "src/calc.c": SOURCE})


def warns(folder):
    put(folder, {"gatekeeper.toml": POLICY, "junit.xml": junit(), "lcov.info": lcov(10, 10), "lint.sarif": sarif([]), "bom.json": bom(["MIT", "GPL-3.0-only"]), "src/calc.c": SOURCE})


def matrix(folder):
    policy = 'version = 1\n[[evidence]]\npaths = ["r/{os}/{otp}/*.xml"]\n[gates.unit]\nrule = "tests"\nmin-pass-rate = 100\neach = ["os", "otp"]\nrequire = { os = ["linux", "macos", "windows"], otp = ["26", "27", "28"] }\n'
    files = {f"r/{os_}/{otp}/junit.xml": junit(3, ["breaks"] if (os_, otp) == ("macos", "27") else []) for os_ in ("linux", "macos", "windows") for otp in ("26", "27", "28") if (os_, otp) != ("windows", "28")}
    put(folder, {"gatekeeper.toml": policy, **files})


def monorepo(folder):
    policy = 'version = 1\n[[evidence]]\npaths = ["reports/*"]\n' + "".join(f'[components.{c}]\npaths = ["{c}/**"]\n' for c in ("gateway", "billing", "shared"))
    policy += '[gates.coverage]\nrule = "coverage"\nlines = { min = 80 }\nper-component = true\n'
    put(folder, {"gatekeeper.toml": policy, "reports/lcov.info": lcov(9, 10, "gateway/a.c") + lcov(5, 10, "billing/b.c") + lcov(10, 10, "shared/s.c")})


def waived(folder):
    policy = POLICY + "".join(f'[[waivers]]\ngate = "lint"\nid = "rule-{n}"\nreason = "known, see the ticket"\nexpires = "2026-02-0{n + 1}"\nowner = "platform"\n' for n in range(3))
    found = [(f"rule-{n % 3}", "error", f"finding {n}", "src/calc.c", n + 1) for n in range(9)]
    put(folder, {"gatekeeper.toml": policy, "junit.xml": junit(), "lcov.info": lcov(9, 10), "lint.sarif": sarif(found), "bom.json": bom(["MIT"]), "src/calc.c": SOURCE})


def many(folder, findings=20_000):
    dice = random.Random(7)
    words = ["parse", "lock", "render", "fetch", "retry", "merge", "stream"]
    found = [(f"rule-{n % 50}", ("error", "warning", "note")[n % 3], f"the value of {dice.choice(words)}{n} reaches {dice.choice(words)} without a check", f"src/part_{n % 20}/file_{n % 400}.c", n % 900 + 1) for n in range(findings)]
    policy = 'version = 1\n[gates.lint]\nrule = "findings"\nmax = { total = 0 }\n'
    put(folder, {"gatekeeper.toml": policy, "lint.sarif": sarif(found), **{f"src/part_{n % 20}/file_{n}.c": SOURCE * 23 for n in range(0, 400, 40)}})


PROJECTS = {"green": green, "failing": failing, "unknown": unknown, "nothing": nothing, "warns": warns, "matrix": matrix, "monorepo": monorepo, "waived": waived, "many": many}

# What strangers write. Each is put everywhere that a report, a file's name or a policy's text may bring it.
HOSTILE = {
    "ansi": "a\x1b[31;5mRED\x1b[0m\x1b[2J",
    "osc": "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\\x1b]52;c;cm0=\x07",
    "c1": "a\x9b31mRED\x9d0;x\x9c\x7f",
    "breaks": "FAIL\rPASS\x0b\x0c\x85\u2028\u2029\nPASS  all is well",
    "bidi": "a\u202e\u2066gnp.exe\u2069\u202cb",
    "unseen": "pa\u200bss\ufeff\u200d\u2060\U000e0041",
    "command": "::error title=owned::owned",
    "command behind a break": "x\n::set-output name=status::pass\r\n  ::stop-commands::tok",
    "old command": "test ##[add-mask]fail ##vso[task.setvariable]y",
    "percent": "%0A::error::owned%0D%25",
    "heredoc": "x\nEOF\nstatus=pass\nstatus<<EOF\npass\nEOF\nghadelimiter_0",
    "link": "[click](http://evil.example) ![x](http://evil.example/p.png) <http://evil.example> http://evil.example www.evil.example",
    "html": "<img src=http://evil.example/x onerror=alert(1)><script>alert(1)</script></style></title>",
    "details": "</summary></details><details><summary> --> <!-- hidden",
    "table": "a | b | ✅ | pass |\n| ✅ | all | pass | fine |\n|---|",
    "backslash": "a\\| b \\\\| c\\",
    "code": "a `b` ``c`` ```d\n```\n</details>\n```",
    "mention": "@octocat `@octocat` x@octocat.y you@evil.example",
    "reference": "fixes #123, GH-2, owner/repo#3, 16c999e8c71134401a78d4d46435517b2271d6ac",
    "reference of GitLab's": "see !12, &1, %2, %\"next\", ~bug ~7 ~\"to do\", $3, ^alert#4, GL-5, group/p!6, [vulnerability:7], *iteration:\"x\"",
    "markup": "# big\n===\n- [ ] task\n1. one\n> [!WARNING]\n> owned\n---\n**b** _i_ ~~s~~",
    "math": "$\\color{green}{PASS}$ $$x$$ :white_check_mark: :tada:",
    "entity": "&lt;b&gt; &#64;octocat &commat;octocat",
    "cdata": "a]]>b<![CDATA[c\"><testcase name=\"forged\"/><x a=\"",
    "attribute": "\" onload=\"x ' onfocus='alert(1)",
    "formula": "=cmd|' /C calc'!A0",
    "formula behind a tab": "\t@SUM(1+1)*cmd|x",
    "label": "a\"} 1\ngatekeeper_verdict{status=\"pass\"} 1\n#",
    "sarif": "[text](1) {0} {{x}} \\[",
    "uri": "javascript:alert(1) ../../etc/passwd file:///etc/passwd",
    "nul": "a\x00b",
    "long": "L" * 1_000_000,
    "blanks": "   ",
    "combining": "a" + "\u0301" * 3_000,
}


def hostile(folder, word, named=True):
    """A project in which a stranger's word stands wherever one can be; `named`: in the names of gates and components too, which not every word may be."""
    name = "".join(c for c in word if c not in "/\x00")[:60].strip().encode("utf-8", "replace").decode() or "x"
    text = lambda word: json.dumps(word, ensure_ascii=False).replace("\x7f", "\\u007f")
    toml = text(word[:2_000])
    key = lambda first, most: text(first + word[:most] if named else first)
    policy = f"""version = 1
[[evidence]]
name = "reports"
paths = ["r/{{os}}/*.xml", "r/*.sarif", "r/*.json", "r/lcov.info"]
[components.{key("c", 50)}]
paths = ["src/**"]
[gates.unit]
rule = "tests"
min-pass-rate = 100
each = "os"
then = "page"
[gates.{key("g", 200)}]
rule = "findings"
max = {{ total = 0 }}
[gates.coverage]
rule = "coverage"
lines = {{ min = 80 }}
files = {{ lines = {{ min = 80 }} }}
[gates.licences]
rule = "licenses"
allow = ["MIT"]
unknown = "fail"
[gates.sbom]
rule = "sbom"
[[waivers]]
gate = "licences"
package = "waived"
reason = {toml if word.strip() else '"x"'}
expires = "2026-02-05"
owner = {toml if word.strip() else '"x"'}
"""
    parts = [{"type": "library", "bom-ref": "a", "name": word or "x", "version": word or "1", "licenses": [{"license": {"name": word or "x"}}]},
             {"type": "library", "bom-ref": "b", "name": "waived", "version": "1", "licenses": [{"license": {"name": word or "x"}}]}]
    files = {
        "gatekeeper.toml": policy,
        f"r/{name}/junit.xml": junit(1, [word], suite=word, message=word),
        "r/linux/junit.xml": junit(1, [word]),
        "r/lint.sarif": json.dumps({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": word or "t", "rules": [{"id": word or "r", "helpUri": "https://x.example/" + word}]}}, "results": [
            {"ruleId": word or "r", "level": "error", "message": {"text": word or "m"}, "locations": [{"physicalLocation": {"artifactLocation": {"uri": "src/" + word}, "region": {"startLine": 3}}}]}]}]}),
        "r/lcov.info": lcov(5, 10, "src/" + "".join(c for c in word if c not in "\r\n") + "/a.c"),
        "r/bom.json": json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "metadata": {"timestamp": NOW}, "components": parts}),
        f"r/{name}.sarif": '{"version":"2.1.0","runs":[' + word,
    }
    put(folder, files)
