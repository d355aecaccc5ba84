import numpy as np
import pytest
from scipy import stats

from effprof.regressions.change_points import change_points, merge
from effprof.regressions.welch import student, welch


def rows_with(steps: dict[int, tuple[tuple[int, float], ...]], rows=20, nights=60) -> np.ndarray:
    logs = np.random.default_rng(1).normal(0, 0.01, (rows, nights))
    for row, changes in steps.items():
        for first, size in changes:
            logs[row, first:] += size
    return logs


def points(logs: np.ndarray, start: int = 0) -> dict[int, tuple[int, ...]]:
    rows, nights = logs.shape
    return change_points(logs, np.full(rows, nights), np.full(rows, start))


def test_planted_steps_are_found_where_they_are_and_only_there():
    planted = {2: ((20, 0.08), (40, 0.08)), 7: ((30, -0.08),), 11: ((25, 0.1), (35, -0.1))}
    found = points(rows_with(planted))
    assert found.keys() == planted.keys()
    for row, changes in planted.items():
        assert found[row] == pytest.approx([first for first, _ in changes], abs=1)


def test_rows_of_different_lengths_are_searched_between_their_own_ends():
    logs = rows_with({0: ((10, 0.1),), 1: ((40, 0.1),), 2: ((40, 0.1),)})
    count = np.full(20, 60)
    count[1] = 42
    start = np.zeros(20, dtype=np.int64)
    start[0] = 12
    logs[1, 42:] = np.nan
    assert change_points(logs, count, start) == {2: (40,)}


def test_a_step_below_two_percent_is_no_change_however_certain():
    logs = np.random.default_rng(2).normal(0, 0.001, (1, 60))
    logs[:, 30:] += 0.015
    assert points(logs) == {}
    logs[:, 30:] += 0.01
    assert points(logs) == {0: (30,)}


def test_a_step_below_two_sigma_is_no_change_however_certain():
    logs = np.random.default_rng(3).normal(0, 0.03, (1, 300))
    logs[:, 150:] += 0.045
    assert points(logs) == {}
    logs[:, 150:] += 0.03
    assert points(logs)[0] == pytest.approx((150,), abs=2)


def test_merging_drops_the_least_certain_first():
    values = np.random.default_rng(4).normal(0, 0.01, 40)
    values[20:] += 0.1
    assert merge(values, [5, 20, 30]) == [20]


def test_exact_steps_without_any_spread_are_kept():
    assert merge(np.array([1.0] * 5 + [1.1] * 5), [5]) == [5]
    assert merge(np.array([1.0] * 10), [5]) == []


@pytest.mark.parametrize(("ours", "equal"), [(welch, False), (student, True)])
def test_the_difference_of_means_is_scipys(ours, equal):
    rng = np.random.default_rng(5)
    for old, new in ((3, 3), (3, 30), (12, 5), (2, 2)):
        one, two = rng.normal(0, 1, old), rng.normal(0.5, 2, new)
        theirs = stats.ttest_ind(two, one, equal_var=equal)
        mine = ours(one, two)
        assert mine.p == pytest.approx(theirs.pvalue)
        assert mine.interval(0.95) == pytest.approx(tuple(theirs.confidence_interval(0.95)))
