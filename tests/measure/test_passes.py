"""A pass that fails after the timing costs its own numbers, with the reason, and nothing else."""

import pytest
import torch

from effprof.core.outcomes import MEMORY_NUMBERS, Measurement
from effprof.core.runs import MeasureOptions
from effprof.device.target import Target
from effprof.measure import cell as cells
from effprof.measure.cell import _energy
from effprof.measure.conditions import GpuWatch
from effprof.measure.memory import MemoryPass
from effprof.measure.passes import attempt
from effprof.measure.steps import BuiltStep
from effprof.measure.timers import CpuTimer
from effprof.sweep import tasks
from tests.measure.test_cell import OPTIONS, cell

CPU = Target("cpu", "this CPU", "asked for")
ILLEGAL = "CUDA error: an illegal memory access was encountered"


def fail(*_):
    raise RuntimeError(f"{ILLEGAL}. Compile with TORCH_USE_CUDA_DSA")


def without_memory(cell, target, options, tell):
    """Measure where the memory pass fails."""
    MemoryPass.measure = fail
    return tasks.measure(cell, target, options, tell)


def without_parts(cell, target, options, tell):
    """Measure where steps cannot be taken apart, nor timed one by one."""
    cells._latency = cells._split = fail
    return tasks.measure(cell, target, options, tell)


@pytest.mark.parametrize(
    ("function", "lost"),
    [
        (without_memory, set(MEMORY_NUMBERS)),
        (
            without_parts,
            {"latency", "forward_seconds", "backward_seconds", "optimizer_seconds"},
        ),
    ],
)
def test_a_pass_that_fails_keeps_the_timing(workers, function, lost):
    done = workers.call(function, cell(mode="train", batch_size=2), CPU, OPTIONS, timeout=120)
    assert isinstance(done, Measurement), done
    assert len(done.timing.throughput) >= OPTIONS.min_samples
    assert {name for name, why in done.missing.items() if why == ILLEGAL} == lost


def test_an_energy_pass_that_fails_gives_the_reason():
    watch = GpuWatch.__new__(GpuWatch)
    step = BuiltStep(fail, (), lambda: torch.zeros(1))
    watch.joules = lambda: (1.0, None)
    assert _energy(step, CpuTimer(), watch, 1, 0.1) == (None, {"energy": ILLEGAL})


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


def test_what_a_pass_returns_is_kept():
    assert attempt(lambda: 3, ("three",)) == (3, {})
