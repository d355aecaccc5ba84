"""How far two runs lie apart: by their sentinels, and by the runs before."""

import math
from dataclasses import replace

import pytest

from effprof.regressions.run_error import RunError, pace_ratio, run_error
from effprof.study.study import Study
from tests.regressions.test_compare import OLD, new, with_history
from tests.runs import calibrations


def paced(made, *factors):
    """A run whose sentinels took `factors` of their usual time at its start, middle and end."""
    moments = zip(("start", "middle", "end"), factors, strict=False)
    taken = tuple(each for moment, factor in moments for each in calibrations(moment, factor))
    return replace(made, calibrations=taken)


def error_of(old, later):
    return run_error(Study(old), Study(later))


def test_what_the_sentinels_moved_by_is_the_error():
    found = error_of(paced(OLD, 1.0), paced(new(), 1.1))
    assert found.sentinels == pytest.approx(math.log(1.1))
    assert found.relative == found.sentinels
    assert found.freedom == math.inf
    assert "moved by 9.5 % beyond their scatter" in found.said


def test_their_scatter_within_the_runs_is_no_shift_between_them():
    steady = error_of(paced(OLD, 1.0, 1.0, 1.0), paced(new(), 1.1, 1.1, 1.1)).sentinels
    shaky = error_of(paced(OLD, 0.95, 1.0, 1.05), paced(new(), 1.05, 1.1, 1.15)).sentinels
    assert shaky < steady
    lost = error_of(paced(OLD, 0.7, 1.0, 1.5), paced(new(), 1.3, 0.8, 1.4))
    assert lost.sentinels == 0.0
    assert "moved not beyond their scatter" in lost.said


def test_both_sources_add_up_and_history_brings_its_degrees_of_freedom():
    old = with_history(paced(OLD, 1.0), 1.02, 0.97, 1.03, 0.99)
    found = error_of(old, paced(new(), 1.05))
    assert found.runs == 4
    assert found.relative == pytest.approx(math.hypot(found.sentinels, found.history))
    assert found.freedom > 4
    assert RunError(None, found.history, 4).freedom == 4
    assert "two of the 4 runs before lie" in found.said


def test_fewer_than_three_earlier_runs_tell_nothing():
    assert error_of(with_history(OLD, 1.5, 0.6), new()).history is None
    assert error_of(OLD, new()) == RunError()


def test_the_pace_of_two_machines_is_the_mean_over_their_sentinels():
    found = pace_ratio(paced(OLD, 1.0), paced(new(), 2.0))
    assert found.factor == pytest.approx(2.0)
    assert found.error == pytest.approx(0.0, abs=1e-9)
    assert pace_ratio(OLD, paced(new(), 2.0)) is None
