"""The files that other systems read: workflows, scripts, GitLab's template, the Jenkinsfile, pre-commit's hooks."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from runner import REPO

PROGRAM = os.environ.get("GATEKEEPER_BIN") or str(REPO / "target" / "debug" / "gatekeeper")
POLICY = 'version = 1\n[[evidence]]\npaths = ["reports/*.xml"]\n[gates.unit]\nrule = "tests"\n'
GREEN = '<testsuite name="s"><testcase name="a"/><testcase name="b"/></testsuite>'
RED = GREEN.replace('"b"/>', '"b"><failure message="no"/></testcase>')
VERSION = re.search(r'^version = "(.*)"', (REPO / "Cargo.toml").read_text(), flags=re.M).group(1)


def tool(name):
    found = shutil.which(name)
    if not found:
        pytest.skip(f"!!! {name} is not here, so what it finds is not known")
    return found


def said(*command, cwd=REPO):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def workflows(tmp_path_factory):
    """Our own workflows and those that pages show, as a repository."""
    folder = tmp_path_factory.mktemp("repository")
    into = folder / ".github" / "workflows"
    shutil.copytree(REPO / ".github" / "workflows", into)
    shown = 0
    for page in sorted((REPO / "docs").rglob("*.md")):
        for name, text in re.findall(r"```yaml file=\.github/workflows/(\S+)\n(.*?)```", page.read_text(), flags=re.S):
            (into / f"{page.parent.name}-{page.stem}-{name}").write_text(text)
            shown += 1
    assert shown >= 3
    shutil.copy(REPO / "action.yml", folder)
    for name in ("zizmor.yml", "dependabot.yml"):
        shutil.copy(REPO / ".github" / name, folder / ".github")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    return folder


def test_actionlint_finds_nothing(workflows):
    code, out = said(tool("actionlint"), cwd=workflows)
    assert code == 0, out


def test_zizmor_finds_nothing(workflows):
    code, out = said(tool("zizmor"), "--offline", "--no-progress", "--persona=regular", ".", cwd=workflows)
    assert code == 0, out


def test_shellcheck_finds_nothing():
    scripts = sorted(str(p) for p in (REPO / ".github").rglob("*.sh"))
    assert len(scripts) >= 8
    code, out = said(tool("shellcheck"), "-x", "-P", str(REPO / ".github" / "action"), *scripts)
    assert code == 0, out


def test_the_tools_do_find_what_is_wrong(workflows, tmp_path):
    """That they find nothing means something only where they find this."""
    bad = tmp_path / ".github" / "workflows"
    bad.mkdir(parents=True)
    (bad / "bad.yml").write_text(
        "on: pull_request_target\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ github.event.pull_request.title }} ${{ nothing.x }}\n"
    )
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    code, out = said(tool("actionlint"), cwd=tmp_path)
    assert code == 1 and "nothing" in out
    code, out = said(tool("zizmor"), "--offline", "--no-progress", ".", cwd=tmp_path)
    assert code != 0 and "template-injection" in out and "dangerous-triggers" in out


def test_rights_are_least_and_actions_pinned(workflows):
    for file in sorted((workflows / ".github" / "workflows").glob("*.yml")):
        text = file.read_text()
        flow = yaml.safe_load(text)
        assert flow["permissions"] in ({}, {"contents": "read"}), file.name
        assert "pull_request_target" not in text, file.name
        for name, job in flow["jobs"].items():
            for step in job["steps"]:
                used = step.get("uses", "./")
                if not used.startswith(("./", "gatekeeper-rs/gatekeeper@")):
                    assert re.fullmatch(r"[\w.-]+(/[\w.-]+)+@[0-9a-f]{40}", used), (file.name, used)
                if used.startswith("actions/checkout@"):
                    assert step["with"]["persist-credentials"] is False, (file.name, name)
    # One commit for each version of an action, everywhere.
    pins = {}
    for file in sorted((workflows / ".github" / "workflows").glob("*.yml")):
        for action, sha, tag in re.findall(r"uses: (\S+)@([0-9a-f]{40}) # (v\S+)", file.read_text()):
            assert pins.setdefault((action.split("/")[0:2][1], tag), sha) == sha, (file.name, action)


def test_the_tag_has_to_be_the_version_everywhere(tmp_path):
    for name in ("Cargo.toml", "action.yml", "CHANGELOG.md", "gatekeeper-node/package.json", ".github/release/version.sh"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPO / name, tmp_path / name)
    changes = tmp_path / "CHANGELOG.md"
    changes.write_text(changes.read_text().replace("## [Unreleased]", f"## [Unreleased]\n\n## [{VERSION}] - 2026-12-01", 1))
    script = str(tmp_path / ".github/release/version.sh")
    assert said(script, f"v{VERSION}") == (0, "")
    code, out = said(script, "v9.9.9")
    assert code == 1 and out.count(f"says {VERSION}, and the tag is v9.9.9") == 4, out


def test_a_program_is_packed_with_its_licences(tmp_path):
    for name in (".github/release/pack.sh", "README.md", "LICENSE-APACHE", "LICENSE-MIT"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPO / name, tmp_path / name)
    built = tmp_path / "target/x86_64-unknown-linux-gnu/release/gatekeeper"
    built.parent.mkdir(parents=True)
    built.write_text("program")
    code, out = said(str(tmp_path / ".github/release/pack.sh"), "x86_64-unknown-linux-gnu", "v1.2.3")
    assert code == 0, out
    assert [p.name for p in (tmp_path / "dist").iterdir()] == ["gatekeeper-v1.2.3-x86_64-unknown-linux-gnu.tar.gz"]
    _, listed = said("tar", "tzf", str(tmp_path / "dist/gatekeeper-v1.2.3-x86_64-unknown-linux-gnu.tar.gz"))
    assert {line.split("/", 1)[1] for line in listed.split()} == {"", "gatekeeper", "README.md", "LICENSE-APACHE", "LICENSE-MIT"}


def test_npm_packages_run(tmp_path):
    """The release's packing of npm's packages, with the addon of this machine."""
    npm = tool("npm")
    node = REPO / "gatekeeper-node"
    built = sorted(node.glob("gatekeeper.*-*.node"))
    if not built or not (node / "native.js").is_file():
        pytest.skip("!!! gatekeeper-node is not built (npm run build), so packing was not tried")
    triple = said("rustc", "-vV")[1].split("host: ")[1].split()[0]
    addon = tmp_path / "addons" / f"addon-{triple}"
    addon.mkdir(parents=True)
    for file in (built[0], node / "native.js", node / "index.d.ts"):
        shutil.copy(file, addon)
    code, out = said(str(REPO / ".github/release/npm.sh"), str(tmp_path / "addons"), str(tmp_path / "dist"))
    assert code == 0, out
    main, platform = sorted((tmp_path / "dist").iterdir())
    assert main.name == f"main-gatekeeper-rs-{VERSION}.tgz" and platform.name.startswith("platform-gatekeeper-rs-")
    there = tmp_path / "there"
    there.mkdir()
    (there / "package.json").write_text("{}")
    code, out = said(npm, "install", "--no-audit", "--no-fund", "--omit=optional", str(platform), str(main), cwd=there)
    assert code == 0, out
    package = json.loads((there / "node_modules/gatekeeper-rs/package.json").read_text())
    assert "private" not in package and list(package["optionalDependencies"].values()) == [VERSION]
    assert package["repository"]["url"].startswith("git+https://github.com/")
    assert not list((there / "node_modules/gatekeeper-rs").glob("*.node"))
    code, out = said(str(there / "node_modules/.bin/gatekeeper"), "--version", cwd=there)
    assert (code, out) == (0, f"gatekeeper {VERSION}\n"), out


# --- GitLab and Jenkins ---------------------------------------------------------------------------------------------------------------------


def project(folder, report):
    (folder / "reports").mkdir(parents=True)
    (folder / "gatekeeper.toml").write_text(POLICY + "[profiles.strict.gates.unit]\nmin-cases = 3\n")
    if report:
        (folder / "reports" / "junit.xml").write_text(report)


def stand_ins(folder, **programs):
    folder.mkdir()
    for name, body in programs.items():
        (folder / name).write_text(f"#!/usr/bin/env bash\n{body}\n")
        (folder / name).chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


CASES = [(GREEN, {}, 0), (RED, {}, 1), (None, {}, 3), (GREEN, {"GATEKEEPER_PROFILE": "strict"}, 1), (GREEN, {"GATEKEEPER_PROFILE": "$(touch mark)"}, 2), (GREEN, {"GATEKEEPER_CONFIG": "x; touch mark"}, 2)]


@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize(("report", "variables", "code"), CASES)
def test_gitlab(tmp_path, shell, report, variables, code):
    template = yaml.safe_load((REPO / "docs/gitlab/gatekeeper.gitlab-ci.yml").read_text())
    job = template["gatekeeper"]
    assert job["variables"]["GATEKEEPER_VERSION"] == VERSION and job["when"] == "always" == job["artifacts"]["when"]
    here = tmp_path / "project"
    project(here, report)
    path = stand_ins(tmp_path / "bin", python3='echo "$@" >>"$CALLED"', gatekeeper=f'exec "{PROGRAM}" "$@"')
    given = {k: str(v) for k, v in job["variables"].items()} | variables
    env = {"PATH": path, "HOME": str(tmp_path), "CI_COMMIT_SHA": "a1" * 20, "CALLED": str(tmp_path / "called"), **given}
    # The runner puts the lines one after another into one script, and ends at the first that fails.
    lines = job["before_script"] + job["script"]
    done = subprocess.run([shell, "-eu", "-c", "\n".join(lines)], cwd=here, env=env, capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    assert (tmp_path / "called").read_text().strip().endswith(f"gatekeeper-rs=={VERSION}")
    assert not (here / "mark").exists()
    reports = [*job["artifacts"]["paths"], *job["artifacts"]["reports"].values()]
    assert all((here / name).is_file() == (code != 2) for name in reports)


def test_gitlab_of_a_merge_request(tmp_path):
    job = yaml.safe_load((REPO / "docs/gitlab/gatekeeper.gitlab-ci.yml").read_text())["gatekeeper"]
    here = tmp_path / "project"
    project(here, RED)
    git = lambda *a: subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *a], cwd=here, check=True, capture_output=True, text=True).stdout.strip()
    git("init", "-q")
    git("add", "gatekeeper.toml")
    git("commit", "-qm", "policy")
    base = git("rev-parse", "HEAD")
    # The change lowers its own bar.
    (here / "gatekeeper.toml").write_text(POLICY + 'action = "inform"\n')
    git("commit", "-qam", "lower")
    path = stand_ins(tmp_path / "bin", gatekeeper=f'exec "{PROGRAM}" "$@"')
    for of_merge_request, code in (("false", 0), ("true", 1)):
        env = {"PATH": path, "HOME": str(tmp_path), "CI_COMMIT_SHA": git("rev-parse", "HEAD"), "CI_MERGE_REQUEST_DIFF_BASE_SHA": base}
        env |= {k: str(v) for k, v in job["variables"].items()} | {"GATEKEEPER_OF_MERGE_REQUEST": of_merge_request}
        done = subprocess.run(["sh", "-eu", "-c", job["script"][0]], cwd=here, env=env, capture_output=True, text=True)
        assert done.returncode == code, done.stdout + done.stderr


@pytest.mark.parametrize(("report", "code"), [(GREEN, 0), (RED, 1), (None, 3)])
def test_jenkins(tmp_path, report, code):
    text = (REPO / "docs/jenkins/Jenkinsfile").read_text()
    assert f"GATEKEEPER_VERSION = '{VERSION}'" in text
    assert text.count("{") == text.count("}")
    (script,) = re.findall(r"sh '''\n(.*?)'''", text, flags=re.S)
    here = tmp_path / "project"
    project(here, report)
    python = f'mkdir -p "${{@: -1}}/bin"; ln -s /bin/true "${{@: -1}}/bin/pip"; ln -s "{PROGRAM}" "${{@: -1}}/bin/gatekeeper"'
    path = stand_ins(tmp_path / "bin", python3=python)
    env = {"PATH": path, "HOME": str(tmp_path), "GATEKEEPER_VERSION": VERSION, "WORKSPACE_TMP": str(tmp_path / "with blank")}
    # Jenkins runs `sh` steps with -xe.
    done = subprocess.run(["sh", "-xe", "-c", script], cwd=here, env=env, capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    for name in re.findall(r"gatekeeper\.(?:json|xml|html)", text):
        assert (here / name).is_file()


# --- pre-commit -----------------------------------------------------------------------------------------------------------------------------


def test_pre_commit(tmp_path):
    pre_commit = tool("pre-commit")
    wheels = sorted((REPO / "target" / "wheels").glob("gatekeeper_rs-*.whl"))
    if not wheels:
        pytest.skip("!!! target/wheels holds no wheel (maturin build), so the hooks were not tried")
    environment = {**os.environ, "HOME": str(tmp_path), "PRE_COMMIT_HOME": str(tmp_path / "cache"), "PIP_FIND_LINKS": str(wheels[0].parent)}
    run = lambda folder, *command: subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)

    def commit(folder):
        run(folder, "git", "init", "-q")
        run(folder, "git", "add", "-A")
        done = run(folder, "git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "x")
        assert done.returncode == 0, done.stderr
        return run(folder, "git", "rev-parse", "HEAD").stdout.strip()

    # What pre-commit takes of this repository.
    ours = tmp_path / "ours"
    ours.mkdir()
    for name in (".pre-commit-hooks.yaml", "pyproject.toml"):
        shutil.copy(REPO / name, ours)
    revision = commit(ours)
    here = tmp_path / "project"
    project(here, RED)
    hooks = [{"id": "gatekeeper-policy"}, {"id": "gatekeeper"}]
    (here / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [{"repo": str(ours), "rev": revision, "hooks": hooks}]}))
    commit(here)
    done = run(here, pre_commit, "run", "--all-files", "gatekeeper-policy")
    assert done.returncode == 0 and "Passed" in done.stdout, done.stdout + done.stderr
    (here / "gatekeeper.toml").write_text(POLICY.replace('"tests"', '"tsts"'))
    done = run(here, pre_commit, "run", "--all-files", "gatekeeper-policy")
    assert done.returncode == 1 and "exit code: 2" in done.stdout and "tests" in done.stdout, done.stdout + done.stderr
    (here / "gatekeeper.toml").write_text(POLICY)
    done = run(here, pre_commit, "run", "--all-files", "--hook-stage", "pre-push", "gatekeeper")
    assert done.returncode == 1 and "exit code: 1" in done.stdout, done.stdout + done.stderr
    (here / "reports" / "junit.xml").write_text(GREEN)
    done = run(here, pre_commit, "run", "--all-files", "--hook-stage", "pre-push", "gatekeeper")
    assert done.returncode == 0 and "Passed" in done.stdout, done.stdout + done.stderr


def test_the_hooks_install_this_version():
    text = (REPO / "pyproject.toml").read_text()
    assert f'version = "{VERSION}"' in text and f'dependencies = ["gatekeeper-rs=={VERSION}"]' in text
    assert [hook["id"] for hook in yaml.safe_load((REPO / ".pre-commit-hooks.yaml").read_text())] == ["gatekeeper-policy", "gatekeeper"]
