"""The 95 % interval of a median from its order statistics, shared by measuring and analysis."""

import math
import sys
from collections.abc import Sequence
from functools import lru_cache

#: Probability of missing that each end of a 95 % interval may have.
_TAIL = 0.025

#: Two-sided normal quantile of 95 %: where the search for the exact rank begins.
_Z95 = 1.959963984540054


def median_interval(samples: Sequence[float]) -> tuple[float, float] | None:
    """Bracket the median of the samples' distribution with 95 % confidence or more.

    The ends are the innermost order statistics, equally far from both ends, that miss with 5 % at
    most: by the exact binomial count of samples below the median (Conover, Practical
    Nonparametric Statistics, 3.2). Its normal approximation misses more often at 92 of the n from
    6 to 200. None below 6 samples, where no pair of ranks reaches 95 %.

    >>> median_interval([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0])
    (2.0, 8.0)
    """
    n = len(samples)
    if n < MIN_INTERVAL_SAMPLES:
        return None
    ordered, outside = sorted(samples), ranks_outside(n)
    return ordered[outside], ordered[n - 1 - outside]


@lru_cache(maxsize=4096)
def ranks_outside(n: int) -> int:
    """Count the order statistics of n samples that lie outside of that interval, on each side.

    The largest k with P(X <= k) <= 2.5 %, X binomial with n and one half. n is 6 or more.
    """
    outside = math.floor(n / 2 - _Z95 * math.sqrt(n) / 2) + 1
    while _at_most(outside, n) > _TAIL:
        outside -= 1
    return outside


def _at_most(k: int, n: int) -> float:
    """Probability of k or fewer among n, each with one half; terms too small to count left out."""
    term = math.exp(
        math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2)
    )
    total = 0.0
    while k >= 0 and term > total * sys.float_info.epsilon:
        total += term
        term *= k / (n - k + 1)
        k -= 1
    return total


#: The smallest n with 1 - 2 * 0.5**n >= 95 %: minimum and maximum bracket the median.
MIN_INTERVAL_SAMPLES = 6
