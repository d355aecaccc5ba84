"""Numbers for people: never a wrong magnitude, never an exponent, never a zero for nothing."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from effprof.core import units

FORMATS = [units.significant, units.si, units.duration, units.byte_size, units.times, units.percent]
SIZES = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "m": 1e-3, "µ": 1e-6, "n": 1e-9}


@pytest.mark.parametrize("text", FORMATS)
@pytest.mark.parametrize("nothing", [None, math.nan, math.inf])
def test_no_number_is_shown_as_a_dash(text, nothing):
    assert text(nothing) == units.MISSING


@given(st.floats(min_value=1e-9, max_value=9e17))
def test_si_reads_back_to_three_digits(value):
    number, _, prefix = units.si(value).partition(" ")
    assert re.fullmatch(r"[\d.]+", number)
    assert float(number) * SIZES[prefix] == pytest.approx(value, rel=0.0051)


@given(st.floats(min_value=1, max_value=9e17))
def test_si_never_needs_four_digits_before_the_point(value):
    assert float(units.si(value).split()[0]) < 1000


def test_boundaries_round_up_into_the_next_unit():
    assert units.si(999.6) == "1.00 k"
    assert units.si(999.4) == "999"
    assert units.duration(0.9996) == "1.00 s"
    assert units.significant(9.996) == "10.0"


def test_sizes_are_binary_and_long_times_are_minutes():
    assert units.byte_size(2**20) == "1.00 MiB"
    assert units.duration(7200) == "2.00 h"
    assert units.duration(0) == "0 ns"
    assert units.percent(0) == "0 %"
