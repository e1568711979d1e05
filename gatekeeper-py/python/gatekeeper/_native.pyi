"""The native half: documents come as JSON text. Use the functions of the package."""

import os
from collections.abc import Callable, Sequence

from .documents import PolicyProblem

__all__ = [
    "GatekeeperError",
    "ParseError",
    "PolicyError",
    "__version__",
    "check_rendered",
    "diff",
    "formats",
    "inspect",
    "inspect_bytes",
    "render",
    "rollout_next",
    "rules",
    "run",
    "snapshot",
    "verify",
]

__version__: str

_Delivery = tuple[str | None, str | None, str | None, str | None]
_Rule = tuple[str, str | None, Sequence[tuple[str, str | None]] | None, str | None, Callable[[str, str], str]]

class GatekeeperError(Exception):
    code: str
    message: str
    file: str | None
    line: int | None
    column: int | None
    problems: list[PolicyProblem]
    rendered: str | None

class PolicyError(GatekeeperError): ...
class ParseError(GatekeeperError): ...

def check_rendered(
    outputs: Sequence[str],
    paths: Sequence[str | os.PathLike[str]],
    config: str | os.PathLike[str] | None,
    root: str | os.PathLike[str] | None,
    profile: str | None,
    now: str | None,
    max_bytes: int | None,
    fail_on_warn: bool,
    change: tuple[bytes | None, str | None, str | None, bool, bytes | None],
    delivery: _Delivery,
    earlier: tuple[str | os.PathLike[str] | None, Sequence[str | os.PathLike[str]]],
    rules: Sequence[_Rule],
) -> list[str]: ...
def snapshot(
    paths: Sequence[str | os.PathLike[str]],
    config: str | os.PathLike[str] | None,
    root: str | os.PathLike[str] | None,
    profile: str | None,
    now: str | None,
    max_bytes: int | None,
    commit: str | None,
    tree: str | None,
    delivery: _Delivery,
    rules: Sequence[_Rule],
) -> str: ...
def inspect(
    files: Sequence[str | os.PathLike[str]], read_as: str | None, validate: bool, max_bytes: int | None
) -> str: ...
def inspect_bytes(name: str, data: bytes, read_as: str | None, validate: bool, max_bytes: int | None) -> str: ...
def verify(
    verdict: str,
    commit: str | None,
    tree: str | None,
    config: str | os.PathLike[str] | None,
    evidence: str | os.PathLike[str] | None,
) -> str: ...
def render(outputs: Sequence[str], verdict: str) -> list[str]: ...
def diff(before: str, after: str) -> str: ...
def rollout_next(verdict: str, current: str, config: str | os.PathLike[str] | None) -> str: ...
def formats() -> str: ...
def rules(rules: Sequence[_Rule]) -> str: ...
def run(argv: Sequence[str | os.PathLike[str]], rules: Sequence[_Rule]) -> int: ...
