"""Estimates: ends move with the value, and every method has its place where numbers are written."""

import copy
import math
import pickle

import pytest

from effprof.core.estimates import METHODS, WITHIN_ONE_PROCESS, WITHOUT_WIDTH, Absent, Estimate
from effprof.core.units import estimate_text, hundredths

PAIRED = Estimate(2.0, 1.6, 2.5, "paired", 5)


def test_what_falls_turns_the_interval_round_and_keeps_how_it_was_found():
    found = PAIRED.through(lambda value: 1 / value)
    assert (found.low, found.value, found.high) == (1 / 2.5, 0.5, 1 / 1.6)
    assert (found.method, found.n) == ("paired", 5)
    assert PAIRED.scaled(-1.0).low == -2.5


def test_an_end_that_is_not_known_stays_unknown():
    found = Estimate.bare(2.0, 1).scaled(3.0)
    assert (found.value, found.bounded, found.method) == (6.0, False, "none")
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_an_exact_value_has_itself_for_an_interval():
    assert Estimate.exact(2.0, 8) == Estimate(2.0, 2.0, 2.0, "exact", 8)
    assert Estimate.exact(2.0).bounded


@pytest.mark.parametrize("method", METHODS)
def test_every_method_but_those_without_width_writes_its_interval(method):
    text = estimate_text(Estimate(2.0, 1.6, 2.5, method, 5), "x")
    assert text == ("2.00x" if method in WITHOUT_WIDTH else "2.00x [1.60, 2.50]")
    assert set(METHODS) >= WITHIN_ONE_PROCESS


@pytest.mark.parametrize("end", [math.nan, math.inf])
def test_an_interval_that_is_not_closed_is_not_written(end):
    assert estimate_text(Estimate(2.0, 1.6, end, "crossing", 5)) == "2.00"


def test_value_and_ends_are_written_alike():
    assert estimate_text(Estimate(0.5, -0.104, 0.9, "bootstrap", 20), write=hundredths) == (
        "0.50 [-0.10, 0.90]"
    )


def test_what_is_absent_says_why_where_a_value_is_asked_of_it():
    absent = Absent("the reference was not measured")
    with pytest.raises(AttributeError, match="no 'value': the reference was not measured"):
        _ = absent.value
    assert not hasattr(absent, "_repr_html_")
    for again in (copy.deepcopy(absent), pickle.loads(pickle.dumps(absent))):
        assert again == absent
