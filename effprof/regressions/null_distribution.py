"""How often chance alone splits a series this well.

A split is chosen to be the best of all, so its statistic is large even where nothing changed, and a
test that ignores the choice finds changes that are not there. These are quantiles of the statistic
of the best split of unchanged, independent, normal nights, spikes replaced as for real ones; they
come from `python tests/benchmarks/detection.py --calibrate` (40,000 to 400,000 series a row).
"""

import numpy as np

from effprof.regressions.policies import FALSE_DISCOVERY_RATE, LARGEST_P
from effprof.regressions.series import Floats, Ints

#: Probabilities that chance exceeds the columns of `QUANTILES`.
TAILS = (1e-1, 1e-2, 1e-3, 1e-4)

#: Nights of a series -> quantiles of the statistic.
QUANTILES: dict[int, tuple[float, float, float, float]] = {
    12: (3.17, 7.41, 12.53, 17.91),
    15: (3.38, 7.36, 12.17, 18.45),
    20: (3.61, 7.43, 12.37, 17.99),
    30: (3.84, 7.45, 11.54, 15.43),
    45: (4.02, 7.41, 10.90, 14.76),
    60: (4.13, 7.38, 10.87, 14.40),
    90: (4.28, 7.40, 10.61, 14.18),
    130: (4.42, 7.55, 10.79, 13.62),
    180: (4.50, 7.61, 10.67, 13.38),
    260: (4.62, 7.69, 10.53, 12.81),
    365: (4.72, 7.68, 10.41, 12.95),
}


def chance_of(statistic: Floats, count: Ints) -> Floats:
    """Probability that the best split of as many unchanged nights has at least this statistic.

    Interpolated between rows in the logarithm of the nights, and along a row as a power law, which
    goes on beyond the smallest tail: too large rather than too small there, as the true tail of
    long series falls exponentially. 1 below the largest tail, and for fewer nights than the table.
    """
    nights = np.log(list(QUANTILES))
    known = np.log(np.array(list(QUANTILES.values())))
    tails = np.log(TAILS)
    asked = np.log(np.maximum(count, 1))
    columns = np.stack([np.interp(asked, nights, column) for column in known.T], axis=1)
    value = np.log(np.maximum(statistic, 1e-300))
    step = np.clip((value[:, None] >= columns).sum(axis=1) - 1, 0, len(TAILS) - 2)
    rows = np.arange(len(columns))
    low, high = columns[rows, step], columns[rows, step + 1]
    share = (value - low) / (high - low)
    log_p = tails[step] + share * (tails[step + 1] - tails[step])
    told = (value >= columns[:, 0]) & (count >= min(QUANTILES))
    return np.where(told, np.exp(np.minimum(log_p, 0.0)), 1.0)


def largest_p(chances: Floats) -> float:
    """Find the largest p value that counts tonight, by Benjamini and Hochberg over the night."""
    if not len(chances):
        return LARGEST_P
    ranks = np.arange(1, len(chances) + 1)
    passed = np.flatnonzero(np.sort(chances) * (len(chances) / ranks) <= FALSE_DISCOVERY_RATE)
    found = int(passed[-1]) + 1 if len(passed) else 0
    return min(LARGEST_P, FALSE_DISCOVERY_RATE * max(found, 1) / len(chances))
