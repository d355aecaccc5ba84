"""What stands in for `scipy.stats` gives its numbers, to the last bit."""

import numpy as np
import pytest
from scipy import stats

from effprof.analysis.correlation import _drawn_ranks, spearman
from effprof.analysis.loglog import RESAMPLES, family_draws
from effprof.analysis.straight_line import straight_line
from effprof.analysis.student import normal_share, student_quantile, student_tail


@pytest.mark.parametrize("freedom", [1, 2, 3.3, 4, 30, 1e6, 0, float("nan")])
def test_distributions_are_those_of_scipy(freedom):
    for share in (0.5, 0.9, 0.975, 0.9999):
        assert np.array_equal(
            student_quantile(share, freedom), stats.t.ppf(share, freedom), equal_nan=True
        )
    for value in (-3.0, 0.0, 0.7, 2.0, 40.0):
        assert np.array_equal(
            student_tail(value, freedom), stats.t.sf(value, freedom), equal_nan=True
        )
        assert normal_share(value) == stats.norm.cdf(value)


@pytest.mark.parametrize("count", [5, 8, 60])
def test_lines_and_ranks_are_those_of_scipy_with_equal_numbers_too(count):
    noise = np.random.default_rng(count)
    x = noise.normal(size=count).round(1)
    y = (x + noise.normal(size=count)).round(1)
    line, fit = straight_line(x, y), stats.linregress(x, y)
    assert (line.slope, line.error, line.correlation) == (fit.slope, fit.stderr, fit.rvalue)
    assert spearman(x, y) == stats.spearmanr(x, y).statistic
    families = tuple(f"family {place % 7}" for place in range(count))
    times = family_draws(families, RESAMPLES)
    for row, ranks in zip(times[:200], _drawn_ranks(x, times), strict=False):
        drawn = np.repeat(np.arange(count), row)
        assert np.array_equal(ranks[drawn], stats.rankdata(x[drawn]))
