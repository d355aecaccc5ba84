"""The fast split against a slow one that is written as the paper states it."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effprof.regressions.edivisive import best_splits
from effprof.regressions.policies import LEAST_SIGMA, MIN_SEGMENT


def slow_energy(left: list[float], right: list[float]) -> float:
    """Matteson and James 2014, equations 5 and 6, with alpha = 1."""

    def within(part: list[float]) -> float:
        pairs = list(itertools.combinations(part, 2))
        return sum(abs(one - other) for one, other in pairs) / len(pairs)

    m, k = len(left), len(right)
    between = sum(abs(one - other) for one in left for other in right) / (m * k)
    return m * k / (m + k) * (2 * between - within(left) - within(right))


def slow_split(row: list[float]) -> tuple[int, float]:
    places = range(MIN_SEGMENT, len(row) - MIN_SEGMENT + 1)
    scored = [(slow_energy(row[:place], row[place:]), -place) for place in places]
    energy, place = max(scored)
    apart = [abs(one - other) for one, other in zip(row, row[2:], strict=False)]
    sigma = max(sum(apart) / len(apart) * np.sqrt(np.pi) / 2, LEAST_SIGMA)
    return -place, energy / sigma


@given(st.integers(0, 10**6), st.integers(6, 14), st.floats(0, 5))
@settings(max_examples=40, deadline=None)
def test_fast_equals_slow(seed, longest, step):
    rng = np.random.default_rng(seed)
    rows = rng.normal(0, 1, (5, longest))
    rows[:, longest // 2 :] += step
    count = rng.integers(6, longest + 1, 5)
    rows[np.arange(longest) >= count[:, None]] = np.nan
    fast = best_splits(rows, count)
    for row, length in enumerate(count.tolist()):
        place, statistic = slow_split(rows[row, :length].tolist())
        assert fast.place[row] == place
        assert fast.statistic[row] == pytest.approx(statistic)


def test_a_row_that_is_too_short_is_not_split():
    splits = best_splits(np.ones((2, 8)), np.array([5, 0]))
    assert splits.statistic.tolist() == [-np.inf, -np.inf]


def test_many_rows_are_split_as_each_alone():
    rows = np.random.default_rng(0).normal(0, 1, (3000, 24))
    count = np.full(3000, 24)
    together = best_splits(rows, count)
    for row in (0, 1400, 2999):
        alone = best_splits(rows[row : row + 1], count[:1])
        assert together.place[row] == alone.place[0]
        assert together.statistic[row] == pytest.approx(alone.statistic[0])


def test_no_rows_are_no_splits():
    assert len(best_splits(np.zeros((0, 9)), np.zeros(0, dtype=np.int64)).place) == 0
