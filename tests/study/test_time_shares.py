"""Shares of FLOPs and time: parts sum to all of it, and match the roles of the profile."""

from dataclasses import replace

import pytest

from effprof.analysis.profiles import seconds_by_role
from effprof.core.cells import Cell
from effprof.study.study import Study
from effprof.study.time_shares import DISJOINT, ROLES_OF, time_shares
from tests.runs import sample_run


def shares(run):
    return time_shares(Study(run).result("efficientnet_b0", batch_size=8))


def test_disjoint_parts_and_the_rest_are_all_of_it():
    found = shares(sample_run())
    for whole in (found.flops, found.time):
        assert sum(whole[part] for part in (*DISJOINT, "rest")) == pytest.approx(1)
        assert set(whole) == {*ROLES_OF, "rest"}
        assert all(0 <= share <= 1 for share in whole.values())


def test_shares_are_those_of_the_roles():
    found = shares(sample_run())
    assert found.result.cell == Cell("timm/efficientnet_b0", 224, batch_size=8)
    profile = found.result.part.profile
    seconds = seconds_by_role(profile)
    assert found.time["se"] == pytest.approx(
        sum(seconds[role] for role in seconds if role.startswith("SE ")) / profile.op_seconds
    )
    assert found.time["se gate"] < found.time["se"]
    assert found.unseen == profile.flop_invisible_share
    assert found.overhead == profile.overhead
    assert found.time[found.most] == max(found.time[part] for part in DISJOINT)


def test_parts_share_no_role_but_the_gate():
    roles = [role for part in DISJOINT for role in ROLES_OF[part]]
    assert len(roles) == len({*roles})
    assert {*ROLES_OF["se gate"]} < {*ROLES_OF["se"]}


@pytest.mark.parametrize(
    "run",
    [sample_run(profiled=False), replace(sample_run(), costs=())],
    ids=["no profile", "no cost"],
)
def test_without_profile_or_cost_nothing_is_shared_out(run):
    assert shares(run) is None
