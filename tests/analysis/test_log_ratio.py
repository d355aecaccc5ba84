"""Ratios of sums: parts that leave no residue, whatever is missing on a side."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from effprof.analysis.log_ratio import log_mean, split_log_ratio

parts = st.dictionaries(st.sampled_from("abcdef"), st.floats(1e-9, 1e3), min_size=1)


@given(parts, parts)
def test_a_split_leaves_no_residue_whatever_roles_are_missing(above, below):
    whole, split = split_log_ratio(above, below)
    assert whole == pytest.approx(math.log(sum(above.values()) / sum(below.values())))
    assert sum(split.values()) == pytest.approx(whole, rel=1e-9, abs=1e-9)
    assert set(split) == {*above, *below}


@given(st.floats(1e-9, 1e3), st.floats(1e-16, 1.0))
def test_a_logarithmic_mean_lies_between_the_geometric_and_the_arithmetic_one(low, apart):
    high = low * (1.0 + apart)
    mean = log_mean(low, high)
    assert mean == log_mean(high, low)
    assert math.sqrt(low) * math.sqrt(high) == pytest.approx(mean, rel=apart**2 / 8 + 1e-14)
    assert (low + high) / 2 == pytest.approx(mean, rel=apart**2 / 8 + 1e-14)


@given(parts, parts)
def test_a_split_turned_round_changes_its_sign(above, below):
    whole, split = split_log_ratio(above, below)
    back, turned = split_log_ratio(below, above)
    assert back == pytest.approx(-whole)
    assert turned == pytest.approx({name: -part for name, part in split.items()})
