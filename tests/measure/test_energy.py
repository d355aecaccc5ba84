"""Energy is a difference of the counter, or a reason; never 0 J."""

import itertools

import pytest

from effprof.measure.energy import measure_energy
from effprof.measure.timers import CpuTimer


def window(readings, batch_size=4, steps=None):
    ticks = itertools.count()
    values = iter(readings)
    return measure_energy(
        step=lambda: steps.append(1) if steps is not None else None,
        timer=CpuTimer(),
        read_joules=lambda: next(values),
        batch_size=batch_size,
        step_seconds=0.1,
        clock=lambda: float(next(ticks)),
    )


def test_energy_of_a_window_counts_its_images():
    steps = []
    energy, reason = window([(100.0, None), (350.0, None)], steps=steps)
    assert reason is None
    assert energy.joules == 250.0
    assert energy.images == 4 * len(steps) > 0
    assert energy.seconds >= 2.0


@pytest.mark.parametrize(
    ("readings", "why"),
    [
        ([(None, "NVML: Not Supported")], "Not Supported"),
        ([(100.0, None), (90.0, None)], "did not advance"),
        ([(100.0, None), (100.0, None)], "did not advance"),
        ([(100.0, None), (None, "GPU is lost")], "GPU is lost"),
    ],
)
def test_a_counter_that_fails_gives_a_reason(readings, why):
    energy, reason = window(readings)
    assert energy is None
    assert why in reason
