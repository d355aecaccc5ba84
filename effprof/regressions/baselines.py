"""The fast path: how far one night is from the level that its series had before."""

from dataclasses import dataclass

import numpy as np

from effprof.regressions.levels import Levels
from effprof.regressions.packing import last_places, medians, sigmas
from effprof.regressions.policies import (
    BASELINE_NIGHTS,
    CONFIRMING_CHANGE,
    CONFIRMING_SIGMAS,
    FAST_CHANGE,
    FAST_SIGMAS,
    LEAST_SIGMA,
    MIN_NIGHTS,
    MIN_SEGMENT,
)
from effprof.regressions.series import Bools, Floats, Ints

#: Variance of a median over that of a mean, for normal values.
_MEDIAN_VARIANCE = np.pi / 2

#: Variance of a standard deviation over that of a median absolute deviation, for normal values
#: (Rousseeuw and Croux 1993, doi:10.1080/01621459.1993.10476408).
_MAD_EFFICIENCY = 0.37

#: A median absolute deviation of n values is too small by about this over n (Croux and
#: Rousseeuw 1992, doi:10.1007/978-3-662-26811-7_58).
_MAD_SHORTFALL = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """The level of each series before a night: logarithms, one per series.

    `sigma` is the standard deviation of a night, `level_nights` the nights that `level` is the
    median of, `earlier` all nights with a value before.
    """

    level: Floats
    sigma: Floats
    level_nights: Ints
    earlier: Ints

    @property
    def freedom(self) -> Floats:
        """Degrees of freedom of `sigma`: those of a standard deviation as uncertain as it is."""
        nights = np.minimum(self.earlier, BASELINE_NIGHTS)
        return np.maximum(_MAD_EFFICIENCY * (nights - 1), 1.0)

    @property
    def told(self) -> Bools:
        """Where there are nights enough to judge the next one."""
        told: Bools = (self.earlier + 1 >= MIN_NIGHTS) & (self.level_nights >= MIN_SEGMENT)
        return told

    def score(self, logs: Floats, takes: int = 1) -> Floats:
        """Tell how many standard deviations a night's logarithms are from the level; NaN if untold.

        `logs` are means of as many takes; the uncertainty of the level itself counts too.
        """
        level_variance = _MEDIAN_VARIANCE / np.maximum(self.level_nights, 1)
        error = self.sigma * np.sqrt(1 / takes + level_variance)
        return np.where(self.told, (logs - self.level) / error, np.nan)

    def suspect(self, logs: Floats) -> Bools:
        """Tell which values of a night are so far off that they should be taken again."""
        return _beyond(self.score(logs), logs - self.level, FAST_SIGMAS, FAST_CHANGE)

    def confirmed(self, first: Floats, again: Floats) -> Bools:
        """Tell which suspects moved: the values taken again lie on the same side, beyond chance."""
        same_side = np.sign(first - self.level) == np.sign(again - self.level)
        change = again - self.level
        moved = _beyond(self.score(again), change, CONFIRMING_SIGMAS, CONFIRMING_CHANGE)
        confirmed: Bools = self.suspect(first) & same_side & moved
        return confirmed


def baseline(levels: Levels, night: int) -> Baseline:
    """Find the level of each series on the nights before `night`."""
    packed = levels.packed
    stop = packed.place_of(np.full(len(packed.count), night))
    start = levels.starts(stop)
    nights = np.minimum(stop - start, BASELINE_NIGHTS)
    window = last_places(packed.logs, stop, BASELINE_NIGHTS)
    age = BASELINE_NIGHTS - np.arange(BASELINE_NIGHTS)
    level = medians(np.where(age <= nights[:, None], window, np.nan))
    rest = last_places(levels.residuals, stop, BASELINE_NIGHTS)
    size = np.minimum(stop, BASELINE_NIGHTS)
    sigma = sigmas(rest) * size / np.maximum(size - _MAD_SHORTFALL, 1)
    return Baseline(level, np.fmax(sigma, LEAST_SIGMA), nights, stop)


def _beyond(score: Floats, change: Floats, least_sigmas: float, least_change: float) -> Bools:
    beyond: Bools = (np.abs(score) > least_sigmas) & (np.abs(np.expm1(change)) > least_change)
    return beyond
