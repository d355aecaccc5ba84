"""How long a sweep will take: a guess from FLOPs before it starts, from its own pace later."""

from collections.abc import Iterable

from effprof.core.cells import Cell, loader_workers
from effprof.core.costs import StaticCost
from effprof.core.runs import MeasureOptions

#: FLOP/s that an unknown device of each kind is assumed to reach on such networks, per CPU thread
#: (the probe: 25-60 GFLOP/s on one core) or per GPU; only the plan's estimate rests on it.
ASSUMED_FLOPS_PER_SECOND = {"cpu": 40e9, "cuda": 8e12}

#: Seconds to start a worker, build the model and collect the result.
ASSUMED_OVERHEAD_SECONDS = {"cpu": 1.0, "cuda": 4.0}

#: Seconds that a step takes at least: launching a few hundred operators.
SHORTEST_STEP_SECONDS = 0.003

#: Seconds in which one process decodes, resizes and normalises a JPEG file (measured: 4.3 ms).
JPEG_SECONDS = 0.005

#: Seconds in which the files are written (measured: 1.4 s for 64).
WRITING_SECONDS = 2.0

#: Steps of the memory pass, the latency pass and the first step, beside warm-up and samples.
EXTRA_STEPS = 3

#: The profile pass: seconds of steps it aims at, and the fewest steps it takes (with its warm-up).
PROFILE_SECONDS = 2.0
PROFILE_STEPS = 4


def estimate_seconds(
    cell: Cell, cost: StaticCost | None, device_kind: str, options: MeasureOptions
) -> float:
    """Guess the seconds that one repeat of a cell takes on an unknown device of its kind.

    Without a static cost the shortest step is assumed.
    """
    rate = ASSUMED_FLOPS_PER_SECOND[device_kind]
    if device_kind == "cpu":
        rate *= cell.threads
    flops = cost.total.flops if cost is not None else 0
    step = max(SHORTEST_STEP_SECONDS, flops / rate)
    other = EXTRA_STEPS * step + ASSUMED_OVERHEAD_SECONDS[device_kind]
    profile = max(PROFILE_SECONDS, PROFILE_STEPS * step) if options.profile else 0.0
    sample = step
    if workers := loader_workers(cell.loader):
        # Fed steps are sampled by rounds, in which each process decodes a batch; none is profiled.
        sample = max(step * workers, cell.batch_size * JPEG_SECONDS)
        other += WRITING_SECONDS
        profile = 0.0
    warm_up = max(options.warmup_seconds, options.warmup_steps * sample)
    timing = max(options.min_seconds, options.min_samples * sample)
    timing = min(timing, max(options.time_cap_seconds, sample))
    return warm_up + timing + profile + other


class Pace:
    """The time left of a sweep: guesses, corrected by how the guesses did so far."""

    def __init__(self, guesses: Iterable[float]) -> None:
        """`guesses` are the estimated seconds of the pending repeats, in order."""
        self._pending = list(guesses)
        self._guessed = 0.0
        self._spent = 0.0

    def done(self, seconds: float) -> None:
        """Note that the next pending repeat took `seconds`."""
        self._guessed += self._pending.pop(0)
        self._spent += seconds

    @property
    def seconds_left(self) -> float:
        """Estimated seconds for what is still pending."""
        factor = self._spent / self._guessed if self._guessed else 1.0
        return sum(self._pending) * factor
