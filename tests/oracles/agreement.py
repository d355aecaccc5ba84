"""Our change points beside those of Apache Otava and ruptures, on the same series.

Otava needs a NumPy of its own, so this is no part of the test suite: `tox -e oracles`.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
import ruptures
from otava.analysis import compute_change_points
from otava.change_point_divisive.calculator import PairDistanceCalculator

from effprof.regressions.change_points import change_points
from effprof.regressions.edivisive import best_splits
from effprof.regressions.policies import MIN_SEGMENT, SLOW_CHANGE

SERIES = 300
NIGHTS = 60
NOISE = 0.01

#: A change point is the same when it is at most so many nights off.
NEAR = 2

#: Least share of series in which two finders agree.
LEAST_ALIKE = 0.95

#: Row -> places where it is cut; rows that are not cut are left out.
Places = dict[int, tuple[int, ...]]


def stepped(size: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of series with one step of `size`, up or down, and the nights of the steps."""
    rng = np.random.default_rng(seed)
    first = rng.integers(10, NIGHTS - 10, SERIES)
    sign = rng.choice([-1, 1], SERIES)
    after = np.arange(NIGHTS) >= first[:, None]
    return rng.normal(0, NOISE, after.shape) + sign[:, None] * np.log1p(size) * after, first


def ours(logs: np.ndarray) -> Places:
    return change_points(logs, np.full(len(logs), NIGHTS), np.zeros(len(logs), dtype=np.int64))


def by_otava(row: np.ndarray) -> list[int]:
    """Otava's own rule with its defaults, on times, and our smallest change."""
    found, _ = compute_change_points(np.exp(row).tolist(), min_magnitude=SLOW_CHANGE)
    return [point.index for point in found]


def by_pelt(row: np.ndarray) -> list[int]:
    """Exact optimum of squares, with Schwarz's penalty for the known noise."""
    finder = ruptures.Pelt(model="l2", min_size=MIN_SEGMENT, jump=1).fit(row)
    return finder.predict(pen=4 * np.log(NIGHTS) * NOISE**2)[:-1]


def by_squares(row: np.ndarray) -> list[int]:
    """One change: the best split by squares."""
    return ruptures.Dynp(model="l2", min_size=MIN_SEGMENT, jump=1).fit(row).predict(1)[:-1]


def agreement(logs: np.ndarray, found: Places, other: Callable[[np.ndarray], list[int]]) -> float:
    """Share of series that both cut in as many places, each near the other's."""
    same = 0
    for row, values in enumerate(logs):
        mine, theirs = found.get(row, ()), sorted(other(values))
        same += len(mine) == len(theirs) and near(mine, theirs)
    return same / len(logs)


def near(mine: Sequence[int], theirs: Sequence[int]) -> bool:
    return all(abs(one - two) <= NEAR for one, two in zip(mine, theirs, strict=True))


@pytest.fixture
def tell(capsys):
    def say(text: str) -> None:
        with capsys.disabled():
            print(f"\n{text}", end="")

    return say


@pytest.mark.parametrize("size", [0.0, 0.03, 0.1])
def test_the_energy_of_every_split_is_otavas(size, tell):
    """Otava also tries to end a series early, in other columns; the last one splits all of it."""
    logs, _ = stepped(size, seed=1)
    splits = best_splits(logs, np.full(SERIES, NIGHTS))
    apart = np.abs(logs[:, 2:] - logs[:, :-2]).mean(axis=1) * np.sqrt(np.pi) / 2
    fits = slice(MIN_SEGMENT - 1, NIGHTS - MIN_SEGMENT)
    for row, values in enumerate(logs):
        theirs = PairDistanceCalculator(values)._get_Q_vals(0, NIGHTS)[fits, -1]
        assert splits.place[row] == MIN_SEGMENT + np.argmax(theirs)
        assert splits.statistic[row] * apart[row] == pytest.approx(theirs.max())
    tell(f"best split, steps of {size:.0%}: place and energy as Otava's in {SERIES} of {SERIES}")


@pytest.mark.parametrize("size", [0.0, 0.03, 0.05, 0.1])
@pytest.mark.parametrize("other", [by_otava, by_pelt])
def test_nearly_all_series_are_cut_alike(size, other, tell):
    logs, _ = stepped(size, seed=2)
    share = agreement(logs, ours(logs), other)
    tell(f"change points, steps of {size:.0%}, {other.__name__}: {share:.1%} of series alike")
    assert share >= LEAST_ALIKE


@pytest.mark.parametrize("size", [0.03, 0.05])
def test_a_step_is_put_where_squares_put_it(size, tell):
    logs, first = stepped(size, seed=3)
    place = best_splits(logs, np.full(SERIES, NIGHTS)).place
    squares = np.array([by_squares(values)[0] for values in logs])
    share = float(np.mean(np.abs(place - squares) <= NEAR))
    right = [float(np.mean(np.abs(each - first) <= NEAR)) for each in (place, squares)]
    tell(
        f"place of one step of {size:.0%}: {share:.1%} as ruptures' optimum of squares;"
        f" the true night {right[0]:.1%} (ruptures {right[1]:.1%})"
    )
    assert share >= LEAST_ALIKE


@pytest.mark.parametrize("other", [by_otava, by_pelt])
def test_unchanged_series_are_cut_no_more_often_than_by_others(other, tell):
    logs = np.random.default_rng(4).normal(0, NOISE, (1000, NIGHTS))
    mine, theirs = len(ours(logs)), sum(bool(other(values)) for values in logs)
    tell(f"1,000 unchanged series: {mine} cut by us, {theirs} {other.__name__}")
    assert mine <= theirs
