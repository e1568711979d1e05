"""Where things are."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def fixtures() -> Path:
    return ROOT / "fixtures"


@pytest.fixture(scope="session")
def cli():
    """Runs the native program (GATEKEEPER_BIN, or the release build) and gives what it printed."""
    program = Path(os.environ.get("GATEKEEPER_BIN", ROOT / "target/release/gatekeeper"))
    assert program.exists(), f"{program}: build it with `cargo build --release`, or set GATEKEEPER_BIN"
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "CI_"))}
    # The command line asks git which commit it judges, and the package is told: without git both know as much.
    environment["PATH"] = ""

    def run(*arguments, cwd):
        done = subprocess.run([program, *arguments], cwd=cwd, env=environment, capture_output=True, timeout=300)
        return done.stdout.decode()

    return run
