"""One metric of one cell in two runs: their ratio, its interval, and what repeats would tell."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import special

from effprof.analysis.statistics import CONFIDENCE
from effprof.analysis.student import student_quantile, student_tail
from effprof.core.estimates import Estimate
from effprof.regressions.ranks import ALPHA, repeats_needed

#: Probability with which the true spread of processes is below the one that is planned with.
PLANNING_CONFIDENCE = 0.8

#: Repeats of a run above which no number is given: nobody measures so many.
MOST_REPEATS = 40


@dataclass(frozen=True, slots=True)
class RunRatio:
    """The ratio of two runs, new over old, in one metric of one cell, as a logarithm.

    `spreads` are the standard deviations of the logarithms of both runs' processes, `n` their
    numbers. `run` is the standard error of what whole runs differ by, with `run_freedom`.
    """

    log: float
    spreads: tuple[float, float]
    n: tuple[int, int]
    run: float = 0.0
    run_freedom: float = math.inf

    @property
    def estimate(self) -> Estimate:
        """The ratio with its interval; bare where a side has one process, whose spread is unknown.

        Welch's t on the logarithms, and the run's own error added to its variance.
        """
        value, n = math.exp(self.log), min(self.n)
        if n < 2:
            return Estimate.bare(value, n)
        half = self._half(self._parts(), CONFIDENCE)
        low, high = math.exp(self.log - half), math.exp(self.log + half)
        return Estimate(value, low, high, "two runs" if self.run else "welch", n)

    @property
    def error(self) -> float:
        """The standard error of the logarithm by its processes alone."""
        return math.sqrt(math.fsum(variance for variance, _ in self._parts()[:2]))

    @property
    def p(self) -> float | None:
        """The two-sided p value of the interval: the ratio is one, or not; None without one."""
        if min(self.n) < 2:
            return None
        error, freedom = _combined(self._parts())
        if not error:  # no spread at all: t would divide by zero
            return 1.0 if self.log == 0 else 0.0
        return 2 * student_tail(abs(self.log) / error, freedom)

    def beside(self, log: float, error: float, freedom: float, common: bool = False) -> Estimate:
        """Give the ratio over another one that all cells share, whose logarithm has an error.

        What whole runs differ by is in both, where it is `common`, and drops out.
        """
        value, n = self.log - log, min(self.n)
        if n < 2:
            return Estimate.bare(math.exp(value), n)
        parts = [*self._parts()[: 2 if common else 3], (error**2, freedom)]
        half = self._half(parts, CONFIDENCE)
        low, high = math.exp(value - half), math.exp(value + half)
        return Estimate(math.exp(value), low, high, "two runs", n)

    def repeats_to_tell(self, smallest: float, cells: int) -> float:
        """Count the repeats of each run that would tell a change from none, if it stays as it is.

        The spread of processes is taken at its upper limit of `PLANNING_CONFIDENCE`, the change is
        to be certain among `cells`, or within `smallest` as a whole. One more than `MOST_REPEATS`
        stands for all beyond, infinity for no number at all, because runs lie too far apart.
        """
        counts = range(max(2, min(self.n) + 1), MOST_REPEATS + 1)
        found = next((n for n in counts if self._tells(self._at(n), n, smallest, cells)), None)
        if found is not None:
            return found
        endless = [(self.run**2, self.run_freedom)]
        told = self._tells(endless, MOST_REPEATS, smallest, cells)
        return MOST_REPEATS + 1 if told else math.inf

    def _tells(
        self, parts: Sequence[tuple[float, float]], n: int, smallest: float, cells: int
    ) -> bool:
        far, least = abs(self.log), math.log1p(smallest)
        if far < least:
            return self._half(parts, CONFIDENCE) <= least - far
        certain = self._half(parts, 1 - ALPHA / cells) < far
        return certain and n >= repeats_needed()

    def _parts(self) -> list[tuple[float, float]]:
        """Give the variances, each with its degrees of freedom; that of whole runs comes last."""
        sides = [(spread**2 / n, n - 1.0) for spread, n in zip(self.spreads, self.n, strict=True)]
        return [*sides, (self.run**2, self.run_freedom)]

    def _at(self, n: int) -> list[tuple[float, float]]:
        """Give the parts that so many repeats would leave, at the upper limit of the spread."""
        freedom = sum(self.n) - 2
        room = (
            freedom / float(special.chdtri(freedom, PLANNING_CONFIDENCE)) if freedom else math.inf
        )
        sides = [(room * spread**2 / n, n - 1.0) for spread in self.spreads]
        return [*sides, (self.run**2, self.run_freedom)]

    @staticmethod
    def _half(parts: Sequence[tuple[float, float]], confidence: float) -> float:
        error, freedom = _combined(parts)
        return student_quantile((1 + confidence) / 2, freedom) * error if error else 0.0


def run_ratio(
    old: Sequence[float], new: Sequence[float], run: float = 0.0, run_freedom: float = math.inf
) -> RunRatio:
    """Compare the processes of two runs: all values are positive, one for each process.

    `run` is the relative standard error of the ratio that whole runs of the machine add.
    """
    before, after = ([math.log(value) for value in side] for side in (old, new))
    log = statistics.fmean(after) - statistics.fmean(before)
    spreads = tuple(statistics.stdev(side) if len(side) > 1 else 0.0 for side in (before, after))
    return RunRatio(log, (spreads[0], spreads[1]), (len(old), len(new)), run, run_freedom)


def _combined(parts: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Add variances; degrees of freedom after Welch and Satterthwaite."""
    variance = math.fsum(each for each, _ in parts)
    pooled = math.fsum(each**2 / freedom for each, freedom in parts if each)
    return math.sqrt(variance), variance**2 / pooled if pooled else math.inf
