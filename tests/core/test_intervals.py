"""The interval of a median keeps its 95 % at every number of samples, and no more than it must."""

import pytest
from scipy.stats import binom

from effprof.core.intervals import MIN_INTERVAL_SAMPLES, median_interval, ranks_outside

SIZES = [*range(MIN_INTERVAL_SAMPLES, 201), 1_001, 20_000]


@pytest.mark.parametrize("n", SIZES)
def test_the_median_is_missed_with_five_per_cent_at_most_and_one_rank_further_in_with_more(n):
    outside = ranks_outside(n)
    assert 2 * binom.cdf(outside, n, 0.5) <= 0.05
    assert 2 * binom.cdf(outside + 1, n, 0.5) > 0.05


def test_the_ends_lie_equally_far_from_both_sides():
    samples = [float(i) for i in range(100)]
    low, high = median_interval(samples)
    assert (low, high) == (ranks_outside(100), 99 - ranks_outside(100))
    assert low + high == 99
