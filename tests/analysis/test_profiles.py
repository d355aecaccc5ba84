"""Pooled profiles: medians operator by operator, and the reason where there is none."""

from dataclasses import replace

import pytest

from effprof.analysis.profiles import calls_by_role, pooled_profile, seconds_by_role
from effprof.core.cells import Cell
from effprof.core.estimates import Absent
from effprof.core.profiles import Profile
from tests.runs import measurement, profile

CELL = Cell("timm/efficientnet_b0", 224)


def done(seconds, **changes):
    return measurement(seconds, profile=replace(profile(CELL, seconds), **changes))


def test_every_operator_takes_its_median_over_the_repeats():
    found = pooled_profile([done(0.01), done(0.5), done(0.02)])
    expected = profile(CELL, 0.02)
    assert [op.seconds for op in found.ops] == [op.seconds for op in expected.ops]
    assert found.plain_seconds == 0.02
    assert found.busy_seconds == pytest.approx(expected.busy_seconds)


def test_roles_sum_to_the_operators_total_and_calls_to_their_number():
    found = profile(CELL, 0.02)
    assert sum(seconds_by_role(found).values()) == pytest.approx(found.op_seconds)
    assert sum(calls_by_role(found).values()) == len(found.ops)


def test_a_repeat_that_ran_other_operators_is_left_out():
    other = done(9.0, ops=profile(CELL, 9.0).ops[1:])
    found = pooled_profile([other, done(0.02), done(0.04)])
    assert found.op_seconds == pytest.approx(
        (profile(CELL, 0.02).op_seconds + profile(CELL, 0.04).op_seconds) / 2
    )
    assert len(found.ops) == len(profile(CELL, 0.02).ops)


def test_without_a_profile_the_repeats_reasons_are_told():
    blind = Profile("torch.profiler", "no_device_events", 5, (), 0.01, 0.01, reason="no CUPTI")
    refused = replace(measurement(0.01), missing={"profile": "too slow"})
    assert pooled_profile([]) == Absent("not measured")
    assert pooled_profile([measurement(0.01)]).reason.startswith("no profile was taken")
    assert pooled_profile([measurement(0.01, profile=blind), refused]) == Absent(
        "no CUPTI; too slow"
    )
    assert isinstance(pooled_profile([measurement(0.01, profile=blind), done(0.01)]), Profile)
