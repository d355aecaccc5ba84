"""The roles of one profiled cell: their shares of FLOPs and of time, their place in a roofline."""

from collections.abc import Mapping
from dataclasses import dataclass

from effprof.analysis.profiles import seconds_by_role
from effprof.core.costs import StaticCost
from effprof.core.profiles import Profile


@dataclass(frozen=True, slots=True)
class RolePoint:
    """One role: FLOPs per byte (0 where it counts none), speed reached, share of the time."""

    role: str
    intensity: float
    flops_per_second: float
    bytes_per_second: float
    share: float


def role_points(profile: Profile, cost: StaticCost | None) -> list[RolePoint]:
    """Place the roles that took time and whose cost is known, the longest first."""
    costs, total = cost.by_role if cost else {}, profile.op_seconds
    return [
        RolePoint(
            role,
            costs[role].arithmetic_intensity or 0.0,
            costs[role].flops / seconds,
            costs[role].bytes_moved / seconds,
            seconds / total,
        )
        for role, seconds in seconds_by_role(profile).items()
        if role in costs and seconds
    ]


def flop_shares(cost: StaticCost) -> Mapping[str, float]:
    """Give the share of every role in the FLOPs; of a step without any, 0."""
    flops = {role: each.flops for role, each in cost.by_role.items()}
    whole = sum(flops.values()) or 1
    return {role: count / whole for role, count in flops.items()}


def time_shares(profile: Profile) -> Mapping[str, float]:
    """Give the share of every role in the time of the operators, the largest first."""
    total = profile.op_seconds
    return {role: seconds / total for role, seconds in seconds_by_role(profile).items()}
