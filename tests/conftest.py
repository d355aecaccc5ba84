"""What many tests share: the installed command, real workers, and the machine they run on."""

import os
import subprocess
import sys
from collections.abc import Callable, Generator, Hashable
from pathlib import Path

import pytest
from hypothesis import settings

from effprof.cli.main import main
from effprof.core.runs import Peak
from effprof.sweep import engine
from effprof.sweep.workers import Workers

# Workers import what tests hand them from the package `tests`. At the end of the path, so that an
# installed effprof comes first and tests of a wheel test the wheel.
sys.path.append(str(Path(__file__).resolve().parents[1]))

from tests.alone import Machine

# Before torch is loaded, and for whatever tests start: several processes share the cores, where
# threads that wait for each other would only be in the way.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# How long an example takes says nothing on a machine that others use too.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")

#: Seconds after which an installed command is taken to hang.
COMMAND_TIMEOUT = 300

Command = Callable[..., subprocess.CompletedProcess[str]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long tests first, and last those that need the machine for themselves.

    So nobody waits for the others at the end, and for the quiet ones only there.
    """
    items.sort(key=lambda item: (_is_quiet(item), item.get_closest_marker("slow") is None))


def _is_quiet(item: pytest.Item) -> bool:
    return item.get_closest_marker("quiet") is not None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Run a test beside others, or alone where it is marked `quiet`."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return (yield)
    # The folders of all workers are in that of their session.
    machine = Machine(Path(item.config.getoption("basetemp")).parent)
    with machine.turn(alone=_is_quiet(item)):
        return (yield)


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep sentences of answers on one line; tests of widths say theirs."""
    monkeypatch.setenv("COLUMNS", "1000")


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


#: The peaks of this machine, by what was asked for.
_PEAKS: dict[Hashable, list[Peak]] = {}


@pytest.fixture
def known_peaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure the peaks of the machine once for all sweeps of this process: 4.5 s of each."""
    measured = engine._peaks

    def known(plan: engine.Plan, *others: object) -> list[Peak]:
        asked = plan.target, frozenset((c.precision, c.threads) for c in plan.invocation.cells)
        if not _PEAKS.get(asked):
            _PEAKS[asked] = measured(plan, *others)
        return _PEAKS[asked]

    monkeypatch.setattr(engine, "_peaks", known)


@pytest.fixture
def here(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    known_peaks: None,
) -> Command:
    """Run `effprof` in this process, whose fork server has torch loaded already.

    Sweeps are real, save that the peaks are those of an earlier one. The installed command loads
    torch anew, for six seconds: it is for signals, processes and environments.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EFFPROF_STORE", str(tmp_path / "store.sqlite"))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["effprof", *arguments])
        with pytest.raises(SystemExit) as exited:
            main()
        return subprocess.CompletedProcess(arguments, exited.value.code or 0, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def workers() -> Workers:
    """A fork server with torch loaded, shared by the session."""
    server = Workers()
    server.start()
    return server
