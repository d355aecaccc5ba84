"""The machine itself: how steady it was in a run, and how it stands beside another run."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from effprof.core.calibrations import farthest, paces, shift
from effprof.study.study import Study
from tests.runs import calibrations, sample_run

FACTORS = st.floats(0.1, 10.0)


def test_drift_is_between_calibrations_and_not_between_windows():
    steady = [*calibrations("start"), *calibrations("middle"), *calibrations("end")]
    assert [pace.drift for pace in paces(steady)] == [1.0, 1.0, 1.0]
    drifted = [*calibrations("start"), *calibrations("end", memory_copy=1.25)]
    drifts = {pace.work: pace.drift for pace in paces(drifted)}
    assert drifts == {
        "square roots": 1.0,
        "cache copy": 1.0,
        "memory copy": pytest.approx(1.25),
    }


def test_two_starts_of_a_resumed_run_are_one_moment_and_its_drift():
    later = [
        replace(each, taken_at="2026-11-22T08:00:00.000+00:00") for each in calibrations("start", 3)
    ]
    (pace, *_) = paces([*calibrations("start"), *later])
    assert set(pace.seconds) == {"start"}
    assert 1.8e-6 < pace.seconds["start"] < 3 * 1.8e-6
    assert pace.drift == pytest.approx(3.0)


@given(FACTORS, FACTORS)
def test_a_shift_turned_round_is_its_inverse_and_does_not_depend_on_the_moments(one, other):
    old = [*calibrations("start", one), *calibrations("end", one)]
    new = calibrations("start", other)
    there, back = shift(old, new), shift(new, old)
    assert all(factor == pytest.approx(other / one) for factor in there.values())
    assert all(there[work] * back[work] == pytest.approx(1.0) for work in there)
    assert farthest(there)[1] == pytest.approx(other / one)


def test_a_run_of_before_there_were_calibrations_tells_nothing():
    assert Study(sample_run()).paces == ()
    assert shift((), calibrations()) == {}
    assert farthest({}) is None
