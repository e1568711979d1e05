#!/usr/bin/env python3
"""Holds the documentation to the program: runs what its pages show, and follows their links.

    .ci/docs.py PROGRAM [--strict] [--only PAGE] [--fill] [--python PYTHON] [--node-package DIR]

Every fenced block of README.md and docs/**/*.md is one of these, by its language and the words after it (which no renderer shows):

  console   `$ ` commands, and what they print (standard output and error together). A line `…` stands for any lines, `…` in a line for
            any text; a command without lines below it may print anything. `exit=1`: how the last one ends; all others end with 0.
  sh        a script, run as a whole with `set -e`.
  toml      a policy that the program accepts. `file=NAME` writes it to that file, `append=NAME` adds to it (only the whole must be a
            policy), `refused` means exit code 2, `profile=NAME` is judged with that profile, `checked-below` that a script of the page uses it, `config` that it is no policy.
  python js run in the page's folder. `text output` after it is what it prints. `file=NAME` names the script.
  yaml json parsed; with `file=NAME` also written. A YAML workflow is given to actionlint where that is installed.
  rust      the text of the file that `<!-- file: PATH -->` above names; .ci/run runs it.
  text …    any other language: written with `file=NAME`, otherwise only shown (`text`) or marked with `skip=`.

`skip=WHY` in any of them: cannot run here. `needs=TOOL`: runs only where that tool is installed. All of these are counted and listed.
A page has a folder of its own. `<!-- setup: COMMAND -->` runs a command in it that readers need not see; $REPO is the repository.
`$STAND_INS` is a folder on PATH for programs that stand in for tools which are not installed everywhere.

With --fill, what a page shows as the output of a command is replaced by what it printed, for its author to read and cut: `?` is enough to begin with.
With --strict, what could not run because Python's or Node's package is not there is an error.
"""

import argparse
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
SECONDS = 120
LANGUAGES = {"console", "sh", "toml", "python", "js", "ts", "yaml", "json", "rust", "text"}
WORDS = {"file", "append", "exit", "skip", "needs", "profile"}
FLAGS = {"refused", "checked-below", "config", "output"}


class Block:
    def __init__(self, line, info, text, before):
        self.line, self.text, self.before = line, text, before
        words = info.split()
        self.language = words[0] if words else ""
        self.words = dict(w.split("=", 1) for w in words[1:] if "=" in w)
        self.flags = {w for w in words[1:] if "=" not in w}


def parts(text):
    """Blocks and setup commands of a page, in order: (kind, value)."""
    lines, at, found, before = text.split("\n"), 0, [], ""
    while at < len(lines):
        line = lines[at]
        fence = re.match(r"^( *)(`{3,})(.*)$", line)
        if fence:
            indent, ticks, info = fence.groups()
            start, body = at + 1, []
            at += 1
            while at < len(lines) and lines[at].strip() != ticks:
                body.append(lines[at][len(indent):] if lines[at].startswith(indent) else lines[at])
                at += 1
            if at == len(lines):
                raise ValueError(f"line {start}: a block that is not closed")
            found.append(("block", Block(start, info.strip(), "\n".join(body) + "\n", before)))
            before = ""
        elif line.startswith("<!-- setup"):
            start, body = at + 1, [line.removeprefix("<!-- setup").removeprefix(":")]
            while "-->" not in lines[at]:
                at += 1
                if at == len(lines):
                    raise ValueError(f"line {start}: a comment that is not closed")
                body.append(lines[at])
            found.append(("setup", (start, "\n".join(body).replace("-->", "").strip() + "\n")))
        elif line.strip():
            before = line.strip()
        at += 1
    return found


def commands(text):
    """Of a console block: each command with the lines that it prints."""
    found, open_ = [], False
    for line in text.rstrip("\n").split("\n"):
        if line.startswith("$ "):
            found.append([line[2:], []])
            open_ = line.endswith("\\")
        elif not found:
            raise ValueError("a console block begins with `$ `")
        elif open_:
            found[-1][0] += "\n" + line
            open_ = line.endswith("\\")
        else:
            found[-1][1].append(line)
    return found


def prints(shown, got):
    """Whether what a page shows is what was printed."""
    pattern = ""
    for line in shown:
        line = line.rstrip()
        if line.strip() == "…":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += r"[^\n]*?".join(re.escape(p) for p in line.split("…")) + r"[ \t]*\n"
    text = "".join(line.rstrip() + "\n" for line in got.rstrip("\n").split("\n"))
    return re.fullmatch(pattern.rstrip("\n") + r"\n*", text) is not None


class Page:
    def __init__(self, path, options):
        self.path, self.options = path, options
        self.name = str(path.relative_to(REPO)) if path.is_relative_to(REPO) else path.name
        self.ran, self.wrong, self.skipped, self.filled = {}, [], [], []

    def run(self):
        try:
            todo = parts(self.path.read_text(encoding="utf-8"))
        except ValueError as e:
            self.wrong.append(f"{self.name}: {e}")
            return self
        with tempfile.TemporaryDirectory(prefix="gatekeeper-docs-") as top:
            self.top = Path(top)
            self.folder = self.top / "project"
            for folder in ("project", "home", "programs", "stand-ins", "state"):
                (self.top / folder).mkdir()
            (self.top / "programs" / "gatekeeper").symlink_to(self.options.program)
            # Not a link: an environment of Python's is found by where its program lies.
            python = self.top / "programs" / "python"
            python.write_text(f'#!/bin/sh\nexec "{shutil.which(self.options.python) or self.options.python}" "$@"\n')
            python.chmod(0o755)
            if self.options.node_package:
                (self.top / "node_modules").mkdir()
                (self.top / "node_modules" / "gatekeeper-rs").symlink_to(self.options.node_package)
            (self.top / "state" / "cwd").write_text(str(self.folder))
            self.last = None
            for kind, value in todo:
                try:
                    if kind == "setup":
                        self.setup(*value)
                    else:
                        self.block(value)
                except (ValueError, OSError, subprocess.TimeoutExpired) as e:
                    line = value[0] if kind == "setup" else value.line
                    self.wrong.append(f"{self.name}:{line}: {e}")
        self.fill()
        return self

    def fill(self):
        """With --fill: what a page shows as a command's output is replaced by what it printed."""
        lines = self.path.read_text(encoding="utf-8").split("\n")
        for start, nth, out in reversed(self.filled):
            end = next(n for n in range(start, len(lines)) if lines[n].startswith("```"))
            at = start
            if nth is not None:
                begins = [n for n in range(start, end) if lines[n].startswith("$ ")]
                at = begins[nth] + 1
                while lines[at - 1].endswith("\\"):
                    at += 1
                end = begins[nth + 1] if nth + 1 < len(begins) else end
            lines[at:end] = out.split("\n") if out else []
        if self.filled:
            self.path.write_text("\n".join(lines), encoding="utf-8")

    def environment(self):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "CI", "GITLAB_", "GIT_", "RUNNER_", "GATEKEEPER"))}
        for tool, folder in (("RUSTUP_HOME", ".rustup"), ("CARGO_HOME", ".cargo")):
            kept.setdefault(tool, str(Path.home() / folder))
        path = [str(self.top / "stand-ins"), str(self.top / "programs"), kept.get("PATH", "")]
        return kept | {
            "PATH": os.pathsep.join(path), "HOME": str(self.top / "home"), "REPO": str(REPO), "STAND_INS": str(self.top / "stand-ins"),
            "TZ": "UTC", "LC_ALL": "C.UTF-8", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "Alice", "GIT_AUTHOR_EMAIL": "alice@example.org",
            "GIT_COMMITTER_NAME": "Alice", "GIT_COMMITTER_EMAIL": "alice@example.org", "PYTHONDONTWRITEBYTECODE": "1",
            "GIT_CEILING_DIRECTORIES": str(self.top),
        }

    def shell(self, script):
        """Runs a script where the last one ended; the exit code and what it printed."""
        state = self.top / "state"
        # What an earlier command exported, and where it went, is still so.
        whole = f'[ ! -f {state}/env ] || . {state}/env\ncd "$(cat {state}/cwd)"\n{script}\npwd >{state}/cwd\nexport -p >{state}/env\n'
        done = subprocess.run(["bash", "-c", whole], env=self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=SECONDS, check=False)
        return done.returncode, done.stdout.decode("utf-8", "replace")

    def cwd(self):
        return Path((self.top / "state" / "cwd").read_text().strip())

    def setup(self, line, script):
        code, out = self.shell("set -euo pipefail\n" + script)
        if code:
            self.wrong.append(f"{self.name}:{line}: the setup ends with {code}:\n{out}")

    def fail(self, block, text):
        self.wrong.append(f"{self.name}:{block.line}: {text}")

    def skip(self, block, why):
        self.last = None
        self.skipped.append((f"{self.name}:{block.line}", block.language, why))

    def put(self, block):
        """Writes `file=` or `append=`."""
        for word, mode in (("file", "w"), ("append", "a")):
            if word in block.words:
                target = self.cwd() / block.words[word]
                target.parent.mkdir(parents=True, exist_ok=True)
                with open(target, mode, encoding="utf-8") as file:
                    file.write(block.text if mode == "w" else "\n" + block.text)
                return target
        return None

    def block(self, block):
        unknown = set(block.words) - WORDS | block.flags - FLAGS
        if unknown:
            return self.fail(block, f"no word of a block: {', '.join(sorted(unknown))}")
        if "skip" in block.words:
            self.put(block)
            return self.skip(block, block.words["skip"])
        tool = block.words.get("needs")
        if tool and not shutil.which(tool):
            return self.skip(block, f"{tool} is not installed")
        if block.language not in LANGUAGES:
            if not self.put(block):
                self.fail(block, f"a block of {block.language or 'no language'} is neither run nor marked with `skip=`")
            return None
        getattr(self, block.language)(block)
        if block.language != "text":
            self.ran[block.language] = self.ran.get(block.language, 0) + 1
        return None

    def console(self, block):
        todo = commands(block.text)
        for at, (command, shown) in enumerate(todo):
            # From a clone the program is built first; here it is built already.
            command = re.sub(r"cargo run (--profile fast |--release |-q )*-p gatekeeper-cli -- ", "gatekeeper ", command)
            state = self.top / "state"
            script = f"{{ {command}\n}} >{state}/out 2>&1; echo $? >{state}/code"
            # `exit` in a command, or a mistake in its syntax, leaves no code.
            (state / "code").unlink(missing_ok=True)
            _, trouble = self.shell(script)
            if not (state / "code").is_file():
                return self.fail(block, f"`{command}` did not end: {trouble}")
            code, out = int((state / "code").read_text()), (state / "out").read_text(encoding="utf-8", errors="replace")
            wanted = int(block.words.get("exit", 0)) if at == len(todo) - 1 else 0
            if code != wanted:
                return self.fail(block, f"`{command}` ends with {code}, not {wanted}:\n{out}")
            while shown and not shown[-1].strip():
                shown.pop()
            if shown and not prints(shown, out):
                if self.options.fill:
                    # What is another one in each run.
                    out = re.sub(r"(sha256 |duration_s +)[0-9a-f.]+…?", r"\1…", out.rstrip("\n").replace(str(self.folder), "/project"))
                    self.filled.append((block.line, at, re.sub(r" \([0-9a-f]{12}\)", " (…)", out)))
                    continue
                return self.fail(block, f"`{command}` prints something else:\n{out}")
        return None

    def sh(self, block):
        code, out = self.shell("set -euo pipefail\n" + block.text)
        if code != int(block.words.get("exit", 0)):
            self.fail(block, f"ends with {code}:\n{out}")

    def toml(self, block):
        if block.flags & {"config", "checked-below"}:
            self.put(block)
            return None
        target = self.put(block)
        if target is None:
            target = self.top / "state" / "gatekeeper.toml"
            # Rego is read when the policy is: the folders that examples name are there.
            for package in ("main", "release"):
                rego = target.parent / "policy" / f"{package}.rego"
                rego.parent.joinpath("data").mkdir(parents=True, exist_ok=True)
                rego.write_text(f'package {package}\n\nimport rego.v1\n\ndeny contains "failed" if input.tests.counts.failed > 0\n')
            (target.parent / "policy/data/limits.json").write_text("{}")
            head = "" if re.search(r"^version *=", block.text, re.M) else "version = 1\n"
            target.write_text(head + block.text, encoding="utf-8")
        profile = ["--profile", block.words["profile"]] if "profile" in block.words else []
        done = subprocess.run([self.options.program, "policy", "check", "--config", str(target), *profile], capture_output=True, text=True,
                              env=self.environment(), timeout=SECONDS, check=False)
        wanted = 2 if "refused" in block.flags else 0
        if done.returncode != wanted:
            self.fail(block, f"as a policy: exit code {done.returncode}:\n{done.stdout}{done.stderr}")
        return None

    def script(self, block, program, name):
        target = self.cwd() / block.words.get("file", name)
        target.write_text(block.text, encoding="utf-8")
        done = subprocess.run([*program, str(target)], cwd=self.cwd(), capture_output=True, text=True, env=self.environment(), timeout=SECONDS, check=False)
        if "file" not in block.words:
            target.unlink()
        self.last = done.stdout
        if done.returncode != int(block.words.get("exit", 0)):
            self.fail(block, f"ends with {done.returncode}:\n{done.stdout}{done.stderr}")

    def python(self, block):
        if not self.options.has_python and "gatekeeper" in block.text:
            return self.skip(block, "Python's package is not built")
        return self.script(block, [self.options.python], ".snippet.py")

    def js(self, block):
        if not self.options.node_package and "gatekeeper" in block.text:
            return self.skip(block, "Node's package is not built")
        module = re.search(r"^import |^await |^export ", block.text, re.M)
        return self.script(block, ["node"], ".snippet.mjs" if module else ".snippet.cjs")

    def ts(self, block):
        tsc = self.options.node_package and Path(self.options.node_package) / "node_modules/.bin/tsc"
        if not tsc or not tsc.exists():
            return self.skip(block, "Node's package is not built")
        target = self.cwd() / block.words.get("file", "snippet.ts")
        target.write_text(block.text, encoding="utf-8")
        done = subprocess.run([str(tsc), "--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--skipLibCheck",
                               "--typeRoots", str(Path(self.options.node_package) / "node_modules/@types"), "--types", "node", str(target)],
                              cwd=self.cwd(), capture_output=True, text=True, timeout=SECONDS, check=False)
        if "file" not in block.words:
            target.unlink()
        if done.returncode:
            self.fail(block, f"tsc: {done.stdout}")
        return None

    def yaml(self, block):
        target = self.put(block)
        try:
            import yaml
        except ImportError:
            return self.skip(block, "PyYAML is not installed")
        try:
            document = yaml.safe_load(block.text)
        except yaml.YAMLError as e:
            return self.fail(block, f"not YAML: {e}")
        if target and target.name == "gatekeeper.yaml":
            done = subprocess.run([self.options.program, "policy", "check", "--config", str(target)], capture_output=True, text=True, check=False)
            if done.returncode:
                return self.fail(block, f"as a policy: {done.stdout}{done.stderr}")
        # `on` is true in YAML 1.1.
        if isinstance(document, dict) and "jobs" in document and True in document and shutil.which("actionlint"):
            done = subprocess.run(["actionlint", "-shellcheck=", "-pyflakes=", "-"], input=block.text, capture_output=True, text=True, check=False)
            if done.returncode:
                return self.fail(block, f"actionlint: {done.stdout}{done.stderr}")
        return None

    def json(self, block):
        self.put(block)
        json.loads(block.text)

    def rust(self, block):
        named = re.match(r"<!-- file: (\S+) -->$", block.before)
        if not named:
            return self.fail(block, "Rust is shown from a file of examples: `<!-- file: PATH -->` above it")
        path = REPO / named.group(1)
        if not path.is_file():
            return self.fail(block, f"{named.group(1)} is not there")
        if path.read_text(encoding="utf-8").strip() != block.text.strip():
            return self.fail(block, f"is not what {named.group(1)} holds")
        if path.stem not in (REPO / ".ci/run").read_text(encoding="utf-8"):
            return self.fail(block, f"{named.group(1)} is not run by .ci/run")
        return None

    def text(self, block):
        if "output" in block.flags:
            if self.last is not None and not prints(block.text.rstrip("\n").split("\n"), self.last):
                if self.options.fill:
                    self.filled.append((block.line, None, self.last.rstrip("\n")))
                    return
                self.fail(block, f"the script above prints something else:\n{self.last}")
            self.last = None
        else:
            self.put(block)


def prose(text):
    """A page without its blocks, comments and inline code."""
    text = re.sub(r"^( *)(`{3,})[^\n]*\n.*?^ *\2 *$", "", text, flags=re.M | re.S)
    return re.sub(r"<!--.*?-->", "", text, flags=re.S)


def anchors(text):
    """The anchors of a page's headings, as GitHub makes them."""
    found = {}
    for heading in re.findall(r"^#{1,6} +(.+?) *#*$", prose(text), flags=re.M):
        heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        found[slug] = found.get(slug, -1) + 1
    return {s if n == 0 else f"{s}-{n}" for s, most in found.items() for n in range(most + 1)}


def links(path, root):
    """Links of a page that lead nowhere; nothing is asked of a network."""
    text = path.read_text(encoding="utf-8")
    wrong = []
    bare = re.sub(r"`[^`\n]*`", "", prose(text))
    for target in re.findall(r"\]\(<?([^)\s>]+)>?(?: +\"[^\"]*\")?\)", bare):
        if re.match(r"(https?|mailto):", target):
            continue
        file, _, anchor = target.partition("#")
        to = (path.parent / file).resolve() if file else path
        if not to.is_relative_to(root) or not to.exists():
            wrong.append(f"{path.relative_to(root)}: a link to {target}, which is not there")
        elif anchor and to.suffix == ".md" and anchor not in anchors(to.read_text(encoding="utf-8")):
            wrong.append(f"{path.relative_to(root)}: a link to {target}, which has no such heading")
    return wrong


def summary(docs):
    """The book's list of pages against the pages."""
    text = (docs / "SUMMARY.md").read_text(encoding="utf-8")
    listed = [m.partition("#")[0] for m in re.findall(r"\]\(([^)]+)\)", text)]
    there = {str(p.relative_to(docs)) for p in docs.rglob("*.md")} - {"SUMMARY.md"}
    wrong = [f"docs/SUMMARY.md lists {p}, which is not there" for p in sorted(set(listed) - there)]
    wrong += [f"docs/SUMMARY.md does not list {p}" for p in sorted(there - set(listed))]
    return wrong + [f"docs/SUMMARY.md lists {p} twice" for p in sorted({p for p in listed if listed.count(p) > 1})]


def self_test(options):
    """What is wrong in a page is found: each of these has one mistake, or none."""
    good = "# A b\n\n```console exit=3\n$ true\n$ printf 'a\\nb\\nc\\n'; exit_code() { return 3; }; exit_code\na\n…\n```\n[x](#a-b)\n"
    cases = [
        (good, None),
        ("```console\n$ false\n```\n", "ends with 1"),
        ("```console\n$ echo a\nb\n```\n", "something else"),
        ("```sh\nfalse\ntrue\n```\n", "ends with 1"),
        ("```toml\nversion = 1\n[gates.x]\nrule = \"tests\"\n```\n", None),
        ("```toml\nversion = 1\n[gates.x]\nrule = \"test\"\n```\n", "exit code 2"),
        ("```toml refused\nversion = 1\n[gates.x]\nrule = \"tests\"\n```\n", "as a policy"),
        ("```json\n{\n```\n", "Expecting"),
        ("```erlang\nx.\n```\n", "neither run nor marked"),
        ("```erlang skip=because\nx.\n```\n", None),
        ("```rust\nfn main() {}\n```\n", "examples"),
        ("```sh flies\ntrue\n```\n", "no word of a block"),
        ("```sh\ntrue\n", "not closed"),
        ("<!-- setup: false -->\n", "the setup ends with 1"),
        ("<!-- setup: mkdir a && cd a && touch b -->\n\n```console\n$ ls\nb\n```\n", None),
    ]
    with tempfile.TemporaryDirectory() as folder:
        for text, wanted in cases:
            path = Path(folder).resolve() / "page.md"
            path.write_text(text, encoding="utf-8")
            wrong = Page(path, options).run().wrong
            if (wanted is None) != (not wrong) or (wanted and wanted not in wrong[0]):
                sys.exit(f"self-test: {text!r}: wanted {wanted!r}, found {wrong}")
        for text, count in ((good, 0), ("[x](#b)\n", 1), ("[x](y.md)\n", 1), ("[x](page.md)", 0), ("[x](../../etc/passwd)", 1), ("`[x](y.md)`", 0)):
            path.write_text(text, encoding="utf-8")
            if len(links(path, path.parent)) != count:
                sys.exit(f"self-test: links of {text!r}")
        (path.parent / "SUMMARY.md").write_text("- [a](page.md)\n- [b](gone.md)\n", encoding="utf-8")
        (path.parent / "extra.md").write_text("", encoding="utf-8")
        if len(summary(path.parent)) != 2:
            sys.exit("self-test: the book's list")
    return len(cases)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=lambda p: str(Path(p).resolve()))
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--fill", action="store_true", help="write into the pages what commands print")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--python", default=sys.executable, type=os.path.abspath)
    parser.add_argument("--node-package", default=str(REPO / "gatekeeper-node"))
    options = parser.parse_args()
    probe = subprocess.run([options.python, "-c", "import gatekeeper; gatekeeper.check"], capture_output=True, check=False)
    options.has_python = probe.returncode == 0
    built = list(Path(options.node_package).glob("*.node"))
    options.node_package = str(Path(options.node_package).resolve()) if built and shutil.which("node") else None
    tried = self_test(argparse.Namespace(**vars(options) | {"fill": False}))
    pages = [REPO / "README.md", REPO / "examples/README.md", REPO / "gatekeeper-py/README.md", REPO / "gatekeeper-node/README.md"]
    pages += sorted((REPO / "docs").rglob("*.md"))
    wrong = [w for page in [*pages, REPO / "ARCHITECTURE.md", REPO / "CHANGELOG.md"] for w in links(page, REPO)]
    wrong += summary(REPO / "docs")
    if options.only:
        pages = [p for p in pages if any(only in str(p) for only in options.only)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda p: Page(p, options).run(), pages))
    wrong += [w for page in done for w in page.wrong]
    skipped = [s for page in done for s in page.skipped]
    ran = {}
    for page in done:
        for language, count in page.ran.items():
            ran[language] = ran.get(language, 0) + count
    if options.strict:
        wrong += [f"{place}: {why}" for place, _, why in skipped if "is not built" in why or "PyYAML" in why]
    reasons = {}
    for place, language, why in skipped:
        reasons.setdefault(why, []).append(f"{place} ({language})")
    print(f"{len(pages)} pages, {sum(ran.values())} blocks held: " + ", ".join(f"{n} {l}" for l, n in sorted(ran.items())))
    print(f"{len(skipped)} not run" + (":" if skipped else ""))
    for why, places in sorted(reasons.items()):
        print(f"  {why}: {', '.join(places)}")
    print(f"({tried} mistakes of pages that this program must find were tried)")
    if wrong:
        print(f"\n{len(wrong)} wrong:\n" + "\n".join(f"- {w.rstrip()}" for w in wrong))
        sys.exit(1)


if __name__ == "__main__":
    main()
