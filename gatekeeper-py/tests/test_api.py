"""Arguments, errors, threads, the command line."""

import subprocess
import sys
import threading
from datetime import datetime, timezone
from pathlib import Path

import gatekeeper
import pytest

GOOD = '<testsuite name="s" tests="1"><testcase name="adds" classname="calc"/></testsuite>'
BAD = '<testsuite name="s" tests="1">\n  <testcase name="adds"'
POLICY = 'version = 1\n[gates.unit]\nrule = "tests"\nmin-pass-rate = 100\n'


@pytest.fixture
def project(tmp_path):
    (tmp_path / "gatekeeper.toml").write_text(POLICY)
    (tmp_path / "report.xml").write_text(GOOD)
    return tmp_path


def test_a_report_that_is_given_is_judged(project):
    verdict = gatekeeper.check(project / "report.xml", config=project / "gatekeeper.toml")
    assert (verdict["status"], verdict["exit_code"], verdict["gates"][0]["name"]) == ("pass", 0, "unit")


def test_a_kept_verdict_is_shown_again_unless_its_parts_disagree(project):
    verdict = gatekeeper.check(project / "report.xml", config=project / "gatekeeper.toml")
    shown = gatekeeper.render(["markdown", "human"], verdict)
    assert list(shown) == ["markdown", "human"] and "Quality gates: pass" in shown["markdown"]
    with pytest.raises(ValueError, match="disagrees with itself: its status is `pass` and its exit code 1"):
        gatekeeper.render("markdown", {**verdict, "exit_code": 1})


def test_evidence_that_cannot_be_seen_is_no_pass(project):
    (project / "report.xml").write_text(BAD)
    verdict = gatekeeper.check([project / "report.xml"], config=project / "gatekeeper.toml")
    assert verdict["status"] == "unknown" and verdict["exit_code"] == 3
    assert gatekeeper.check(str(project / "gone.xml"), config=project / "gatekeeper.toml")["status"] == "unknown"


def test_a_bad_policy_raises_with_every_place(project):
    policy = project / "bad.toml"
    policy.write_text('version = 1\n[gates.unit]\nrule = "tests"\nmin-pas-rate = 100\nmax-faild = 0\n')
    with pytest.raises(gatekeeper.PolicyError) as caught:
        gatekeeper.check(config=policy)
    e = caught.value
    assert isinstance(e, gatekeeper.GatekeeperError)
    assert (e.code, e.file, e.line) == ("policy", str(policy), 4)
    assert e.column and "min-pass-rate" in e.problems[0]["help"]
    assert [p["line"] for p in e.problems] == [4, 5]
    with pytest.raises(gatekeeper.PolicyError) as caught:
        gatekeeper.check(config=project / "none.toml")
    assert caught.value.line is None


def test_reports_in_memory():
    answer = gatekeeper.inspect_bytes("report.xml", bytearray(GOOD.encode()))
    assert (answer["format"], answer["summary"]["passed"]) == ("junit", 1)
    with pytest.raises(gatekeeper.ParseError) as caught:
        gatekeeper.inspect_bytes("report.xml", BAD.encode())
    e = caught.value
    assert (e.code, e.file, e.line, e.problems) == ("malformed", "report.xml", 2, [])
    with pytest.raises(gatekeeper.ParseError) as caught:
        gatekeeper.inspect_bytes("report.xml", b"")
    assert caught.value.code == "empty"


def test_files_keep_their_order_and_carry_their_errors(tmp_path):
    names = [tmp_path / f"{n}.xml" for n in range(20)]
    for n, name in enumerate(names):
        name.write_text(BAD if n % 3 == 0 else GOOD)
    answers = gatekeeper.inspect(reversed(names))
    assert [a["file"] for a in answers] == [str(n) for n in reversed(names)]
    assert ["error" in a for a in reversed(answers)] == [n % 3 == 0 for n in range(20)]
    assert gatekeeper.inspect(names[1], max_bytes=10)[0]["error"]["code"] == "limit-exceeded"


def test_wrong_arguments_are_named(tmp_path):
    with pytest.raises(TypeError, match="files: expected a path.*got int"):
        gatekeeper.inspect(12)
    with pytest.raises(TypeError, match="paths: .*got int"):
        gatekeeper.check([1])
    with pytest.raises(TypeError, match="bytes-like"):
        gatekeeper.inspect_bytes("x", 5)
    with pytest.raises(TypeError, match="profile"):
        gatekeeper.check(profile=1)
    with pytest.raises(TypeError, match="fail_on_warning"):
        gatekeeper.check(fail_on_warning=True)
    with pytest.raises(ValueError, match="junitt"):
        gatekeeper.inspect([], read_as="junitt")
    with pytest.raises(ValueError, match="2026-01-31T12:00:00Z"):
        gatekeeper.check(root=tmp_path, now="yesterday")
    with pytest.raises(ValueError, match="there are badge, badge-json, csv"):
        gatekeeper.check_rendered("jsn", root=tmp_path)


NEW_CODE = """version = 1
[[evidence]]
paths = ["lcov.info"]
[gates.new]
rule = "coverage"
patch = { lines = 80 }
"""


def test_new_code_is_judged_by_the_diff_that_is_given(tmp_path):
    (tmp_path / "gatekeeper.toml").write_text(NEW_CODE)
    (tmp_path / "lcov.info").write_text("TN:\nSF:a.py\nDA:1,1\nDA:2,0\nend_of_record\n")
    diff = "--- a/a.py\n+++ b/a.py\n@@ -1,0 +2 @@\n+x = 1\n"
    commit = "a1b2c3d4e5"
    for given in (diff, diff.encode()):
        verdict = gatekeeper.check(root=tmp_path, diff=given, commit=commit)
        assert verdict["gates"][0]["status"] == "fail"
        assert verdict["context"]["commit"] == commit
        assert verdict["context"]["diff"]["added_lines"] == 1
    assert gatekeeper.check(root=tmp_path)["gates"][0]["status"] == "missing"
    assert gatekeeper.check(root=tmp_path, diff="", allow_empty=True)["gates"][0]["status"] == "pass"
    with pytest.raises(ValueError, match="allow-empty"):
        gatekeeper.check(root=tmp_path, diff="")
    with pytest.raises(gatekeeper.ParseError) as caught:
        gatekeeper.check(root=tmp_path, diff="<html>")
    assert caught.value.code == "unrecognised"
    with pytest.raises(ValueError, match="hexadecimal"):
        gatekeeper.check(root=tmp_path, commit="main")


def test_the_clock_may_be_a_datetime(tmp_path):
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    assert gatekeeper.check(root=tmp_path, now=now)["now"] == "2026-01-02T03:04:05Z"
    with pytest.raises(ValueError):
        gatekeeper.check(root=tmp_path, now=now.replace(tzinfo=None))


def test_other_threads_run_meanwhile(tmp_path):
    big = tmp_path / "big.xml"
    case = '<testcase name="adds" classname="calc"/>'
    big.write_text(f'<testsuite name="s">{case * 400_000}</testsuite>')
    ticks, done = 0, threading.Event()
    worker = threading.Thread(target=lambda: (gatekeeper.inspect(big), done.set()))
    worker.start()
    while not done.wait(0.001):
        ticks += 1
    worker.join()
    assert ticks > 3


def test_the_command_line(project):
    def run(*arguments):
        command = [sys.executable, "-m", "gatekeeper", *arguments]
        return subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=300)

    assert run("--version").stdout == f"gatekeeper {gatekeeper.__version__}\n"
    assert run("check", "report.xml").returncode == 0
    (project / "report.xml").write_text(BAD)
    done = run("check", "report.xml")
    assert done.returncode == 3 and "report.xml" in done.stdout
    assert run("chekc").returncode == 2


def test_the_package_is_typed():
    assert (Path(gatekeeper.__file__).parent / "py.typed").exists()


def test_what_is_released_and_reviewed_is_told(project):
    policy = project / "release.toml"
    policy.write_text('version = 1\n[gates.version]\nrule = "release"\nprerelease = ["rc"]\nbranch = "release/{major}"\n')
    (project / "VERSION").write_text("2.0.0\n")

    def status(**told):
        return gatekeeper.check(config=policy, root=project, **told)["gates"][0]["status"]

    # All that it is told is right; which tag came last nobody told.
    assert status(tag="v2.0.0", branch="release/2") == "missing"
    assert status(tag="v2.0.0", branch="main") == "fail"
    assert status(tag="v02.0.0", branch="release/2") == "fail"
    with pytest.raises(ValueError, match="since"):
        status(tag="v2.0.0", since="yesterday")


def test_the_next_step_of_a_rollout(project):
    policy = project / "canary.toml"
    canary = '[gates.canary]\nrule = "canary"\nbaseline = { labels = { role = "primary" } }\ncanary = { labels = { role = "canary" } }\nmetrics = [{ name = "latency", max-increase = "10%" }]\n'
    policy.write_text(f"version = 1\n[rollout]\nsteps = [5, 50, 100]\n{canary}")
    samples = ", ".join(f"{100 + n % 7}.5" for n in range(60))
    series = ", ".join(
        f'{{"metric": "latency", "labels": {{"role": "{role}"}}, "unit": "ms", "better": "lower", "samples": [{samples}]}}'
        for role in ("primary", "canary")
    )
    (project / "load.json").write_text(f'{{"gatekeeper_measurements": 1, "series": [{series}]}}')
    verdict = gatekeeper.check(project / "load.json", config=policy, root=project)
    assert gatekeeper.rollout(verdict, 5, config=policy) == "50"
    assert gatekeeper.rollout(verdict, "100", config=policy) == "done"
    with pytest.raises(ValueError, match="none of the steps"):
        gatekeeper.rollout(verdict, 7, config=policy)
