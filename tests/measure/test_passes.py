"""A pass that fails after the timing costs its own numbers, with the reason, and nothing else."""

import pytest

from effprof.core.outcomes import MEMORY_NUMBERS, Measurement
from effprof.core.runs import MeasureOptions
from effprof.device.target import Target
from effprof.measure import cell as cells
from effprof.measure.memory import MemoryPass
from effprof.measure.passes import Attempts
from effprof.sweep import tasks
from tests.measure.test_cell import OPTIONS, cell

CPU = Target("cpu", "this CPU", "asked for")
ILLEGAL = "CUDA error: an illegal memory access was encountered"


def fail(*_):
    raise RuntimeError(f"{ILLEGAL}. Compile with TORCH_USE_CUDA_DSA")


def refuse(*_):
    raise ValueError("not today")


def without_memory(cell, target, options, tell):
    """Measure where the memory pass fails."""
    MemoryPass.measure = refuse
    return tasks.measure(cell, target, options, tell)


def without_parts(cell, target, options, tell):
    """Measure where steps cannot be taken apart, nor timed one by one."""
    cells._latency = cells._split = refuse
    return tasks.measure(cell, target, options, tell)


def without_device(cell, target, options, tell):
    """Measure where the device is gone after the timing."""
    cells._latency = fail
    return tasks.measure(cell, target, options, tell)


PARTS = {"forward_seconds", "backward_seconds", "optimizer_seconds"}


@pytest.mark.parametrize(
    ("function", "why", "lost"),
    [
        (without_memory, "ValueError: not today", set(MEMORY_NUMBERS)),
        (without_parts, "ValueError: not today", {"latency"} | PARTS),
        (without_device, ILLEGAL, {"latency", "energy"} | PARTS | set(MEMORY_NUMBERS)),
    ],
)
def test_a_pass_that_fails_keeps_the_timing(workers, function, why, lost):
    done = workers.call(function, cell(mode="train", batch_size=2), CPU, OPTIONS, timeout=120)
    assert isinstance(done, Measurement), done
    assert len(done.timing.throughput) >= OPTIONS.min_samples
    assert {name for name, reason in done.missing.items() if reason == why} == lost
    told = f"CUDA failed after the timing: {ILLEGAL}"
    assert (told in done.notes) == (function is without_device)


def test_after_an_error_of_cuda_no_pass_is_taken():
    attempts = Attempts()
    assert attempts.take(fail, ("latency",)) == (None, {"latency": ILLEGAL})
    assert attempts.gone.kind == "cuda_error"
    assert attempts.take(pytest.fail, ("energy", "profile")) == (
        None,
        {"energy": ILLEGAL, "profile": ILLEGAL},
    )


def test_another_failure_leaves_the_later_passes():
    attempts = Attempts()
    assert attempts.take(lambda: 1 // 0, ("energy",))[1]["energy"].startswith("ZeroDivisionError")
    assert attempts.take(lambda: 3, ("profile",)) == (3, {})
    assert attempts.gone is None


@pytest.mark.parametrize(
    ("options", "index", "profiled", "energy"),
    [
        (MeasureOptions(profile=True), 4, True, None),
        (MeasureOptions(profile=True, profile_repeats=1, energy_repeats=2), 0, True, None),
        (MeasureOptions(profile=True, profile_repeats=1, energy_repeats=2), 1, False, None),
        (MeasureOptions(profile=True, profile_repeats=1, energy_repeats=2), 2, False, 0),
        (MeasureOptions(profile=False, profile_repeats=1), 0, False, None),
    ],
)
def test_a_repeat_takes_the_passes_that_it_is_asked_for(options, index, profiled, energy):
    own = options.of_repeat(index)
    assert (own.profile, own.energy_repeats) == (profiled, energy)


def test_energy_that_a_repeat_does_not_measure_is_missing_with_the_reason(workers):
    options = MeasureOptions(
        target_width=0.5, min_seconds=0.05, warmup_seconds=0.01, allow_busy=True, energy_repeats=0
    )
    done = workers.call(tasks.measure, cell(), CPU, options, timeout=120)
    assert done.missing["energy"] == "measured in the first repeats of a cell only"
