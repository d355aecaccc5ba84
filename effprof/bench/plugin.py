"""The pytest fixture `effprof`: pytest-benchmark for operators, on the device you name.

Every pytest session of an environment that holds effprof loads this module, so heavy libraries are
imported by the fixtures that use them.
"""

import re
import shlex
from argparse import ArgumentTypeError
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from effprof.core.formats import BENCHMARK

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from effprof.bench.fixture import Bench, Session
    from effprof.device.target import Target

_DEVICE = re.compile(r"cpu|cuda(:\d+)?")
_NO_BENCHMARK = "the fixture effprof needs pytest-benchmark: pip install 'effprof[bench]'"
_SESSION: "pytest.StashKey[Session]" = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the fixture."""
    group = parser.getgroup("effprof", "benchmarks with the fixture effprof")
    group.addoption(
        "--effprof-device",
        type=_device,
        default="cpu",
        metavar="cpu|cuda[:N]",
        help="Device of the benchmarks. Default: cpu.",
    )
    group.addoption(
        "--effprof-threads",
        type=_count,
        default=1,
        metavar="N",
        help="CPU threads of torch. Default: 1.",
    )
    group.addoption(
        "--effprof-batch-size",
        type=_count,
        default=1,
        metavar="N",
        help="Images per call, for benchmarks that ask effprof.batch_size. Default: 1.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Say what is missing where pytest-benchmark is not there."""
    if not config.pluginmanager.hasplugin("benchmark"):
        config.pluginmanager.register(_WithoutBenchmark(), "effprof-without-benchmark")


class _WithoutBenchmark:
    @pytest.fixture
    def benchmark(self) -> None:
        pytest.fail(_NO_BENCHMARK, pytrace=False)


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_update_json(config: pytest.Config, output_json: dict[str, Any]) -> None:
    """Add what `effprof import` needs to know of the machine and the session."""
    session = config.stash.get(_SESSION, None)
    if session is not None:
        output_json["effprof"] = {
            "command": shlex.join(["pytest", *config.invocation_params.args]),
            "started_at": session.started_at,
            "device": session.target.line,
            "fingerprint": asdict(session.fingerprint),
        }


@pytest.fixture(scope="session")
def _effprof_session(pytestconfig: pytest.Config) -> "Session":
    """Find the device asked for, once; never another one."""
    import torch

    from effprof.bench.fixture import Session
    from effprof.device.fingerprint import take_fingerprint
    from effprof.device.nvml import Nvml
    from effprof.measure.calls import waiting_clock

    started_at = datetime.now(UTC).isoformat(timespec="seconds")
    target = _find_target(pytestconfig.getoption("--effprof-device"))
    device = torch.device(target.torch_name)
    seen = take_fingerprint(target, Nvml())
    session = Session(
        target=target,
        device=device,
        clock=waiting_clock(device),
        # Another way of timing than that of a sweep: the two are not compared.
        fingerprint=replace(seen, gating=seen.gating | {"method": BENCHMARK.method}),
        started_at=started_at,
    )
    pytestconfig.stash[_SESSION] = session
    return session


@pytest.fixture
def _effprof_clock(request: pytest.FixtureRequest, _effprof_session: "Session") -> None:
    """Have pytest-benchmark read the clock that waits; what the test says otherwise is kept."""
    marker = request.node.get_closest_marker("benchmark")
    options = {"timer": _effprof_session.clock} | (marker.kwargs if marker else {})
    request.node.add_marker(pytest.mark.benchmark(**options), append=False)


@pytest.fixture
def effprof(
    pytestconfig: pytest.Config,
    _effprof_session: "Session",
    _effprof_clock: None,
    benchmark: "BenchmarkFixture",
) -> Iterator["Bench"]:
    """Time one call of a function on the device of `--effprof-device`: `effprof(silu, x)`."""
    from effprof.bench.fixture import Bench
    from effprof.measure.calls import settled

    threads = pytestconfig.getoption("--effprof-threads")
    with settled(threads, "fp32") as settings:
        yield Bench(
            session=_effprof_session,
            batch_size=pytestconfig.getoption("--effprof-batch-size"),
            threads=threads,
            settings=settings,
            _benchmark=benchmark,
        )


def _device(text: str) -> str:
    if not _DEVICE.fullmatch(text):
        raise ArgumentTypeError(f"{text!r} is not cpu, cuda or cuda:N")
    return text


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)


def _find_target(name: str) -> "Target":
    from effprof.device.machine import read_cpu
    from effprof.device.target import Target, find_gpus

    if name == "cpu":
        return Target("cpu", read_cpu().name, "asked for")
    found = find_gpus()
    index = int(name.partition(":")[2] or 0)
    if index < len(found.gpus):
        return found.gpus[index]
    there = "; ".join(target.line for target in found.gpus)
    reason = f"there are: {there}" if there else found.reason
    pytest.fail(f"--effprof-device {name}: no such GPU; {reason}", pytrace=False)
