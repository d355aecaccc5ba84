"""The energy pass: what the device drew over seconds of steps, by its own counter."""

import time
from collections.abc import Callable

from effprof.core.outcomes import Energy
from effprof.measure.loop import batch_steps
from effprof.measure.timers import Step, Timer

#: NVML's counter is updated about every 100 ms: two seconds keep that error below 5 %.
WINDOW_SECONDS = 2.0

ReadJoules = Callable[[], tuple[float | None, str | None]]


def measure_energy(
    step: Step,
    timer: Timer,
    read_joules: ReadJoules,
    batch_size: int,
    step_seconds: float,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[Energy | None, str | None]:
    """Step for a window of seconds between two readings of the energy counter.

    `read_joules` returns (joules, reason why not). Returns (energy, reason why not): a counter
    that is missing or goes backwards gives a reason, never 0 J.
    """
    before, reason = read_joules()
    if before is None:
        return None, reason
    start, steps = clock(), 0
    while clock() - start < WINDOW_SECONDS:
        count = batch_steps(step_seconds)
        timer.throughput(step, count)
        steps += count
    seconds = clock() - start
    after, reason = read_joules()
    if after is None:
        return None, reason
    if after <= before:
        return None, "the energy counter did not advance"
    return Energy(after - before, seconds, steps * batch_size), None
