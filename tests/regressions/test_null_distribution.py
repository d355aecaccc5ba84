import numpy as np
import pytest

from effprof.regressions.null_distribution import QUANTILES, TAILS, chance_of, largest_p
from effprof.regressions.policies import FALSE_DISCOVERY_RATE, LARGEST_P
from tests.regressions.simulated import best_null_splits


@pytest.mark.parametrize("nights", [12, 17, 40, 60, 100])
def test_chance_splits_unchanged_series_as_often_as_the_table_says(nights):
    statistics = best_null_splits(np.random.default_rng(5), nights, 20_000)
    chances = chance_of(statistics, np.full(len(statistics), nights))
    for tail in (0.1, 0.01, 0.001):
        expected = tail * len(statistics)
        # Three standard deviations of a count, and 15 % for what the table and its rows leave.
        assert abs((chances <= tail).sum() - expected) <= 3 * np.sqrt(expected) + 0.15 * expected


def test_the_table_is_read_back_at_its_own_rows():
    for nights, row in QUANTILES.items():
        chances = chance_of(np.array(row), np.full(len(row), nights))
        assert chances == pytest.approx(TAILS)


def test_chance_falls_as_the_statistic_grows_and_never_leaves_0_to_1():
    statistic = np.linspace(-5, 200, 500)
    chances = chance_of(statistic, np.full(500, 47))
    assert (np.diff(chances) <= 0).all()
    assert chances.max() <= 1
    assert chances.min() > 0


def test_too_few_nights_tell_nothing():
    assert chance_of(np.array([1e6, -np.inf]), np.array([11, 60])).tolist() == [1.0, 1.0]


def test_the_largest_p_is_that_of_benjamini_and_hochberg():
    chances = np.array([1e-6, 2e-4, 0.4, 0.9] + [0.5] * 496)
    by_hand = [
        rank for rank, p in enumerate(sorted(chances), 1) if p <= FALSE_DISCOVERY_RATE * rank / 500
    ]
    assert largest_p(chances) == pytest.approx(FALSE_DISCOVERY_RATE * max(by_hand) / 500)


def test_few_series_still_need_a_small_p():
    assert largest_p(np.array([0.04])) == LARGEST_P
    assert largest_p(np.zeros(0)) == LARGEST_P
