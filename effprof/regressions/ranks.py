"""The rank test of two small samples, and how small a p-value their sizes allow at all.

Mann and Whitney's U assumes no distribution, and one stray process weighs no more than its rank.
Its price: of the C(n + m, n) ways to share out the ranks a two-sided test at best counts two, so
few repeats can never be significant, and a few more never among many cells. Welch's t on the
logarithms (`effprof.regressions.run_ratio`), the test that belongs to the interval of a ratio, has
no such floor: it is the one that is adjusted for the number of cells.
"""

import math
from collections.abc import Sequence

from scipy import stats

#: Probability of a false alarm that is accepted: in one cell for the rank test, and over all cells
#: that are compared in one metric for Welch's.
ALPHA = 0.05


def rank_p(old: Sequence[float], new: Sequence[float]) -> float:
    """Two-sided p-value of Mann and Whitney's U; exact where no values are tied.

    >>> rank_p([1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]) == smallest_p(4, 4)
    True
    """
    if len({*old, *new}) == 1:  # equal throughout: the normal approximation would divide by zero
        return 1.0
    return float(stats.mannwhitneyu(old, new, alternative="two-sided").pvalue)


def smallest_p(old: int, new: int) -> float:
    """Return the smallest two-sided p that ranks of these sizes can reach: 2 / C(n + m, n).

    >>> smallest_p(3, 3), smallest_p(5, 5)
    (0.1, 0.007936507936507936)
    """
    return min(1.0, 2 / math.comb(old + new, old))


def repeats_needed(alpha: float = ALPHA) -> int:
    """Count the repeats of each run from which on the rank test can be significant.

    >>> repeats_needed(), repeats_needed(0.01)
    (4, 5)
    """
    n = 1
    while smallest_p(n, n) > alpha:
        n += 1
    return n
