"""Rules that are Python functions."""

import json
import re
import subprocess
import sys
import threading
from pathlib import Path

import gatekeeper
import pytest

REPORT = (
    '<testsuite name="s" tests="2"><testcase name="adds" classname="calc" time="12"/>'
    '<testcase name="subtracts" classname="calc"><skipped/></testcase></testsuite>'
)
LCOV = "SF:src/a.c\nDA:1,1\nDA:2,0\nend_of_record\n"


@pytest.fixture
def judge(tmp_path):
    """Judges a project by a gate of this rule: the gate's part of the verdict."""
    (tmp_path / "junit.xml").write_text(REPORT)
    (tmp_path / "lcov.info").write_text(LCOV)

    def judge(rule, keys="", **options):
        text = f'version = 1\n[gates.own]\nrule = "{rule}"\n{keys}\n'
        (tmp_path / "gatekeeper.toml").write_text(text)
        verdict = gatekeeper.check(root=tmp_path, **options)
        (gate,) = verdict["gates"]
        return verdict, gate

    return judge


def test_a_rule_sees_the_evidence_and_its_own_keys(judge):
    seen = []

    @gatekeeper.rule("no-skips", kind="tests")
    def no_skips(evidence, config):
        """No test is skipped.

        Skipped tests say nothing.
        """
        seen.append((evidence, config))
        skipped = [c["name"] for e in evidence for s in e["data"]["suites"] for c in s["cases"] if c["status"] == "skipped"]
        return [{"message": f"{name} was skipped", "id": name} for name in skipped if name not in config["except"]]

    verdict, gate = judge("no-skips", 'except = ["divides"]\naction = "block"')
    assert (verdict["status"], verdict["exit_code"]) == ("fail", 1)
    assert (gate["status"], gate["rule"], gate["reason"]) == ("fail", "no-skips", "subtracts was skipped")
    ((evidence,), config) = seen[0]
    assert config == {"except": ["divides"]}
    assert (evidence["path"], evidence["format"], evidence["kind"], evidence["tool"]) == ("junit.xml", "junit", "tests", None)
    assert evidence["summary"]["total"] == 2 and evidence["complete"] is True and evidence["labels"] == {}
    assert judge("no-skips", 'except = ["subtracts"]')[0]["status"] == "pass"
    mine = next(r for r in gatekeeper.rules() if r["id"] == "no-skips")
    assert (mine["kind"], mine["title"]) == ("tests", "No test is skipped.")
    assert no_skips.__name__ == "no_skips", "the function itself is untouched"


def test_a_rule_takes_one_kind_of_evidence_or_every_kind(judge):
    gatekeeper.rule("kinds")(lambda evidence, config: [",".join(sorted(e["kind"] for e in evidence))])
    assert judge("kinds")[1]["reason"] == "coverage,tests"
    assert next(r for r in gatekeeper.rules() if r["id"] == "kinds")["kind"] is None

    @gatekeeper.rule("covered", kind="coverage")
    def covered(evidence, config):
        lines = evidence[0]["summary"]["lines"]
        return {"status": "warn", "reason": f"{lines['covered']} of {lines['total']} lines"}

    verdict, gate = judge("covered")
    assert (verdict["status"], gate["status"], gate["reason"]) == ("warn", "warn", "1 of 2 lines")


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (None, "pass"),
        (True, "pass"),
        ([], "pass"),
        ((), "pass"),
        (False, "fail"),
        (["too slow"], "fail"),
        ([{"message": "slow", "status": "warn"}], "warn"),
        ({"status": "inconclusive", "reason": "too few"}, "inconclusive"),
        ({"status": "pass", "violations": ["but"]}, "fail"),
        (0, "error"),
        ("pass", "error"),
        ({}, "error"),
        ({"status": "skip"}, "error"),
        ([{"text": "slow"}], "error"),
        (float("nan"), "error"),
        ({"slow"}, "error"),
        (object(), "error"),
    ],
)
def test_answers(judge, answer, status):
    gatekeeper.rule("answer")(lambda evidence, config: answer)
    assert judge("answer")[1]["status"] == status


def test_an_exception_is_an_error_of_its_gate(judge):
    @gatekeeper.rule("broken")
    def broken(evidence, config):
        return config["limit"] < 1 / 0

    verdict, gate = judge("broken")
    assert (verdict["status"], verdict["exit_code"], gate["status"]) == ("unknown", 3, "error")
    assert "KeyError: 'limit'" in gate["reason"]
    assert "ZeroDivisionError" in judge("broken", "limit = 1")[1]["reason"]


def test_a_coroutine_is_no_answer(judge):
    @gatekeeper.rule("later")
    async def later(evidence, config):
        return True

    with pytest.warns(RuntimeWarning, match="never awaited"):
        gate = judge("later")[1]
    assert gate["status"] == "error" and "coroutine" in gate["reason"]


def test_without_evidence_a_rule_is_not_asked(judge, tmp_path):
    gatekeeper.rule("never", kind="findings")(lambda evidence, config: pytest.fail("asked"))
    verdict, gate = judge("never")
    assert (verdict["status"], gate["status"]) == ("unknown", "missing")


def test_what_is_registered_is_looked_at(judge):
    with pytest.raises(TypeError, match="write @gatekeeper.rule"):
        gatekeeper.rule(lambda evidence, config: True)
    with pytest.raises(TypeError, match="expected a function"):
        gatekeeper.rule("x")("y")
    try:
        gatekeeper.rule("tests")(lambda evidence, config: True)
        with pytest.raises(ValueError, match="built-in rule"):
            judge("tests")
        gatekeeper.rule("odd", kind="covrage")(lambda evidence, config: True)
        del gatekeeper._registered["tests"]
        with pytest.raises(ValueError, match="covrage"):
            judge("odd")
    finally:
        gatekeeper._registered.pop("tests", None)
        gatekeeper._registered.pop("odd", None)


def test_rules_may_check_themselves_and_run_in_threads(judge, tmp_path):
    @gatekeeper.rule("again")
    def again(evidence, config):
        return gatekeeper.inspect_bytes("junit.xml", REPORT.encode())["summary"]["total"] == 2

    judge("again")
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(gatekeeper.check(root=tmp_path)["status"])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers == ["pass"] * 8


def test_the_command_line_knows_them_too(judge, tmp_path):
    gatekeeper.rule("answer")(lambda evidence, config: True)
    judge("answer")
    program = (
        "import gatekeeper, sys\n"
        'gatekeeper.rule("answer")(lambda evidence, config: ["no"])\n'
        'sys.exit(gatekeeper.main(["check", "--format", "json"]))\n'
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["gates"][0]["reason"] == "no"


def test_the_rule_that_the_documentation_shows(judge):
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    (shown,) = (block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "@gatekeeper.rule" in block)
    exec(shown, {"gatekeeper": gatekeeper})
    assert judge("no-slow-tests", "limit = 5")[1]["reason"].startswith("adds took 12")
    assert judge("no-slow-tests", "limit = 20")[1]["status"] == "pass"


def test_keys_that_a_rule_declares_are_the_only_ones(judge):
    gatekeeper.rule("declares", keys={"limit": "number", "who": None})(lambda evidence, config: config["limit"] < 10)
    assert judge("declares", "limit = 5")[1]["status"] == "pass"
    assert judge("declares", 'limit = 50\nwho = ["me"]')[1]["status"] == "fail"
    with pytest.raises(gatekeeper.PolicyError, match="limmit") as caught:
        judge("declares", "limmit = 5")
    assert (caught.value.line, caught.value.column) == (4, 1)
    assert "did you mean `limit`" in caught.value.rendered
    with pytest.raises(gatekeeper.PolicyError, match="takes a number"):
        judge("declares", 'limit = "5"')
    gatekeeper.rule("declares", keys=["limit"])(lambda evidence, config: True)
    assert judge("declares", 'limit = "5"')[1]["status"] == "pass"
    with pytest.raises(gatekeeper.PolicyError, match="who"):
        judge("declares", "who = 5")
    gatekeeper.rule("declares")(lambda evidence, config: True)
    assert judge("declares", "limmit = 5")[1]["status"] == "pass", "without a declaration any key is its own"


def test_a_declaration_that_is_none_is_a_mistake(judge):
    with pytest.raises(TypeError, match="write keys="):
        gatekeeper.rule("declares", keys="limit")
    with pytest.raises(TypeError, match="names as str"):
        gatekeeper.rule("declares", keys=[1])
    gatekeeper.rule("declares", keys={"limit": "numbr"})(lambda evidence, config: True)
    with pytest.raises(ValueError, match="text, number, boolean, list, table"):
        judge("declares")
    gatekeeper.rule("declares")(lambda evidence, config: True)
