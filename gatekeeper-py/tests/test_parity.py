"""The documents are those of the native program, to the last member."""

import json

import gatekeeper
import pytest

NOW = "2026-01-01T00:00:00Z"


def test_every_fixture_is_inspected_alike(fixtures, cli, monkeypatch):
    monkeypatch.chdir(fixtures)
    folders = sorted(p.name for p in fixtures.iterdir() if p.is_dir())
    native = json.loads(cli("inspect", "--format", "json", *folders, cwd=fixtures))
    assert len(native) > 100
    assert gatekeeper.inspect(folders) == native


def test_every_project_is_judged_alike(fixtures, cli, monkeypatch):
    seen = set()
    for project in sorted((fixtures / "erlang-umbrella/evidence").iterdir()):
        monkeypatch.chdir(project)
        native = json.loads(cli("check", "--format", "json", "--now", NOW, cwd=project))
        assert gatekeeper.check(now=NOW) == native, project.name
        seen.add(native["status"])
    assert {"fail", "unknown"} <= seen and seen & {"pass", "warn"}


@pytest.mark.parametrize("output", ["markdown", "human", "github"])
def test_a_verdict_is_rendered_alike(fixtures, cli, output):
    root = fixtures / "erlang-umbrella/evidence/broken-ct"
    native = cli("check", "--format", output, "--now", NOW, "--root", str(root), cwd=fixtures)
    rendered = gatekeeper.check_rendered([output, "json"], root=root, now=NOW)
    assert rendered[output] == native
    assert json.loads(rendered["json"])["status"] == "fail"


def test_the_tables_are_alike(fixtures, cli):
    assert gatekeeper.formats() == json.loads(cli("formats", "--format", "json", cwd=fixtures))
    assert gatekeeper.rules() == json.loads(cli("rules", "--format", "json", cwd=fixtures))
