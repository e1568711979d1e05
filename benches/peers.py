#!/usr/bin/env python3
"""What programs and scripts that gate CI answer to evidence that proves nothing: the table of docs/why-not.md.

    benches/peers.py PROGRAM [--peers VENV]

Each case is a small project of which the right answer is "not a pass": the evidence is missing, cut, empty, contradicts itself or is of something
else. Each program is asked in the way that its own documentation shows for a gate. Exit code 0 is a pass; anything else counts as none.
Ends with 1 where gatekeeper passes any of them.

The peers are installed into VENV (`pip install diff-cover junitparser sarif-tools`), with git, jq and grep beside them. Without --peers only
gatekeeper and the two scripts are asked.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SUITE = '<testsuite name="s" tests="{tests}" failures="{failures}" errors="0">{cases}</testsuite>'
CASE = '<testcase name="{0}" classname="c"/>'
FAILED = '<testcase name="{0}" classname="c"><failure message="no"/></testcase>'


# What all of them must pass: a program that never does proves nothing.
FINE = "whole, and in order"


def suite(cases, tests, failures):
    return SUITE.format(tests=tests, failures=failures, cases="".join(cases))


GOOD = suite([CASE.format("a"), CASE.format("b")], 2, 0)
JUNIT = [
    (FINE, GOOD),
    ("the report is not there", None),
    ("the report is empty", ""),
    ("the report is cut off", GOOD[:70]),
    ("no suite in it", "<testsuites/>"),
    ("a suite without a case", suite([], 0, 0)),
    ("412 tests stated, 1 listed", suite([CASE.format("a")], 412, 0)),
    ("a failure stated, none listed", suite([CASE.format("a"), CASE.format("b")], 2, 1)),
    ("a failing case, none stated", suite([CASE.format("a"), FAILED.format("b")], 2, 0)),
    ("a failing case in a suite within a suite", f'<testsuites><testsuite name="o" tests="1" failures="0">{suite([FAILED.format("b")], 1, 0)}</testsuite></testsuites>'),
    ("every case is skipped", suite(['<testcase name="a" classname="c"><skipped/></testcase>'], 1, 0)),
    ("a failed case ran again and passed", suite([FAILED.format("a"), CASE.format("a"), CASE.format("b")], 3, 1)),
]


def sarif(run):
    return '{"version":"2.1.0","$schema":"https://json.schemastore.org/sarif-2.1.0.json","runs":[' + run + "]}"


DRIVER = '"tool":{"driver":{"name":"scan","rules":[]}}'
SARIF = [
    (FINE, sarif("{" + DRIVER + ',"results":[],"invocations":[{"executionSuccessful":true}]}')),
    ("the report is not there", None),
    ("the report is empty", ""),
    ("the report is cut off", sarif("{" + DRIVER + ',"results":[]}')[:90]),
    ("no run in it", sarif("")),
    ("a run without results: it did not scan", sarif("{" + DRIVER + "}")),
    ("the tool says that it failed", sarif("{" + DRIVER + ',"results":[],"invocations":[{"executionSuccessful":false}]}')),
    ("an error, its level in the rule alone", sarif('{"tool":{"driver":{"name":"scan","rules":[{"id":"R1","defaultConfiguration":{"level":"error"}}]}},"results":[{"ruleId":"R1","ruleIndex":0,"message":{"text":"m"}}]}')),
    ("256 errors", sarif("{" + DRIVER + ',"results":[' + ",".join(['{"ruleId":"R1","level":"error","message":{"text":"m"}}'] * 256) + "]}")),
    ("results that are kept in another file", sarif("{" + DRIVER + ',"results":[],"externalPropertyFileReferences":{"results":[{"location":{"uri":"more.sarif"},"itemCount":40}]}}')),
]

A = "def a():\n    return 1\n"
B = A + "\n\ndef b(x):\n    if x:\n        return 2\n    return 3\n"


def lcov(lines, name="src/a.py"):
    return f"SF:{name}\n" + "".join(f"DA:{n},{hits}\n" for n, hits in lines.items()) + "end_of_record\n"


COVERED = {1: 1, 2: 1, 5: 1, 6: 1, 7: 1, 8: 1}
UNCOVERED = {1: 1, 2: 1, 5: 1, 6: 0, 7: 0, 8: 0}
# What stands in src after the change, the report, and how git's settings are.
DIFF = [
    (FINE, {"src/a.py": B}, lcov(COVERED), {}),
    ("the report is not there", {"src/a.py": B}, None, {}),
    ("the report is empty", {"src/a.py": B}, "", {}),
    ("the changed file is in no report", {"src/a.py": A, "src/c.py": B}, lcov({1: 1, 2: 1}), {}),
    ("new code that no test ran, with diff.noprefix", {"src/a.py": B}, lcov(UNCOVERED), {"diff.noprefix": "true"}),
    ("new code that no test ran, with diff.mnemonicPrefix", {"src/a.py": B}, lcov(UNCOVERED), {"diff.mnemonicPrefix": "true"}),
    ("the report is of the code before the change", {"src/a.py": B}, lcov({1: 1, 2: 1}), {}),
    ("the report breaks off before the new lines", {"src/a.py": B}, lcov(UNCOVERED)[:28], {}),
    ("its paths are of another machine", {"src/a.py": B}, lcov(UNCOVERED, "/build/x/lib/a.py"), {}),
]


PEERS = ("junitparser", "sarif", "diff-cover")


class Run:
    def __init__(self, options):
        self.false_passes = 0
        self.options = options
        path = [str(options.peers / "bin")] if options.peers else []
        self.environment = {"PATH": os.pathsep.join([*path, os.environ["PATH"]]), "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "GIT_CONFIG_NOSYSTEM": "1",
                            "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org"}

    def passes(self, folder, command):
        done = subprocess.run(["bash", "-c", command], cwd=folder, env=self.environment, capture_output=True, stdin=subprocess.DEVNULL, timeout=120, check=False)
        if done.returncode in (126, 127):
            sys.exit(f"{command}: {done.stderr.decode()}")
        return done.returncode == 0

    def table(self, title, cases, lay, programs):
        if not self.options.peers:
            programs = {name: command for name, command in programs.items() if not command.startswith(PEERS)}
        print(f"\n### {title}\n")
        print("| evidence | " + " | ".join(programs) + " |\n|---|" + "---|" * len(programs))
        count = dict.fromkeys(programs, 0)
        for name, *case in cases:
            row = []
            for program, command in programs.items():
                with tempfile.TemporaryDirectory() as folder:
                    lay(Path(folder), *case)
                    passed = self.passes(folder, command)
                if name == FINE and not passed:
                    sys.exit(f"{program} passes nothing: {command}")
                count[program] += passed and name != FINE
                row.append("**passes**" if passed else "no pass")
            print(f"| {name} | " + " | ".join(row) + " |")
        self.false_passes += count["gatekeeper"]
        print("| passes, of " + str(len(cases) - 1) + " that prove nothing | " + " | ".join(str(count[p]) for p in programs) + " |")

    def one(self, name):
        def lay(folder, text):
            if text is not None:
                (folder / name).write_text(text)
            (folder / "tests.toml").write_text('version = 1\n[[evidence]]\npaths = ["report.*"]\n[gates.g]\nrule = "tests"\n')
            (folder / "sarif.toml").write_text('version = 1\n[[evidence]]\npaths = ["report.*"]\n[gates.g]\nrule = "findings"\nmax = { critical = 0, high = 0, unknown = 0 }\n')
        return lay

    def change(self, folder, files, report, settings):
        git = lambda *words: subprocess.run(["git", *words], cwd=folder, env=self.environment, check=True, capture_output=True)
        git("init", "-q", "-b", "main")
        for key, value in settings.items():
            git("config", key, value)
        (folder / "src").mkdir()
        (folder / "src/a.py").write_text(A)
        (folder / ".gitignore").write_text("/lcov.info\n/*.diff\n")
        (folder / "gatekeeper.toml").write_text('version = 1\n[[evidence]]\npaths = ["lcov.info"]\n[gates.g]\nrule = "coverage"\npatch = { lines = { min = 80 } }\n')
        git("add", ".")
        git("commit", "-qm", "one")
        git("switch", "-qc", "change")
        for name, text in files.items():
            (folder / name).write_text(text)
        git("add", ".")
        git("commit", "-qm", "two")
        with open(folder / "change.diff", "wb") as out:
            out.write(git("diff", "main...HEAD").stdout)
        if report is not None:
            (folder / "lcov.info").write_text(report)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=lambda p: str(Path(shutil.which(p) or p).resolve()))
    parser.add_argument("--peers", type=Path)
    options = parser.parse_args()
    run = Run(options)
    gatekeeper = options.program
    if not shutil.which("jq"):
        sys.exit("jq is not installed")
    run.table("Test results (JUnit)", JUNIT, run.one("report.xml"), {
        "gatekeeper": f"{gatekeeper} check --config tests.toml",
        "`junitparser verify`": "junitparser verify report.xml",
        "`grep failures=`": "! grep -E 'failures=\"[1-9]|errors=\"[1-9]' report.xml",
    })
    run.table("Static analysis (SARIF)", SARIF, run.one("report.sarif"), {
        "gatekeeper": f"{gatekeeper} check --config sarif.toml",
        "`sarif --check error`": "sarif --check error summary report.sarif",
        "`jq` over levels": "test \"$(jq '[.runs[].results[]? | select(.level == \"error\")] | length' report.sarif)\" = 0",
    })
    run.table("New code (LCOV and a diff)", DIFF, run.change, {
        "gatekeeper": f"{gatekeeper} check --base main",
        "`diff-cover`": "diff-cover lcov.info --compare-branch=main --fail-under=80",
        "`diff-cover --diff-file`": "diff-cover lcov.info --diff-file=change.diff --fail-under=80",
    })
    if run.false_passes:
        sys.exit(f"gatekeeper passed {run.false_passes} of them")


if __name__ == "__main__":
    main()
