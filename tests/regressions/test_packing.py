import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effprof.regressions.packing import (
    last_places,
    medians,
    pack,
    segment_residuals,
    without_spikes,
)

NAN = np.nan


def some_rows(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = rng.random((20, 9)) + 0.5
    values[rng.random(values.shape) < 0.3] = np.nan
    values[3] = np.nan
    return values


def test_packing_keeps_the_values_there_are_and_their_nights():
    values = some_rows()
    values[5, 2] = 0.0
    packed = pack(values)
    for row, whole in enumerate(values):
        nights = np.flatnonzero(whole > 0)
        count = packed.count[row]
        assert packed.nights[row, :count].tolist() == nights.tolist()
        np.testing.assert_allclose(np.exp(packed.logs[row, :count]), whole[nights])
        assert np.isnan(packed.logs[row, count:]).all()
        assert (packed.nights[row, count:] == values.shape[1]).all()


def test_the_place_of_a_night_is_the_first_that_is_not_before_it():
    packed = pack(np.array([[1.0, NAN, 1.0, 1.0], [NAN, NAN, NAN, 1.0]]))
    assert packed.place_of(np.array([1, 1])).tolist() == [1, 0]
    assert packed.place_of(np.array([3, 4])).tolist() == [2, 1]


@given(st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_medians_are_those_of_the_values_there_are(seed):
    rows = some_rows(seed)
    expected = [np.median(row[np.isfinite(row)]) if np.isfinite(row).any() else NAN for row in rows]
    np.testing.assert_allclose(medians(rows), expected)


def test_last_places_end_before_the_stop():
    rows = np.arange(8.0).reshape(2, 4)
    taken = last_places(rows, np.array([4, 1]), 2)
    np.testing.assert_array_equal(taken, [[2.0, 3.0], [NAN, 4.0]])


def test_residuals_are_taken_from_the_median_of_each_segment():
    packed = pack(some_rows())
    segments = np.cumsum(np.random.default_rng(1).random(packed.logs.shape) < 0.3, axis=1)
    residuals = segment_residuals(packed.logs, segments)
    for row in range(len(segments)):
        for name in set(segments[row].tolist()):
            mine = (segments[row] == name) & np.isfinite(packed.logs[row])
            values = packed.logs[row, mine]
            if len(values) == 1:
                assert np.isnan(residuals[row, mine]).all()
            elif len(values):
                wide = np.sqrt(len(values) / (len(values) - 1))
                np.testing.assert_allclose(
                    residuals[row, mine], (values - np.median(values)) * wide, atol=1e-12
                )


@pytest.mark.parametrize("place", [0, 7, 19])
def test_one_night_that_is_off_is_replaced(place):
    rows = np.random.default_rng(2).normal(0, 0.01, (1, 20))
    spiked = rows.copy()
    spiked[0, place] += 0.2
    clean = without_spikes(spiked, np.array([20]))
    assert abs(clean[0, place]) < 0.03
    others = np.arange(20) != place
    np.testing.assert_array_equal(clean[0, others], spiked[0, others])


@pytest.mark.parametrize("first", [2, 10, 18])
def test_a_step_of_two_nights_or_more_stays(first):
    rows = np.random.default_rng(3).normal(0, 0.01, (1, 20))
    rows[0, first:] += 0.2
    np.testing.assert_allclose(without_spikes(rows, np.array([20])), rows, atol=0.06)
