"""Runs an action and workflows as GitHub's runner does, for as much of their language as ours use.

Steps of `run` are run by bash with the runner's options, in the folder and with the files (`GITHUB_OUTPUT`, `GITHUB_STEP_SUMMARY`, …) that the
runner gives them. Expressions are evaluated where they stand, once, as text: what a value holds is never evaluated again. Standard output is
read for workflow commands, `::stop-commands::` included. What the runner would refuse is an error here.
"""

import json
import os
import re
import subprocess
from pathlib import Path

import yaml

REPO = Path(__file__).resolve().parents[3]
TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<op>==|!=|&&|\|\||[!()])|(?P<name>[A-Za-z_][\w.\-]*)|(?P<number>\d+))")


class Broken(Exception):
    """The runner would refuse this."""


class Expression:
    """`a.b == 'x' && always() || …`, with JavaScript's truth, as in workflows."""

    def __init__(self, text, contexts, status):
        self.tokens, at = [], 0
        while text[at:].strip():
            found = TOKEN.match(text, at)
            if not found:
                raise Broken(f"no expression: {text!r} at {at}")
            self.tokens.append((found.lastgroup, found.group(found.lastgroup)))
            at = found.end()
        self.contexts, self.status, self.uses_status = contexts, status, False

    def value(self):
        out = self.either()
        if self.tokens:
            raise Broken(f"something stands after the expression: {self.tokens}")
        return out

    def next_is(self, op):
        if self.tokens and self.tokens[0] == ("op", op):
            self.tokens.pop(0)
            return True
        return False

    def either(self):
        left = self.both()
        while self.next_is("||"):
            right = self.both()
            left = left or right
        return left

    def both(self):
        left = self.equal()
        while self.next_is("&&"):
            right = self.equal()
            left = left and right
        return left

    def equal(self):
        left = self.one()
        if self.next_is("=="):
            return shown(left).lower() == shown(self.one()).lower()
        if self.next_is("!="):
            return shown(left).lower() != shown(self.one()).lower()
        return left

    def one(self):
        if self.next_is("!"):
            return not self.one()
        if self.next_is("("):
            out = self.either()
            if not self.next_is(")"):
                raise Broken("a parenthesis is not closed")
            return out
        kind, text = self.tokens.pop(0)
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return int(text)
        if self.next_is("("):
            if not self.next_is(")"):
                raise Broken(f"{text}() with arguments is not known here")
            self.uses_status = True
            return {"always": True, "success": self.status == "success", "failure": self.status == "failure", "cancelled": False}[text]
        if text in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[text]
        here = self.contexts
        for n, part in enumerate(text.split(".")):
            if n == 0 and part not in here:
                raise Broken(f"no context {part}")
            here = here.get(part) if isinstance(here, dict) else None
        return here


def shown(value):
    return {None: "", True: "true", False: "false"}.get(value, value) if isinstance(value, (bool, type(None))) else str(value)


def filled(text, contexts):
    """A text with its `${{ }}` in place; whatever comes in is not looked at again."""
    return re.sub(r"\$\{\{(.*?)\}\}", lambda m: shown(Expression(m.group(1), contexts, "success").value()), str(text), flags=re.S)


def holds(condition, contexts, status):
    if condition is None:
        return status == "success"
    text = str(condition).lower() if isinstance(condition, bool) else str(condition)
    whole = re.fullmatch(r"\s*\$\{\{(.*)\}\}\s*", text, flags=re.S)
    expression = Expression(whole.group(1) if whole else text, contexts, status)
    value = expression.value()
    return bool(value) and (expression.uses_status or status == "success")


def file_commands(text):
    """`name=value` and `name<<DELIMITER`, as the runner reads them."""
    out, lines = {}, text.replace("\r\n", "\n").split("\n")
    while lines:
        line = lines.pop(0)
        if not line:
            continue
        heredoc, equal = line.find("<<"), line.find("=")
        if equal >= 0 and (heredoc < 0 or equal < heredoc):
            out[line[:equal]] = line[equal + 1 :]
        elif heredoc >= 0:
            name, delimiter, value = line[:heredoc], line[heredoc + 2 :], []
            while True:
                if not lines:
                    raise Broken(f"the delimiter of {name} does not come")
                line = lines.pop(0)
                if line == delimiter:
                    break
                value.append(line)
            out[name] = "\n".join(value)
        else:
            raise Broken(f"no file command: {line!r}")
    return out


def commands(text):
    """Workflow commands in what a step printed: (name, rest)."""
    out, stopped = [], None
    for line in text.splitlines():
        line = line.strip()
        if stopped is not None:
            if line == f"::{stopped}::":
                stopped = None
            continue
        found = re.match(r"::([a-z-]+)([^:]*)::(.*)$", line) or re.match(r".*##\[([a-z-]+)([^\]]*)\](.*)$", line)
        if not found:
            continue
        name, _, value = found.groups()
        if name == "stop-commands":
            stopped = value
        else:
            out.append((name, value))
    return out


class Runner:
    """A machine with a workspace; `secrets` is what nobody but a step that is given it may see."""

    def __init__(self, folder, event_name, event, repository="org/project", path=None):
        self.folder = Path(folder)
        self.workspace, self.temp, self.home = (self.folder / n for n in ("workspace", "temp", "home"))
        for made in (self.workspace, self.temp, self.home):
            made.mkdir(parents=True, exist_ok=True)
        (self.folder / "event.json").write_text(json.dumps(event))
        self.event_name, self.repository = event_name, repository
        self.github = {"event_name": event_name, "event": event, "repository": repository, "token": "token-of-this-run", "workspace": str(self.workspace)}
        self.path = path or os.environ["PATH"]
        self.log, self.commands, self.summary = "", [], ""
        self.more_env = {}

    def environment(self, more):
        keep = {k: os.environ[k] for k in ("LANG", "LC_ALL", "SYSTEMROOT") if k in os.environ}
        return {
            **keep,
            "PATH": self.path,
            "HOME": str(self.home),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": self.event_name,
            "GITHUB_EVENT_PATH": str(self.folder / "event.json"),
            "GITHUB_REPOSITORY": self.repository,
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temp),
            **self.more_env,
            **more,
        }

    def script(self, text, env):
        """Runs a step's script; answers its exit code and outputs."""
        files = {}
        for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY", "GITHUB_STATE"):
            files[name] = self.folder / name.lower()
            files[name].write_text("")
        script = self.folder / "step.sh"
        script.write_text(text)
        command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)]
        env = self.environment({**{k: str(v) for k, v in files.items()}, **env})
        done = subprocess.run(command, cwd=self.workspace, env=env, capture_output=True, timeout=300)
        said = (done.stdout + done.stderr).decode("utf-8", "replace")
        self.log += said
        # The runner reads both streams for commands.
        self.commands += commands(said)
        for name in ("GITHUB_ENV", "GITHUB_PATH", "GITHUB_STATE"):
            if files[name].read_text():
                raise Broken(f"{name} was written to: {files[name].read_text()!r}")
        self.summary += files["GITHUB_STEP_SUMMARY"].read_text()
        return done.returncode, file_commands(files["GITHUB_OUTPUT"].read_text())

    def action(self, given, folder=REPO):
        """Runs a composite action; answers whether it ended well, its outputs, and the outcome of each of its steps."""
        action = yaml.safe_load((folder / "action.yml").read_text())
        unknown = set(given) - set(action["inputs"])
        if unknown:
            raise Broken(f"no such inputs: {unknown}")
        base = {"github": self.github, "runner": {"temp": str(self.temp)}}
        inputs = {name: shown(given[name]) if name in given else filled(spec.get("default", ""), base) for name, spec in action["inputs"].items()}
        contexts = {**base, "inputs": inputs, "steps": {}, "env": {}}
        status, outcomes = "success", {}
        for step in action["runs"]["steps"]:
            if not holds(step.get("if"), contexts, status):
                outcomes[step["id"]] = "skipped"
                continue
            if "${{" in step["run"]:
                raise Broken("an expression stands in a script")
            env = {k: filled(v, contexts) for k, v in step.get("env", {}).items()}
            code, outputs = self.script(step["run"], {**env, "GITHUB_ACTION_PATH": str(folder)})
            outcomes[step["id"]] = "success" if code == 0 else "failure"
            outcomes[step["id"] + ":code"] = code
            contexts["steps"][step["id"]] = {"outputs": outputs, "outcome": outcomes[step["id"]]}
            if code:
                status = "failure"
        outputs = {name: filled(spec["value"], contexts) for name, spec in action["outputs"].items()}
        return Ended(status == "success", outputs, outcomes)

    def job(self, job, uses):
        """Runs a workflow's job; `uses` does what the actions do that it calls, by their name without version."""
        contexts = {"github": self.github, "runner": {"temp": str(self.temp)}, "steps": {}, "env": {}}
        if "if" in job and not holds(job["if"], contexts, "success"):
            return "skipped", {}
        status, ends = "success", {}
        for n, step in enumerate(job["steps"]):
            name = step.get("id", str(n))
            if not holds(step.get("if"), contexts, status):
                continue
            given = {k: filled(shown(v), contexts) for k, v in step.get("with", {}).items()}
            if "run" in step:
                code, outputs = self.script(filled(step["run"], contexts), {k: filled(v, contexts) for k, v in step.get("env", {}).items()})
                good = code == 0
            else:
                end = uses[step["uses"].split("@")[0]](self, given)
                good, outputs = (end.good, end.outputs) if isinstance(end, Ended) else (end is not False, {})
                ends[step["uses"].split("@")[0]] = end
            contexts["steps"][name] = {"outputs": outputs, "outcome": "success" if good else "failure"}
            if not good and not step.get("continue-on-error"):
                status = "failure"
        return status, ends


class Ended:
    """How an action ended."""

    def __init__(self, good, outputs, outcomes):
        self.good, self.outputs, self.outcomes = good, outputs, outcomes

    @property
    def code(self):
        """The exit code of the step that fails it."""
        codes = [v for k, v in self.outcomes.items() if k.endswith(":code") and v]
        return codes[0] if codes else 0

