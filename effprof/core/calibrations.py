"""How steady the machine itself was in a run, and how fast it was beside another run."""

import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import get_args

from effprof.core.runs import Calibration, Moment, Work

#: How much longer a sentinel may take at one moment of a run than at another before that is worth
#: a word. On a shared machine that did nothing else 95 % of three calibrations in a row lay closer
#: together (`tests/benchmarks/steadiness.py`).
STEADY_DRIFT = 1.2


@dataclass(frozen=True, slots=True)
class Pace:
    """What one neutral sentinel took in a run: seconds of a unit of its work, by moment.

    A moment has the median over all windows that were taken there; a run that was resumed has
    several starts. `drift` is the longest median of one calibration over the shortest, `fastest`
    what the unit took in the best window of all: what the machine can do when it is left alone.
    """

    work: Work
    seconds: Mapping[Moment, float]
    drift: float
    fastest: float

    @property
    def middle(self) -> float:
        """The geometric mean of what it took at the moments, in seconds."""
        return statistics.geometric_mean(self.seconds.values())

    @property
    def is_steady(self) -> bool:
        """Whether it took as long at all moments as it does of a machine that does nothing else."""
        return self.drift <= STEADY_DRIFT


def paces(calibrations: Iterable[Calibration]) -> tuple[Pace, ...]:
    """Give the pace of each sentinel that was timed, in the order of `Work`."""
    taken = tuple(calibrations)
    by_work = {
        work: [each for each in taken if each.work == work and each.seconds]
        for work in get_args(Work)
    }
    return tuple(_pace(work, each) for work, each in by_work.items() if each)


def _pace(work: Work, taken: list[Calibration]) -> Pace:
    medians = [statistics.median(each.seconds) for each in taken]
    at: dict[Moment, float] = {}
    for moment in get_args(Moment):
        windows = [seconds for each in taken if each.moment == moment for seconds in each.seconds]
        if windows:
            at[moment] = statistics.median(windows)
    fastest = min(seconds for each in taken for seconds in each.seconds)
    return Pace(work, at, max(medians) / min(medians), fastest)


def shift(old: Iterable[Calibration], new: Iterable[Calibration]) -> Mapping[Work, float]:
    """Compare the machine in two runs: seconds in the new one over seconds in the old, by work.

    Only what both runs timed is compared; above 1 the machine is slower in the new run.
    """
    before = {pace.work: pace.middle for pace in paces(old)}
    return {
        pace.work: pace.middle / before[pace.work] for pace in paces(new) if pace.work in before
    }


def farthest(shifts: Mapping[Work, float]) -> tuple[Work, float] | None:
    """Give the work whose shift is farthest from 1, with it; None of no work.

    >>> farthest({"square roots": 0.5, "memory copy": 1.2}), farthest({})
    (('square roots', 0.5), None)
    """
    return max(shifts.items(), key=lambda each: abs(math.log(each[1])), default=None)
