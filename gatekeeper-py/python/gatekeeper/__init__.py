"""gatekeeper reads the reports of a CI run, judges them by a policy, and never passes what it could not see.

>>> import gatekeeper
>>> verdict = gatekeeper.check(root="my_project")
>>> verdict["status"], verdict["exit_code"]
('pass', 0)

Every answer is the document that the command line gives with ``--format json``, as plain dicts and lists.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from inspect import getdoc
from typing import Any, Literal, TypeVar, cast

from . import _native
from ._native import GatekeeperError, ParseError, PolicyError, __version__
from .documents import FormatInfo, Inspection, Kind, RuleEvidence, RuleInfo, RuleResult, RuleViolation, Verdict

__all__ = [
    "GatekeeperError",
    "KeyKind",
    "ParseError",
    "PolicyError",
    "RuleAnswer",
    "RuleEvidence",
    "RuleResult",
    "RuleViolation",
    "__version__",
    "check",
    "check_rendered",
    "diff",
    "formats",
    "inspect",
    "inspect_bytes",
    "main",
    "render",
    "rollout",
    "rule",
    "rules",
    "snapshot",
    "verify",
]

StrPath = str | os.PathLike[str]

KeyKind = Literal["text", "number", "boolean", "list", "table"]
"""What a key of a rule takes."""

RuleAnswer = None | bool | Sequence[str | RuleViolation] | RuleResult
"""What a rule answers: None, True or no violations (the gate passes), False, violations, or a status with its reason."""

_Judge = TypeVar("_Judge", bound=Callable[[list[RuleEvidence], dict[str, Any]], RuleAnswer])

_Keys = list[tuple[str, str | None]]

# Name → name, kind, keys, documentation, and the function from JSON to JSON that the engine asks.
_registered: dict[str, tuple[str, str | None, _Keys | None, str | None, Callable[[str, str], str]]] = {}


def _declared(name: str, keys: Iterable[str] | Mapping[str, KeyKind | None] | None) -> _Keys | None:
    if keys is None:
        return None
    if isinstance(keys, str):
        raise TypeError(f"rule {name!r}: expected keys as a list or a dict, got str; write keys=[{keys!r}]")
    pairs: _Keys = [*keys.items()] if isinstance(keys, Mapping) else [(key, None) for key in keys]
    for key, takes in pairs:
        if not isinstance(key, str) or not isinstance(takes, str | None):
            raise TypeError(f"rule {name!r}: expected the keys' names as str, and what they take as str or None")
    return pairs


def rule(
    name: str,
    *,
    kind: Kind | None = None,
    keys: Iterable[str] | Mapping[str, KeyKind | None] | None = None,
) -> Callable[[_Judge], _Judge]:
    """Register a function as a rule, which policies then name: ``rule = "name"``.

    >>> @gatekeeper.rule("few-cases", kind="tests", keys={"max": "number"})
    ... def few_cases(evidence, config):
    ...     total = sum(e["summary"]["total"] for e in evidence)
    ...     return [] if total <= config["max"] else [f"{total} cases are more than {config['max']}"]

    It is called for each gate of the rule that has evidence, with that evidence and with the gate's own table of the policy:
    every key that gates do not share (``tools``, ``labels``, ``action``, …). ``kind`` is the kind of evidence that it takes;
    evidence of every kind where none is given. ``keys`` are the names of the keys that its gates may have, or a dict that also
    says what each takes (``text``, ``number``, ``boolean``, ``list``, ``table``, or None): any other key is a mistake in the
    policy, with its place. Without ``keys`` a gate may have any, and a misspelt one is for the function to notice.

    None, True or an empty list passes the gate, False fails it; a list of messages or of `RuleViolation` is the reasons for
    failing; a `RuleResult` says the status itself. A function that raises, or answers anything else, makes the gate an
    ``error``, which is no pass. A name that is registered again has the new function; ``check``, ``check_rendered``,
    ``rules`` and ``main`` know all that are registered when they are called.
    """
    if not isinstance(name, str):
        raise TypeError(f"name: expected a str, got {type(name).__name__}; write @gatekeeper.rule(\"name\")")

    declared = _declared(name, keys)

    def register(judge: _Judge) -> _Judge:
        if not callable(judge):
            raise TypeError(f"rule {name!r}: expected a function, got {type(judge).__name__}")

        def ask(evidence: str, config: str) -> str:
            return json.dumps(judge(json.loads(evidence), json.loads(config)), allow_nan=False)

        _registered[name] = (name, kind, declared, getdoc(judge), ask)
        return judge

    return register


def check(
    paths: StrPath | Iterable[StrPath] | None = None,
    *,
    config: StrPath | None = None,
    root: StrPath | None = None,
    profile: str | None = None,
    now: str | datetime | None = None,
    max_bytes: int | None = None,
    fail_on_warn: bool = False,
    diff: str | bytes | None = None,
    commit: str | None = None,
    tree: str | None = None,
    allow_empty: bool = False,
    changed: Iterable[str] | None = None,
    tag: str | None = None,
    branch: str | None = None,
    author: str | None = None,
    since: str | datetime | None = None,
    baseline: StrPath | None = None,
    history: StrPath | Iterable[StrPath] | None = None,
) -> Verdict:
    """Judge the evidence of a project by its policy.

    ``paths`` are files and folders to read instead of what the policy names; ``config`` is the policy (otherwise it is
    searched for in ``root`` and the folders above it); ``root`` the folder that patterns are relative to; ``now`` the clock to judge by (RFC 3339, or a datetime
    with a time zone); ``diff`` the unified diff of the change, for gates that judge new code, ``changed`` the names of the changed
    files (an empty diff or list is refused unless ``allow_empty``); ``commit`` and
    ``tree`` what is judged, in hexadecimal digits; ``baseline`` the snapshot of an earlier run to compare with, ``history`` earlier verdicts. A failing verdict is an answer, not an exception.

    Raises PolicyError where the policy cannot be used (nothing was judged), ValueError where an argument cannot be.
    """
    rendered = check_rendered(
        ["json"],
        paths,
        config=config,
        root=root,
        profile=profile,
        now=now,
        max_bytes=max_bytes,
        fail_on_warn=fail_on_warn,
        diff=diff,
        commit=commit,
        tree=tree,
        allow_empty=allow_empty,
        changed=changed,
        tag=tag,
        branch=branch,
        author=author,
        since=since,
        baseline=baseline,
        history=history,
    )
    return cast(Verdict, json.loads(rendered["json"]))


def _time(given: str | datetime | None) -> str | None:
    return given.isoformat() if isinstance(given, datetime) else given


def _names(changed: Iterable[str] | None) -> bytes | None:
    """The names of changed files, each ended by a NUL, which no name holds."""
    if changed is None:
        return None
    if isinstance(changed, (str, bytes)):
        raise TypeError("`changed` takes the names of files, each a string of its own")
    return b"".join(name.encode() + b"\0" for name in changed)


def check_rendered(
    outputs: str | Iterable[str],
    paths: StrPath | Iterable[StrPath] | None = None,
    *,
    config: StrPath | None = None,
    root: StrPath | None = None,
    profile: str | None = None,
    now: str | datetime | None = None,
    max_bytes: int | None = None,
    fail_on_warn: bool = False,
    diff: str | bytes | None = None,
    commit: str | None = None,
    tree: str | None = None,
    allow_empty: bool = False,
    changed: Iterable[str] | None = None,
    tag: str | None = None,
    branch: str | None = None,
    author: str | None = None,
    since: str | datetime | None = None,
    baseline: StrPath | None = None,
    history: StrPath | Iterable[StrPath] | None = None,
) -> dict[str, str]:
    """Judge once, as `check` does, and give the verdict as text in each of these outputs ("markdown", "json", "human", …)."""
    wanted = [outputs] if isinstance(outputs, str) else list(outputs)
    texts = _native.check_rendered(
        wanted,
        [] if paths is None else _paths("paths", paths),
        config,
        root,
        profile,
        _time(now),
        max_bytes,
        fail_on_warn,
        (diff.encode() if isinstance(diff, str) else diff, commit, tree, allow_empty, _names(changed)),
        (tag, branch, author, _time(since)),
        (baseline, [] if history is None else _paths("history", history)),
        list(_registered.values()),
    )
    return dict(zip(wanted, texts, strict=True))


def snapshot(
    paths: StrPath | Iterable[StrPath] | None = None,
    *,
    config: StrPath | None = None,
    root: StrPath | None = None,
    profile: str | None = None,
    now: str | datetime | None = None,
    max_bytes: int | None = None,
    commit: str | None = None,
    tree: str | None = None,
    tag: str | None = None,
    branch: str | None = None,
    author: str | None = None,
    since: str | datetime | None = None,
) -> str:
    """Judge, and give what was seen as a snapshot: text that `check` takes as ``baseline`` once it is a file.

    The arguments are those of `check`. One that was taken where not all evidence could be read says so, and is no baseline.
    """
    return _native.snapshot(
        [] if paths is None else _paths("paths", paths),
        config,
        root,
        profile,
        _time(now),
        max_bytes,
        commit,
        tree,
        (tag, branch, author, _time(since)),
        list(_registered.values()),
    )


def inspect(
    files: StrPath | Iterable[StrPath],
    *,
    read_as: str | None = None,
    validate: bool = True,
    max_bytes: int | None = None,
) -> list[Inspection]:
    """Say what files are and what they say, in the order given; folders are walked, several files are read at a time.

    A file that cannot be read has an ``error`` in its entry; it raises nothing.
    """
    text = _native.inspect(_paths("files", files), read_as, validate, max_bytes)
    return cast("list[Inspection]", json.loads(text))


def inspect_bytes(
    name: str,
    data: bytes | bytearray | memoryview,
    *,
    read_as: str | None = None,
    validate: bool = True,
    max_bytes: int | None = None,
) -> Inspection:
    """Say what a report in memory is and says; its name may help to recognise it.

    Raises ParseError, with ``code``, ``line`` and ``column``, where it cannot be read.
    """
    whole = data if isinstance(data, bytes) else bytes(memoryview(data))
    return cast(Inspection, json.loads(_native.inspect_bytes(name, whole, read_as, validate, max_bytes)))


def verify(
    verdict: Verdict,
    *,
    commit: str | None = None,
    tree: str | None = None,
    config: StrPath | None = None,
    evidence: StrPath | None = None,
) -> dict[str, Any]:
    """Say whether a verdict that was kept holds: for this commit, tree, policy and evidence, and by itself.

    The answer has ``holds``, ``status``, ``disagreements`` and ``notes``.
    """
    text = json.dumps(verdict)
    return cast("dict[str, Any]", json.loads(_native.verify(text, commit, tree, config, evidence)))


def render(outputs: str | Iterable[str], verdict: Verdict) -> dict[str, str]:
    """Give a verdict that was kept as text in each of these outputs (``markdown``, ``html``, ...), by name.

    It may come from strangers: raises ValueError where its parts disagree.
    """
    wanted = [outputs] if isinstance(outputs, str) else list(outputs)
    return dict(zip(wanted, _native.render(wanted, json.dumps(verdict)), strict=True))


def diff(before: Verdict, after: Verdict) -> dict[str, Any]:
    """Say what is different between two verdicts: ``same``, ``gates``, ``evidence`` and the two in short."""
    return cast("dict[str, Any]", json.loads(_native.diff(json.dumps(before), json.dumps(after))))


def rollout(verdict: Verdict, current: str | float, *, config: StrPath | None = None) -> str:
    """Say what a verdict on a canary means for the rollout: the next share of traffic in percent, "done", "hold" or "rollback".

    ``current`` is the share that the canary has now, one of the policy's ``[rollout]`` steps.
    """
    return cast(str, json.loads(_native.rollout_next(json.dumps(verdict), str(current), config)))


def formats() -> list[FormatInfo]:
    """The formats that can be read."""
    return cast("list[FormatInfo]", json.loads(_native.formats()))


def rules() -> list[RuleInfo]:
    """The rules that gates can be of, with their documentation: the built-in ones and those registered with `rule`."""
    return cast("list[RuleInfo]", json.loads(_native.rules(list(_registered.values()))))


def main(argv: Sequence[StrPath] | None = None) -> int:
    """Run the command line with these arguments (without the program's name; ``sys.argv`` where none are given)."""
    import sys

    arguments = sys.argv[1:] if argv is None else _paths("argv", argv)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    return _native.run(["gatekeeper", *arguments], list(_registered.values()))


def _paths(name: str, given: StrPath | Iterable[StrPath]) -> list[StrPath]:
    if isinstance(given, (str, os.PathLike)):
        return [given]
    # Bytes are iterable too, but their items are numbers.
    paths = list(given) if isinstance(given, Iterable) and not isinstance(given, (bytes, bytearray)) else [given]
    for path in paths:
        if not isinstance(path, (str, os.PathLike)):
            raise TypeError(f"{name}: expected a path or paths (str or os.PathLike), got {type(path).__name__}")
    return paths
