"""The rank test of two small samples, and how small a p-value their sizes allow at all.

Mann and Whitney's U on process-level values: no distribution is assumed, and one stray process
weighs no more than its rank. Its price is that few repeats can never be significant: of the
C(n + m, n) ways to share out the ranks, a two-sided test at best counts two.
"""

import math
from collections.abc import Sequence

from scipy import stats

#: Probability of a false alarm that is accepted, over all cells that are compared in one metric.
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
    """Return the smallest two-sided p that samples of these sizes can reach: 2 / C(n + m, n).

    >>> smallest_p(3, 3), smallest_p(5, 5)
    (0.1, 0.007936507936507936)
    """
    return min(1.0, 2 / math.comb(old + new, old))


def repeats_needed(tests: int, alpha: float = ALPHA) -> int:
    """How many repeats on each side let a single change among `tests` be told from chance.

    >>> repeats_needed(1), repeats_needed(60)
    (4, 7)
    """
    n = 1
    while tests * smallest_p(n, n) > alpha:
        n += 1
    return n
