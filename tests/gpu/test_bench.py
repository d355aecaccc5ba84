"""The fixture `effprof` on a GPU sees a delay of known length that a plain clock misses."""

import json

import pytest

pytestmark = pytest.mark.gpu
pytest_plugins = ["pytester"]

#: A kernel of known length: its cycles, and how often the control launches it without waiting
#: (more launches than the queue of the device holds would wait after all).
MODULE = """
import torch

CYCLES = 5_000_000
LAUNCHES = 50

def sleep(x):
    torch.cuda._sleep(CYCLES)
    return x

def known_seconds():
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    sleep(None)
    start.record()
    sleep(None)
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end) / 1e3

def test_waited_for(effprof, benchmark):
    known = known_seconds()
    effprof(sleep, effprof.randn(1))
    benchmark.extra_info["known"] = known

def test_control(benchmark):
    known = known_seconds()
    benchmark.pedantic(sleep, args=(None,), rounds=LAUNCHES)
    torch.cuda.synchronize()
    benchmark.extra_info["known"] = known
"""


@pytest.fixture
def benchmarks(pytester, target):
    """Time the kernel in a process of its own: this one must not initialise CUDA."""
    pytester.makepyfile(MODULE)
    result = pytester.runpytest_subprocess("--effprof-device=cuda", "--benchmark-json=out.json")
    result.assert_outcomes(passed=2)
    document = json.loads((pytester.path / "out.json").read_text())
    return {each["name"]: each for each in document["benchmarks"]}


def test_a_known_delay_is_seen_and_the_control_misses_it(benchmarks):
    waited, control = benchmarks["test_waited_for"], benchmarks["test_control"]
    known = waited["extra_info"]["known"]
    # Launching and waiting add some ten microseconds to milliseconds; clocks drift a little.
    assert waited["stats"]["median"] == pytest.approx(known, rel=0.05)
    assert control["stats"]["median"] < control["extra_info"]["known"] / 10


def test_the_gpu_is_named(benchmarks):
    extra = benchmarks["test_waited_for"]["extra_info"]
    assert extra["device"] == "cuda:0"
    assert extra["settings"]["cudnn.allow_tf32"] == "False"
    assert extra["conditions"]["cpu_share"] is None
