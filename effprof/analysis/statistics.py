"""Estimates and 95 % intervals of step times and of their ratios.

The unit of every interval is the median of one fresh process: probing showed more spread between
processes than within one, so samples of one process are not independent evidence. Process medians
are positive and their noise is relative, hence logarithms: the estimate is their geometric mean,
the interval Student's t. With that choice a ratio of two estimates is the estimate of the ratio.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from effprof.analysis.student import student_quantile
from effprof.core import intervals
from effprof.core.estimates import Estimate, Method

Samples = Sequence[float]
RepeatKey = TypeVar("RepeatKey", bound=Hashable)

#: Probability that an interval covers the true value.
CONFIDENCE = 0.95

#: Pairs from which on ratios are taken pair by pair. Two leave one degree of freedom, where
#: Student's t is 12.7: more than pairing can win.
MIN_PAIRED = 3


@dataclass(frozen=True, slots=True)
class _Mean:
    """A mean of `n` logarithms with its standard error and degrees of freedom."""

    value: float
    error: float
    freedom: float
    n: int

    def estimate(self, method: Method) -> Estimate:
        half = student_quantile((1 + CONFIDENCE) / 2, self.freedom) * self.error
        low, high = math.exp(self.value - half), math.exp(self.value + half)
        return Estimate(math.exp(self.value), low, high, method, self.n)


def step_interval(processes: Sequence[Samples]) -> Estimate:
    """Estimate the median step time of a cell from the samples of each process, in seconds.

    Two processes or more: geometric mean of the process medians with Student's t interval of
    their logarithms (n - 1 degrees of freedom). One process: the median of its samples with the
    interval of its order statistics.
    """
    if len(processes) == 1:
        return median_interval(processes[0])
    return _mean_of([math.log(median(samples)) for samples in processes]).estimate("student")


def next_run_interval(processes: Sequence[Samples], deviation: float, freedom: float) -> Estimate:
    """Estimate the median step time as `step_interval` does, for whoever measures it again.

    The interval should hold what another run on the same machine finds: both runs are off by what
    their processes tell, and by a number that whole runs have in common. `deviation` is the
    standard deviation of its logarithm, with `freedom` degrees of freedom. Student's t; degrees of
    freedom after Satterthwaite. One process does not tell how far another one would be off, so that
    there the interval knows nothing of that. What this run leaves open the next one cannot be more
    certain of: the interval holds that of `step_interval`.
    """
    logs = [math.log(median(samples)) for samples in processes]
    own = _mean_of(logs) if len(logs) > 1 else _Mean(logs[0], 0.0, math.inf, 1)
    variance = own.error**2 + deviation**2
    pooled = own.error**4 / own.freedom + deviation**4 / freedom
    following = _Mean(own.value, math.sqrt(2 * variance), variance**2 / pooled, own.n)
    found, within = following.estimate("next run"), step_interval(processes)
    if not within.bounded:
        return found
    return replace(found, low=min(found.low, within.low), high=max(found.high, within.high))


def median_interval(samples: Samples) -> Estimate:
    """Estimate the median of independent samples of one process, free of any distribution.

    Its ends are order statistics; fewer than six samples hold no 95 % interval.
    """
    ends = intervals.median_interval(samples)
    if ends is None:
        return Estimate.bare(median(samples), 1)
    return Estimate(median(samples), *ends, "order statistic", 1)


def ratio_interval(
    above: Mapping[RepeatKey, Samples], below: Mapping[RepeatKey, Samples]
) -> Estimate:
    """Estimate the ratio of two cells' step times; the keys name repeats: run and index.

    Repeats are interleaved over the sweep, so those of one key shared the machine's state:
    with `MIN_PAIRED` common keys their ratios are taken pair by pair (Student's t on the
    logarithms). Otherwise Welch's unpaired interval on the logarithms, with two processes on each
    side; otherwise the two single intervals are combined (MOVER: Zou and Donner 2008,
    doi:10.1002/sim.3095). `n` counts pairs, or the processes of the side that has fewer.
    """
    common = [key for key in above if key in below]
    if len(common) >= MIN_PAIRED:
        logs = [math.log(median(above[i]) / median(below[i])) for i in common]
        return _mean_of(logs).estimate("paired")
    if min(len(above), len(below)) > 1:
        return _welch(above, below).estimate("welch")
    return _combined(step_interval(list(above.values())), step_interval(list(below.values())))


def mean_ratio(ratios: Sequence[float]) -> Estimate:
    """Estimate a positive ratio from those of several rounds, or what a network has in each.

    Their geometric mean with Student's t interval of their logarithms, so that estimates of several
    ratios over the same rounds multiply as those of each round do. Fewer rounds than `MIN_PAIRED`
    give no interval: there is no second sample that Welch's could take.
    """
    if len(ratios) < MIN_PAIRED:
        return Estimate.bare(geometric_mean(ratios), len(ratios))
    return _mean_of(list(map(math.log, ratios))).estimate("paired")


def over_runs(ratios: Sequence[float]) -> Estimate:
    """Estimate a positive ratio from those that several runs of one machine found, two at least.

    Their geometric mean with Student's t interval of their logarithms: it knows how far whole runs
    lie apart, which the processes of one run do not tell.
    """
    return _mean_of(list(map(math.log, ratios))).estimate("over runs")


def median(samples: Samples) -> float:
    """Take the median of one process's samples."""
    return float(np.median(np.asarray(samples, dtype=float)))


def geometric_mean(values: Sequence[float]) -> float:
    """Geometric mean of positive values."""
    return math.exp(math.fsum(map(math.log, values)) / len(values))


def _mean_of(logs: Sequence[float]) -> _Mean:
    n = len(logs)
    return _Mean(float(np.mean(logs)), float(np.std(logs, ddof=1)) / math.sqrt(n), n - 1, n)


def _welch(above: Mapping[RepeatKey, Samples], below: Mapping[RepeatKey, Samples]) -> _Mean:
    """Difference of two means of logarithms; Welch-Satterthwaite degrees of freedom."""
    one, two = (
        _mean_of([math.log(median(samples)) for samples in side.values()])
        for side in (above, below)
    )
    variance = one.error**2 + two.error**2
    pooled = one.error**4 / one.freedom + two.error**4 / two.freedom
    freedom = variance**2 / pooled if pooled else one.freedom + two.freedom
    return _Mean(one.value - two.value, math.sqrt(variance), freedom, min(one.n, two.n))


def _combined(one: Estimate, two: Estimate) -> Estimate:
    value, n = math.log(one.value / two.value), min(one.n, two.n)
    down = math.hypot(math.log(one.value / one.low), math.log(two.high / two.value))
    up = math.hypot(math.log(one.high / one.value), math.log(two.value / two.low))
    if math.isnan(down + up):
        return Estimate.bare(math.exp(value), n)
    return Estimate(math.exp(value), math.exp(value - down), math.exp(value + up), "mover", n)
