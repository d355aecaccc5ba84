"""Shares of roles fill one, and points multiply back to what was counted and timed."""

import pytest

from effprof.analysis.role_points import flop_shares, role_points, time_shares
from effprof.core.cells import Cell
from tests.runs import profile, static_cost

CELL = Cell("timm/efficientnet_b0", 224)
SEEN, COST = profile(CELL, 0.03), static_cost(CELL)


def test_shares_fill_one():
    assert sum(flop_shares(COST).values()) == pytest.approx(1)
    assert sum(time_shares(SEEN).values()) == pytest.approx(1)
    assert [*time_shares(SEEN).values()] == sorted(time_shares(SEEN).values(), reverse=True)


def test_points_multiply_back_to_flops_bytes_and_time():
    points = role_points(SEEN, COST)
    assert {point.role for point in points} == {*SEEN.by(lambda op: op.role)} & {*COST.by_role}
    for point in points:
        seconds, own = point.share * SEEN.op_seconds, COST.by_role[point.role]
        assert point.flops_per_second * seconds == pytest.approx(own.flops)
        assert point.bytes_per_second * seconds == pytest.approx(own.bytes_moved)
        assert point.intensity * own.bytes_moved == pytest.approx(own.flops)


def test_without_a_cost_there_is_no_point():
    assert role_points(SEEN, None) == []
