"""What many tests share: the installed command, and real workers."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from effprof.sweep.workers import Workers

# Workers import what tests hand them from the package `tests`. At the end of the path, so that an
# installed effprof comes first and tests of a wheel test the wheel.
sys.path.append(str(Path(__file__).resolve().parents[1]))

#: Seconds after which an installed command is taken to hang.
COMMAND_TIMEOUT = 300

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def effprof(tmp_path: Path) -> Command:
    """Run the installed `effprof` in a folder of its own, with a store of its own."""
    binary = Path(sys.executable).parent / "effprof"
    assert binary.exists(), "install the project first: pip install -e '.[test]'"

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(binary), *arguments],
            cwd=tmp_path,
            env=os.environ | {"EFFPROF_STORE": str(tmp_path / "store.sqlite")} | environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def workers() -> Workers:
    """A fork server with torch loaded, shared by the session."""
    server = Workers()
    server.start()
    return server
