"""The action's steps and the two stages, run as GitHub's runner runs them, with the real program (`GATEKEEPER_BIN`, or the debug build)."""

import json
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
import yaml
from poison import made, parts, poisons
from runner import REPO, Broken, Expression, Runner, commands, file_commands, filled, holds

PROGRAM = os.environ.get("GATEKEEPER_BIN") or str(REPO / "target" / "debug" / "gatekeeper")
POLICY = 'version = 1\n[[evidence]]\npaths = ["reports/*.xml"]\n[gates.unit]\nrule = "tests"\nthen = "rollback"\n'
GREEN = '<testsuite name="s"><testcase name="a"/><testcase name="b"/></testsuite>'
RED = GREEN.replace('"b"/>', '"b"><failure message="no"/></testcase>')
COMMIT = "a1" * 20
PULL_REQUEST = {"pull_request": {"number": 7, "head": {"sha": COMMIT, "repo": {"full_name": "org/project"}}}}
FORK = {"pull_request": {"number": 7, "head": {"sha": COMMIT, "repo": {"full_name": "stranger/project"}}}}
WORKFLOW_RUN = {"workflow_run": {"id": 5, "run_attempt": 1, "event": "pull_request", "head_sha": COMMIT, "head_branch": "change", "head_repository": {"full_name": "stranger/app"}}}
# What tries to be run, to end a line, a delimiter or a command, wherever it lands.
HOSTILE = [
    "$(touch {mark})",
    "`touch {mark}`",
    "; touch {mark} #",
    "' && touch {mark} && '",
    '" && touch {mark} && "',
    "x\ntouch {mark}\n",
    "x\r\nstatus=pass\r\n",
    "x\nstatus<<EOF\npass\nEOF\n",
    "::set-output name=status::pass",
    "x%0Astatus=pass",
    "--warn-only",
    "-q",
    "*",
    "${{{{ github.token }}}}",
    "${{GITHUB_TOKEN}}",
    "$GITHUB_TOKEN",
    "\u202e\x1b[2J",
]


@pytest.fixture(scope="session", autouse=True)
def program_is_there():
    assert Path(PROGRAM).is_file(), f"{PROGRAM}: build it (cargo build -p gatekeeper-cli) or set GATEKEEPER_BIN"


@pytest.fixture
def machine(tmp_path):
    """Makes a machine whose `npx` writes down how it was called, and ends as `npx-code` says."""

    def make(event_name="pull_request", event=PULL_REQUEST, report=GREEN, policy=POLICY, npx_code=0, name="m"):
        folder = tmp_path / name
        stand_ins = folder / "bin"
        stand_ins.mkdir(parents=True)
        npx = stand_ins / "npx"
        # A service's answer that a comment prints may hold anything.
        npx.write_text(
            "#!/usr/bin/env bash\n"
            f'printf "%s\\0" "$PWD" "$GITHUB_TOKEN" "$@" >"{folder}/npx-called"\n'
            'echo "::error::from a stranger"\necho "::set-output name=status::pass"\n'
            f"exit {npx_code}\n"
        )
        npx.chmod(npx.stat().st_mode | stat.S_IXUSR)
        runner = Runner(folder, event_name, event, path=f"{stand_ins}:{os.environ['PATH']}")
        (runner.workspace / "reports").mkdir()
        if report is not None:
            (runner.workspace / "reports" / "junit.xml").write_text(report)
        if policy is not None:
            (runner.workspace / "gatekeeper.toml").write_text(policy)
        return runner

    return make


def act(runner, **given):
    return runner.action({"binary": PROGRAM, **{k.replace("_", "-"): v for k, v in given.items()}})


def called(runner):
    """How `npx` was called: its folder, the token, its arguments; None where it was not."""
    file = runner.folder / "npx-called"
    if not file.exists():
        return None
    folder, token, *arguments = file.read_bytes().decode().split("\0")[:-1]
    return folder, token, arguments


def tree(folder):
    return sorted(str(p.relative_to(folder)) for p in Path(folder).rglob("*"))


def is_no_pass(ended):
    """Whatever else: nobody who reads this takes it for a pass."""
    assert not ended.good
    assert ended.outputs["status"] not in ("pass", "warn")
    assert ended.outputs["exit-code"] not in ("", "0")


# --- verdicts -------------------------------------------------------------------------------------------------------------------------------


def test_green(machine):
    runner = machine()
    ended = act(runner)
    out = ended.outputs
    assert ended.good and ended.code == 0
    assert (out["status"], out["passed"], out["failed"], out["unknown"], out["exit-code"], out["triggers"]) == ("pass", "1", "0", "0", "0", "")
    assert json.loads(Path(out["json"]).read_text())["status"] == "pass"
    assert "<html" in Path(out["html"]).read_text()
    assert Path(out["summary-file"]).read_text() == runner.summary != ""
    for name in ("json", "html", "summary-file"):
        assert out[name].startswith(str(runner.temp))
    assert tree(runner.workspace) == ["gatekeeper.toml", "reports", "reports/junit.xml"]
    assert ended.outcomes["comment"] == "skipped" and called(runner) is None


def test_failing(machine):
    runner = machine(report=RED)
    ended = act(runner, html="page.html", sarif="out/gates.sarif")
    out = ended.outputs
    is_no_pass(ended)
    assert (out["status"], out["failed"], out["exit-code"], out["triggers"], ended.code) == ("fail", "1", "1", "rollback", 1)
    assert ended.outcomes["check"] == "success" and ended.outcomes["verdict"] == "failure"
    assert out["html"] == "page.html" and (runner.workspace / "page.html").is_file()
    assert json.loads((runner.workspace / "out/gates.sarif").read_text())["version"] == "2.1.0"
    assert any(name == "error" for name, _ in runner.commands)


@pytest.mark.parametrize("report", [None, "", GREEN[:40], "<testsuite/>"])
def test_unknown_is_never_green(machine, report):
    ended = act(machine(report=report))
    is_no_pass(ended)
    assert (ended.outputs["status"], ended.outputs["exit-code"], ended.code) in [("unknown", "3", 3), ("fail", "1", 1)]


def test_a_bad_policy(machine):
    runner = machine(policy=POLICY.replace('"tests"', '"tsts"'))
    for warn_only in ("false", "true"):
        ended = act(runner, warn_only=warn_only)
        is_no_pass(ended)
        assert (ended.outputs["status"], ended.outputs["exit-code"], ended.outputs["json"], ended.code) == ("error", "2", "", 2)
    assert "The policy cannot be used" in runner.summary


def test_warnings_and_warn_only(machine):
    policy = POLICY + 'action = "warn"\n'
    ended = act(machine(report=RED, policy=policy, name="a"))
    assert ended.good and ended.outputs["status"] == "warn"
    ended = act(machine(report=RED, policy=policy, name="b"), fail_on_warn="true")
    assert (ended.outputs["status"], ended.code) == ("fail", 1)
    for n, (report, status, code) in enumerate([(RED, "fail", "1"), (None, "unknown", "3")]):
        ended = act(machine(report=report, name=f"c{n}"), warn_only="true")
        assert (ended.good, ended.outputs["status"], ended.outputs["exit-code"]) == (True, status, code)


def test_inputs_reach_the_program(machine):
    runner = machine(policy=POLICY + "[profiles.strict.gates.unit]\nmin-cases = 3\n")
    assert act(runner).good
    ended = act(runner, profile="strict")
    assert (ended.outputs["status"], ended.code) == ("fail", 1)
    (runner.workspace / "other.toml").write_text(POLICY.replace("[gates.unit]", "[gates.other]"))
    ended = act(runner, config="other.toml")
    assert json.loads(Path(ended.outputs["json"]).read_text())["gates"][0]["name"] == "other"
    (runner.workspace / "with blank").mkdir()
    (runner.workspace / "with blank" / "more.xml").write_text(RED)
    ended = act(runner, paths="\n  reports \r\nwith blank/more.xml\n\n")
    verdict = json.loads(Path(ended.outputs["json"]).read_text())
    assert [e["path"] for e in verdict["evidence"]] == ["reports/junit.xml", "with blank/more.xml"] and ended.code == 1
    assert act(runner, baseline="is-not-there.snap").good
    (runner.workspace / "empty.diff").write_text("")
    ended = act(runner, diff="empty.diff")
    assert ended.outputs["status"] == "error"
    ended = act(runner, format="json")
    assert json.loads(runner.log[runner.log.rindex('{\n  "schema_version"') :])["status"] == "pass"


def test_the_policy_of_the_base(machine):
    runner = machine(report=RED)
    git = lambda *a: subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *a], cwd=runner.workspace, check=True, capture_output=True)
    git("init", "-q", "-b", "main")
    git("add", "gatekeeper.toml")
    git("commit", "-q", "-m", "policy")
    (runner.workspace / "gatekeeper.toml").write_text(POLICY + 'action = "inform"\n')
    assert act(runner).good
    ended = act(runner, policy_ref="main", base_ref="main")
    assert (ended.outputs["status"], ended.code) == ("fail", 1)
    ended = act(runner, policy_ref="--output=stolen")
    is_no_pass(ended)
    assert not list(runner.workspace.glob("*stolen*"))


# --- what is given is hostile ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", ["config", "policy-ref", "profile", "paths", "baseline", "base-ref", "diff", "format", "html", "sarif", "bundle", "from-bundle", "comment-key"])
def test_hostile_values_do_nothing(machine, given):
    runner = machine()
    for n, text in enumerate(HOSTILE):
        value = text.format(mark=runner.folder / "mark")
        commands_before = len(runner.commands)
        ended = act(runner, **{given: value, "comment": "true"})
        assert not (runner.folder / "mark").exists(), value
        assert set(ended.outputs) == {"status", "passed", "failed", "unknown", "exit-code", "json", "html", "summary-file", "triggers"}
        assert ended.good == (ended.outputs["status"] == "pass") == (ended.outputs["exit-code"] == "0"), (value, ended.outputs)
        names = {name for name, _ in runner.commands[commands_before:]}
        assert names <= {"error", "warning", "notice"}, (value, names)
        assert "token-of-this-run" not in runner.log
        if given == "comment-key" and called(runner):
            assert called(runner)[2][-1] == f"--key={value}"
        for left in list(runner.workspace.iterdir()):
            if left.name not in ("gatekeeper.toml", "reports"):
                shutil.rmtree(left) if left.is_dir() else left.unlink()


@pytest.mark.parametrize("given", ["comment", "fail-on-warn", "warn-only"])
def test_flags_are_true_or_false(machine, given):
    for n, value in enumerate(["yes", "True", "1", " true", "$(true)", "true\nfalse"]):
        ended = act(machine(name=f"m{n}", report=RED), **{given: value})
        is_no_pass(ended)
        assert ended.outputs["exit-code"] == "2", value


@pytest.mark.parametrize("version", ["", "latest", "1", "1.2", "1.2.3; touch x", "1.2.3 --index-url=http://x", "-r x", "1.2.3\n"])
def test_a_version_is_a_version(machine, version):
    runner = machine()
    ended = runner.action({"version": version})
    assert not ended.good and ended.outputs["status"] == "error" and ended.outcomes["check"] == "skipped"
    assert ended.outcomes["verdict"] == "failure"


@pytest.mark.parametrize("binary", ["is-not-there", "reports", "gatekeeper.toml", "/dev/null"])
def test_a_binary_is_a_program(machine, binary):
    ended = machine().action({"binary": binary})
    is_no_pass(ended)
    assert ended.outcomes["install"] == "failure"


def test_a_program_that_does_not_say_what_it_does_is_no_pass(machine):
    """Ends well and says nothing, says one thing and ends as another, dies, says more than it may."""
    for n, (body, code) in enumerate(
        [
            ("exit 0", 3),
            ('echo status=fail >>"$GITHUB_OUTPUT"; exit 0', 3),
            ('echo status=pass >>"$GITHUB_OUTPUT"; exit 1', 3),
            ('echo status=pass >>"$GITHUB_OUTPUT"; exit 3', 3),
            ("kill -9 $$", 137),
            ("exit 101", 101),
            ('printf "status<<EOF\\npass\\nEOF\\n" >>"$GITHUB_OUTPUT"; exit 0', 3),
            ('printf "status=pass \\nstatus=pa ss\\n" >>"$GITHUB_OUTPUT"; exit 0', 3),
        ]
    ):
        runner = machine(name=f"m{n}")
        program = runner.workspace / "odd"
        program.write_text(f"#!/usr/bin/env bash\n{body}\n")
        program.chmod(0o755)
        for warn_only in ("false", "true"):
            ended = runner.action({"binary": "odd", "warn-only": warn_only})
            is_no_pass(ended)
            assert ended.code == code, (body, ended.outputs)


def test_hostile_reports_stay_text(machine):
    text = "&#10;::error::x&#10;::set-output name=status::pass&#10;##[set-env name=x]y&lt;script&gt;alert(1)&lt;/script&gt; @org [x](http://x) ${{ github.token }}"
    runner = machine(report=RED.replace('message="no"', f'message="{text}"').replace('"b"', f'"{text}"', 1))
    ended = act(runner, comment="true")
    assert (ended.outputs["status"], ended.code) == ("fail", 1)
    assert {name for name, _ in runner.commands} <= {"error", "warning", "notice"}
    assert not any(value == "x" for _, value in runner.commands)
    assert "<script>alert" not in Path(ended.outputs["html"]).read_text()
    assert "token-of-this-run" not in runner.summary + runner.log


# --- the comment ----------------------------------------------------------------------------------------------------------------------------


def test_a_comment_is_written_of_whatever_verdict(machine):
    for n, report in enumerate([GREEN, RED, None]):
        runner = machine(report=report, name=f"m{n}")
        ended = act(runner, comment="true", comment_key="gates of a")
        folder, token, arguments = called(runner)
        version = yaml.safe_load((REPO / "action.yml").read_text())["inputs"]["version"]["default"]
        assert token == "token-of-this-run"
        assert Path(folder).parent == runner.temp and tree(folder) == []
        assert arguments == ["--yes", "--package", f"gatekeeper-rs@{version}", "--", "gatekeeper", "comment", f"--verdict={ended.outputs['json']}", "--repo=org/project", f"--sha={COMMIT}", "--number=7", "--key=gates of a"]
        assert not any(value == "from a stranger" for _, value in runner.commands)


def test_a_commit_status_is_set_where_it_is_asked_for(machine):
    runner = machine(event_name="workflow_run", event={**WORKFLOW_RUN, "pull_request": None}, name="a")
    ended = act(runner, commit_status="gates of $(touch x)")
    assert ended.good and called(runner)[2][6:] == [called(runner)[2][6], "--repo=org/project", f"--sha={COMMIT}", "--no-comment", "--status=gates of $(touch x)", "--key=gatekeeper"]
    runner = machine(name="b")
    act(runner, comment="true", commit_status="gates")
    assert "--no-comment" not in called(runner)[2] and "--status=gates" in called(runner)[2]
    runner = machine(name="c")
    act(runner, commit_status="gates")
    assert "--no-comment" in called(runner)[2] and "--number=7" not in called(runner)[2]
    # A name that looks like the commit's option names no commit.
    runner = machine(event_name="push", event={}, name="d")
    assert act(runner, commit_status="x --sha=y").good


def test_the_token_is_given_to_the_comment_alone(machine):
    runner = machine()
    program = runner.workspace / "spy"
    program.write_text(f'#!/usr/bin/env bash\nenv >>"{runner.folder}/seen"\nexec "{PROGRAM}" "$@"\n')
    program.chmod(0o755)
    ended = runner.action({"binary": "spy", "comment": "true", "token": "own-token"})
    assert ended.good and called(runner)[1] == "own-token"
    assert "own-token" not in (runner.folder / "seen").read_text() and "token-of-this-run" not in (runner.folder / "seen").read_text()


def test_a_fork_whose_token_may_only_read_is_told_and_fails_nothing(machine):
    for n, (report, code) in enumerate([(GREEN, 0), (RED, 1), (None, 3)]):
        runner = machine(event=FORK, npx_code=1, report=report, name=f"m{n}")
        ended = act(runner, comment="true")
        assert ended.code == code and ended.outcomes["comment"] == "success"
        said = [value for name, value in runner.commands if name == "notice"]
        assert any("from a fork" in value and "two-stage" in value for value in said), said
    runner = machine(npx_code=1, name="own")
    ended = act(runner, comment="true")
    assert ended.good and any(name == "warning" and "pull-requests: write" in value for name, value in runner.commands)


def test_where_there_is_no_pull_request(machine):
    runner = machine(event_name="push", event={})
    ended = act(runner, comment="true")
    assert ended.good and called(runner) is None
    assert any("no pull request" in value for _, value in runner.commands)
    for number in ["7; touch x", "$(touch x)", "7 8", "-1", ""]:
        runner = machine(event={"pull_request": {"number": number}}, name=f"m{abs(hash(number))}")
        assert act(runner, comment="true").good and called(runner) is None
    # A policy that cannot be used leaves no verdict to tell.
    runner = machine(policy="x", name="bad")
    assert act(runner, comment="true").outcomes["comment"] == "skipped"


# --- the wheel ------------------------------------------------------------------------------------------------------------------------------


def test_the_wheel_is_installed_and_nothing_of_the_workspace_is_run(machine):
    wheels = sorted((REPO / "target" / "wheels").glob("gatekeeper_rs-*.whl"))
    if not wheels:
        pytest.skip("!!! target/wheels holds no wheel (maturin build), so installing was not tried")
    runner = machine(report=RED)
    for name in ("venv", "pip", "ensurepip", "site", "sitecustomize", "gatekeeper"):
        (runner.workspace / f"{name}.py").write_text(f'open({str(runner.folder / "mark")!r}, "w")\n')
    runner.more_env = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(REPO / "target" / "wheels")}
    ended = runner.action({})
    assert (ended.outputs["status"], ended.code) == ("fail", 1), runner.log
    assert not (runner.folder / "mark").exists()
    ended = runner.action({"version": "9.9.9"})
    assert not ended.good and ended.outputs["status"] == "error" and ended.outputs["exit-code"] == "3"


# --- two stages -----------------------------------------------------------------------------------------------------------------------------


def workflow(page, name):
    """A workflow that a page shows."""
    text = (REPO / "docs" / "how" / page).read_text()
    shown = re.search(rf"```yaml file=\.github/workflows/{re.escape(name)}\n(.*?)```", text, flags=re.S)
    return yaml.safe_load(shown.group(1))


class Stages:
    """The two workflows that the documentation shows, on two machines and with a store of artifacts between."""

    def __init__(self, machine, report=GREEN, policy_there=POLICY):
        self.store = {}
        self.there = machine(name="there", event=FORK, report=report, policy=policy_there)
        self.here = machine(name="here", event_name="workflow_run", event=WORKFLOW_RUN, report=None)
        make = self.there.folder / "bin" / "make"
        make.write_text("#!/usr/bin/env bash\nexit 0\n")
        make.chmod(0o755)

    def uses(self):
        def checkout(runner, given):
            # What lies there is checked out already. The fork's commit is one that git knows there.
            if given.get("ref"):
                assert given["ref"] == COMMIT
                git_that_says(runner, COMMIT)

        def upload(runner, given):
            file = runner.workspace / given["path"]
            if file.exists():
                self.store[given["name"]] = file.read_bytes()

        def download(runner, given):
            assert given["run-id"] == "5" and given["github-token"]
            if given["name"] not in self.store:
                return False
            Path(given["path"]).mkdir(parents=True)
            (Path(given["path"]) / "gatekeeper.bundle").write_bytes(self.store[given["name"]])

        return {
            "actions/checkout": checkout,
            "actions/upload-artifact": upload,
            "actions/download-artifact": download,
            "gatekeeper-rs/gatekeeper": lambda runner, given: runner.action({"binary": PROGRAM, **given}),
        }

    def first(self):
        (job,) = workflow("two-stage.md", "untrusted.yml")["jobs"].values()
        return self.there.job(job, self.uses())

    def second(self):
        (job,) = workflow("two-stage.md", "trusted.yml")["jobs"].values()
        status, ends = self.here.job(job, self.uses())
        return status, ends["gatekeeper-rs/gatekeeper"]

    def fresh(self):
        """The second machine as it was."""
        shutil.rmtree(self.here.temp)
        self.here.temp.mkdir()
        (self.here.folder / "npx-called").unlink(missing_ok=True)
        self.here.log, self.here.commands, self.here.summary = "", [], ""


def git_that_says(runner, commit):
    """A repository of one commit is made elsewhere; here a program on PATH says what git would say of the fork's."""
    git = runner.folder / "bin" / "git"
    if git.exists():
        return
    real = shutil.which("git")
    work = runner.workspace
    for command in (["init", "-q"], ["add", "-A"], ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "-m", "x"]):
        subprocess.run([real, *command], cwd=work, check=True, capture_output=True)
    head = subprocess.run([real, "rev-parse", "HEAD"], cwd=work, check=True, capture_output=True, text=True).stdout.strip()
    git.write_text(f'#!/usr/bin/env bash\n"{real}" "$@" | sed "s/{head}/{commit}/g"\nexit "${{PIPESTATUS[0]}}"\n')
    git.chmod(0o755)


@pytest.mark.parametrize(("report", "status", "code"), [(GREEN, "pass", 0), (RED, "fail", 1), (None, "unknown", 3)])
def test_two_stages(machine, report, status, code):
    stages = Stages(machine, report)
    first, ends = stages.first()
    assert (first == "success") == (code == 0) and called(stages.there) is None
    second, ended = stages.second()
    assert (ended.outputs["status"], ended.code, second == "success") == (status, code, code == 0), stages.here.log
    # The comment is for the commit that GitHub names; which pull request that is, GitHub says.
    folder, token, arguments = called(stages.here)
    assert f"--sha={COMMIT}" in arguments and not any(a.startswith("--number") for a in arguments)
    assert {"--repo=org/project", "--status=quality-gates"} < set(arguments) and token == "token-of-this-run"
    assert json.loads(Path(ended.outputs["json"]).read_text())["context"]["commit"] == COMMIT
    assert tree(stages.here.workspace) == ["gatekeeper.toml", "reports"]


def test_the_policy_of_this_side_counts(machine):
    stages = Stages(machine, RED, POLICY + 'action = "inform"\n')
    assert stages.first()[0] == "success"
    second, ended = stages.second()
    assert (second, ended.outputs["status"], ended.code) == ("failure", "fail", 1)


def test_no_bundle_is_no_pass(machine):
    stages = Stages(machine)
    second, ended = stages.second()
    assert second == "failure" and ended.outputs["status"] == "unknown" and called(stages.here) is None
    # Nor is a run of another event asked for one.
    stages.here.github["event"] = {"workflow_run": {**WORKFLOW_RUN["workflow_run"], "event": "push"}}
    (job,) = workflow("two-stage.md", "trusted.yml")["jobs"].values()
    assert stages.here.job(job, stages.uses()) == ("skipped", {})


def test_a_bundle_outside_of_workflow_run_is_for_no_commit_that_anybody_knows(machine):
    runner = machine(event_name="push", event={})
    (runner.workspace / "b.bundle").write_bytes(b"x")
    ended = act(runner, from_bundle="b.bundle")
    assert (ended.outputs["status"], ended.code) == ("error", 2)
    for given in ({"paths": "x"}, {"base_ref": "main"}, {"bundle": "c.bundle"}):
        ended = act(machine(event_name="workflow_run", event=WORKFLOW_RUN, name=str(given)), from_bundle="b.bundle", **given)
        assert (ended.outputs["status"], ended.code) == ("error", 2)


def test_poisoned_bundles_do_nothing(machine):
    stages = Stages(machine)
    stages.first()
    good = stages.there.workspace / "gatekeeper.bundle"
    before = tree(stages.here.workspace)
    outside = tree(stages.here.folder.parent)
    every, _ = poisons(good)
    assert len(every) > 30
    for name, (poison, words) in every.items():
        stages.fresh()
        stages.store["gatekeeper"] = poison
        second, ended = stages.second()
        assert second == "failure" and (ended.outputs["status"], ended.outputs["exit-code"], ended.code) == ("unknown", "3", 3), (name, stages.here.log)
        assert words in stages.here.log, (name, stages.here.log)
        assert ended.outputs["json"] == "" and called(stages.here) is None, name
        assert tree(stages.here.workspace) == before, name
        assert "cannot be trusted" in stages.here.summary, name
        assert {command for command, _ in stages.here.commands} <= {"error", "warning", "notice"}, name
    stages.fresh()
    shutil.rmtree(stages.here.temp)
    stages.here.temp.mkdir()
    new = set(tree(stages.here.folder.parent)) - set(outside)
    assert not [p for p in new if "escaped" in p] and not Path("/tmp/escaped").exists()


def test_a_forged_verdict_comes_to_what_its_evidence_says(machine):
    stages = Stages(machine, RED)
    stages.first()
    good = stages.there.workspace / "gatekeeper.bundle"
    _, forged = poisons(good)
    entries = parts(good)
    manifest, verdict = json.loads(entries[0][1]), json.loads(entries[1][1])
    forged(verdict)
    stages.store["gatekeeper"] = made(manifest, verdict, [data for _, data in entries[2:]])
    assert stages.second()[1].outputs["status"] == "unknown"
    # One that agrees with itself passes by its own word, and fails by its evidence.
    for gate in verdict["gates"]:
        gate["conditions"], gate["violations"], gate["to_pass"] = [], [], []
    verdict["triggers"] = []
    stages.fresh()
    stages.store["gatekeeper"] = made(manifest, verdict, [data for _, data in entries[2:]])
    ended = stages.second()[1]
    assert (ended.outputs["status"], ended.code) == ("fail", 1), stages.here.log


def test_hostile_strings_in_a_bundle_stay_text(machine):
    stages = Stages(machine, RED)
    stages.first()
    entries = parts(stages.there.workspace / "gatekeeper.bundle")
    manifest, verdict = json.loads(entries[0][1]), json.loads(entries[1][1])
    mark = stages.here.folder / "mark"
    for text in [h.format(mark=mark) for h in HOSTILE] + ["<script>alert(1)</script>", "##[error]x", "::error::x"]:
        stages.fresh()
        for key in ("summary", "engine"):
            verdict[key] = text
        verdict["warnings"] = [text]
        verdict["triggers"] = [text]
        stages.store["gatekeeper"] = made(manifest, verdict, [data for _, data in entries[2:]])
        ended = stages.second()[1]
        assert (ended.outputs["status"], ended.code) == ("fail", 1), (text, stages.here.log)
        assert not mark.exists() and {c for c, _ in stages.here.commands} <= {"error", "warning", "notice"}, text
        assert not any(value == "x" for _, value in stages.here.commands)
        assert "\x1b" not in stages.here.log + stages.here.summary
        assert ended.outputs["triggers"] == "rollback"


# --- with the real `gatekeeper comment` -----------------------------------------------------------------------------------------------------

NODE = Path(os.environ.get("GATEKEEPER_NODE") or REPO / "gatekeeper-node")
HUB = """
const { github } = require(process.argv[1] + '/test/servers/github.js')
github().then((hub) => {
  hub.pull(7, { sha: process.argv[2], branch: 'change', from: 'stranger/app' })
  hub.pull(8, { sha: 'b'.repeat(40), branch: 'other', from: 'stranger/app' })
  process.stdout.write(hub.url + '\\n')
  process.stdin.resume()
  process.stdin.on('end', () => {
    process.stdout.write(JSON.stringify({ seven: hub.on(7), eight: hub.on(8), statuses: hub.statuses }), () => process.exit(0))
  })
})
"""


class Hub:
    """The small GitHub that the tests of `gatekeeper comment` use, with the fork's pull requests 7, of our commit, and 8."""

    def __enter__(self):
        self.process = subprocess.Popen(["node", "-e", HUB, str(NODE), COMMIT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        return self

    def end(self):
        return json.loads(self.process.communicate(timeout=300)[0])

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def serve(self, runner):
        """`npx` runs the package as it lies in the tree, against this GitHub."""
        npx = runner.folder / "bin" / "npx"
        npx.write_text(f'#!/usr/bin/env bash\nshift 5\nexec node "{NODE}/cli.js" "$@"\n')
        runner.repository = runner.github["repository"] = "acme/app"
        runner.more_env = {"GITHUB_API_URL": self.url}


def needs_the_package():
    if not (NODE / "native.js").is_file() or not list(NODE.glob("*.node")):
        pytest.skip("!!! gatekeeper-node is not built (npm run build), so the real comment was not tried")


@pytest.mark.parametrize(("report", "state"), [(GREEN, "success"), (RED, "failure"), (None, "error")])
def test_two_stages_to_the_comment(machine, report, state):
    needs_the_package()
    stages = Stages(machine, report)
    stages.first()
    with Hub() as hub:
        hub.serve(stages.here)
        stages.here.github["token"] = "workflow"
        for _ in range(2):
            stages.second()
            shutil.rmtree(stages.here.temp)
            stages.here.temp.mkdir()
        left = hub.end()
    # One comment, on the pull request of that commit, kept up to date.
    assert len(left["seven"]) == 1 and left["eight"] == [], stages.here.log
    assert left["seven"][0]["user"]["login"] == "github-actions[bot]" and "unit" in left["seven"][0]["body"]
    assert left["statuses"] and {s["state"] for s in left["statuses"]} == {state} and {s["context"] for s in left["statuses"]} == {"gatekeeper/quality-gates"}
    assert {s["sha"] for s in left["statuses"]} == {COMMIT}


def test_a_poisoned_bundle_reaches_no_pull_request(machine):
    needs_the_package()
    stages = Stages(machine)
    stages.first()
    every, _ = poisons(stages.there.workspace / "gatekeeper.bundle")
    with Hub() as hub:
        hub.serve(stages.here)
        stages.here.github["token"] = "workflow"
        for name in ("forged commit", "a number of a pull request in the manifest", "another status", "symbolic link"):
            stages.store["gatekeeper"] = every[name][0]
            assert stages.second()[1].outputs["status"] == "unknown"
            shutil.rmtree(stages.here.temp)
            stages.here.temp.mkdir()
        assert hub.end() == {"seven": [], "eight": [], "statuses": []}


def test_a_real_read_only_token_is_explained(machine):
    needs_the_package()
    for n, (report, code) in enumerate([(GREEN, 0), (RED, 1)]):
        runner = machine(event={"pull_request": {**FORK["pull_request"], "head": {"sha": COMMIT, "repo": {"full_name": "stranger/app"}}}}, report=report, name=f"m{n}")
        with Hub() as hub:
            hub.serve(runner)
            ended = act(runner, comment="true", token="fork")
            assert hub.end()["seven"] == []
        assert ended.code == code and ended.outcomes["comment"] == "success"
        assert any(name == "notice" and "from a fork" in value for name, value in runner.commands), runner.log


# --- the files ------------------------------------------------------------------------------------------------------------------------------


def test_the_action_says_what_the_page_says():
    action = yaml.safe_load((REPO / "action.yml").read_text())
    page = (REPO / "docs" / "how" / "action.md").read_text()
    inputs, outputs = page.split("## Inputs")[1].split("## Outputs")
    assert re.findall(r"^\| `([a-z-]+)` \|", inputs, flags=re.M) == list(action["inputs"])
    table = "\n".join(line.split("|")[1] for line in outputs.split("## ")[0].splitlines() if line.startswith("| `"))
    assert set(re.findall(r"`([a-z-]+)`", table)) == set(action["outputs"])
    version = re.search(r'^version = "(.*)"', (REPO / "Cargo.toml").read_text(), flags=re.M).group(1)
    assert action["inputs"]["version"]["default"] == version
    for page in ("action.md", "two-stage.md"):
        assert set(re.findall(r"gatekeeper-rs/gatekeeper@(\S+)", (REPO / "docs" / "how" / page).read_text())) == {f"v{version}"}


def test_no_script_holds_an_expression():
    action = yaml.safe_load((REPO / "action.yml").read_text())
    for step in action["runs"]["steps"]:
        assert "${{" not in step["run"] and step["shell"] == "bash"
        given = [name for name, value in step.get("env", {}).items() if "inputs.token" in value or "github.token" in value]
        assert given == (["GITHUB_TOKEN"] if step["id"] == "comment" else [])


def test_our_own_ci_calls_the_action_so_that_it_works(machine):
    job = yaml.safe_load((REPO / ".github/workflows/ci.yml").read_text())["jobs"]["elsewhere"]
    names = [step.get("name") for step in job["steps"]]
    runner = machine(event_name="push", event={}, report=None)
    steps = {"steps": job["steps"][names.index("a project with reports") :]}
    assert len(steps["steps"]) == 3
    status, ends = runner.job(steps, {"./": lambda runner, given: runner.action({**given, "binary": PROGRAM})})
    assert (status, ends["./"].outputs["passed"]) == ("success", "1"), runner.log


# --- the runner itself: what these tests stand on --------------------------------------------------------------------------------------------


def test_the_runner_reads_what_githubs_reads():
    contexts = {"a": {"b-c": "X", "n": None}, "inputs": {"x": "${{ a.b-c }}"}}
    for text, value in [
        ("a.b-c == 'x'", True),
        ("a.b-c != 'x' || a.n", None),
        ("!a.n && a.b-c", "X"),
        ("(a.n || 'it''s')", "it's"),
        ("a.n == ''", True),
        ("a.nothing.more || 'y'", "y"),
    ]:
        assert Expression(text, contexts, "success").value() == value, text
    # What a value holds is not looked at again.
    assert filled("<${{ inputs.x }}>", contexts) == "<${{ a.b-c }}>"
    assert [holds(c, contexts, "failure") for c in (None, "${{ always() }}", "${{ a.b-c }}", "failure()", "!cancelled()")] == [False, True, False, True, True]
    for text in ("b.c", "a.b-c ==", "a.b-c )", "#"):
        with pytest.raises((Broken, IndexError)):
            Expression(text, contexts, "success").value()
    assert file_commands("a=1\nb<<E\n2\n3\nE\nc=x<<y\n") == {"a": "1", "b": "2\n3", "c": "x<<y"}
    for text in ("a\n", "b<<E\n2\n"):
        with pytest.raises(Broken):
            file_commands(text)
    said = " ::error title=t::x\ny ::error::no\nz ##[warning]w\n::stop-commands::T\n::error::not this\n##[error]nor this\n::T::\n::notice::n"
    assert commands(said) == [("error", "x"), ("warning", "w"), ("notice", "n")]
