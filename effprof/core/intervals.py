"""The 95 % interval of a median from its order statistics, shared by measuring and analysis."""

import math
from collections.abc import Sequence

#: Two-sided normal quantile of 95 %.
Z95 = 1.959963984540054


def median_interval(samples: Sequence[float]) -> tuple[float, float] | None:
    """Bracket the median of the samples' distribution with 95 % confidence.

    The ends are the order statistics of rank n/2 -+ 1.96 sqrt(n)/2, the normal approximation of
    the binomial count below the median (Conover, Practical Nonparametric Statistics, 3.2), equally
    far from both ends. None below 6 samples, where no pair of ranks reaches 95 %.

    >>> median_interval([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0])
    (2.0, 8.0)
    """
    n = len(samples)
    if n < MIN_INTERVAL_SAMPLES:
        return None
    ordered = sorted(samples)
    spread = Z95 * math.sqrt(n) / 2
    low = max(0, math.floor(n / 2 - spread))
    return ordered[low], ordered[n - 1 - low]


#: The smallest n with 1 - 2 * 0.5**n >= 95 %: minimum and maximum bracket the median.
MIN_INTERVAL_SAMPLES = 6
