"""What all series share is told by the nights before, and by series that have nights enough."""

from dataclasses import replace

import numpy as np
import pytest

from effprof.regressions.assess import assess
from effprof.regressions.common_noise import common_noise
from tests.regressions.simulated import Noise, replay, simulate

SHARED = Noise(common=0.03)


def history(series: int = 40, nights: int = 40, seed: int = 1):
    return simulate(np.random.default_rng(seed), series, nights, SHARED).history


def with_values(nights, values):
    return replace(nights, values=values)


def test_the_night_that_is_judged_says_neither_what_is_usual_nor_how_far_series_follow():
    nights = history()
    values = nights.values.copy()
    values[:, -1] *= np.where(np.arange(40) % 3, 1.4, 0.8)
    one, other = common_noise(nights, []), common_noise(with_values(nights, values), [])
    assert one.factor
    assert np.array_equal(one.loading, other.loading)
    assert one.usual == other.usual
    assert np.array_equal(one.taken[:, :-1], other.taken[:, :-1])


def test_a_known_step_of_the_night_that_is_judged_takes_nothing_from_the_nights_before():
    nights = history()
    tonight = [(row, 39) for row in range(40)]
    one, other = common_noise(nights, []), common_noise(nights, tonight)
    assert np.array_equal(one.loading, other.loading)
    assert np.array_equal(one.taken[:, :-1], other.taken[:, :-1])


@pytest.mark.parametrize("late", [1, 2, 6])
def test_a_suite_that_doubles_keeps_what_its_series_share(late):
    """Most series begin a few nights ago, so that they do not say yet how far they follow."""
    nights = history(100)
    values = nights.values.copy()
    values[40:, :-late] = np.nan
    alone = common_noise(history(100), []).taken[:40]
    beside = common_noise(with_values(nights, values), [])
    assert np.all(beside.loading[40:] == 1)
    assert beside.taken[:40] == pytest.approx(alone, abs=0.006)


def test_a_suspect_without_calm_cells_beside_it_is_said_to_be_measured_again():
    steps = np.ones((40, 40))
    steps[3, 39] = 1.2
    simulated = simulate(np.random.default_rng(4), 40, 40, SHARED, steps)
    key = simulated.history.keys[3]
    assessment = assess(simulated.history, (), simulated.again_on(39, [key]))
    (state,) = [each for each in assessment.series if each.key == key]
    assert (state.state, state.reason.id) == ("suspicious", "not_confirmed")
    assert assessment.events == ()


def test_nights_without_values_share_nothing():
    nights = history()
    values = nights.values.copy()
    values[:, 20] = np.nan
    values[5] = np.nan
    found = common_noise(with_values(nights, values), [])
    assert np.all(found.taken[:, 20] == 0)
    assert np.isfinite(found.taken).all()
    assert np.isfinite(found.loading).all()
    assert assess(with_values(nights, values)).events == ()


def test_a_few_independent_series_share_nothing_after_a_few_nights():
    drawn = (simulate(np.random.default_rng(seed), 9, 12, Noise(0.05)) for seed in range(200))
    assert not [each for each in drawn if common_noise(each.history, []).factor]


@pytest.mark.parametrize("nights", [1, 2, 11])
def test_the_first_nights_share_nothing(nights):
    found = common_noise(history().until(nights - 1), [(0, 0), (1, nights - 1)])
    assert not found.factor
    assert np.all(found.taken == 0)


@pytest.mark.parametrize("series", [4, 40])
def test_equal_values_share_nothing(series):
    nights = history(series)
    flat = with_values(nights, np.ones_like(nights.values))
    found = common_noise(flat, [])
    assert not found.factor
    assert np.array_equal(found.history.values, flat.values)
    assert assess(flat).events == ()


def test_the_nights_of_an_event_of_all_cells_are_drawn_as_they_were_measured():
    """On its first night too, when a part of the shift could be what all cells usually share."""
    steps = np.ones((40, 40))
    steps[:, 39] = 1.25
    simulated = simulate(np.random.default_rng(2), 40, 40, Noise(common=0.02), steps)
    _, _, last = replay(simulated, 39)
    (shown,) = last.events
    usual = np.median(shown.medians[:-1])
    assert shown.medians[-1] / usual == pytest.approx(1 + shown.event.change.value, rel=0.02)
