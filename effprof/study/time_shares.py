"""Shares of a network's FLOPs and of its operators' time, by the parts that are blamed for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from effprof.analysis.profiles import seconds_by_role
from effprof.core.costs import StaticCost
from effprof.core.profiles import Profile
from effprof.study.results import Result

#: What a reader asks for, by id; `se gate` is within `se`, and `rest` is everything else.
Part = Literal["depthwise", "pointwise", "dense", "norm", "activation", "se", "se gate", "rest"]

#: Part -> the roles that make it up.
ROLES_OF: Mapping[Part, tuple[str, ...]] = {
    "depthwise": ("depthwise conv",),
    "pointwise": ("pointwise conv",),
    "dense": ("dense conv",),
    "norm": ("norm",),
    "activation": ("activation",),
    "se": ("SE squeeze", "SE FC", "SE gate", "SE scale"),
    "se gate": ("SE gate",),
}

#: Those of them that share no role: what they leave is the rest.
DISJOINT: tuple[Part, ...] = tuple(part for part in ROLES_OF if part != "se gate")


@dataclass(frozen=True, slots=True)
class TimeShares:
    """What share of the FLOPs and of the operators' time of a cell each part has, by part.

    `unseen` is the share of the time in operators that count no FLOPs; `overhead` the profiled step
    over the plain one, less one.
    """

    result: Result
    flops: Mapping[Part, float]
    time: Mapping[Part, float]
    unseen: float
    overhead: float

    @property
    def most(self) -> Part:
        """The part that most of the time goes to, the rest left out."""
        return max(DISJOINT, key=lambda part: self.time[part])


def time_shares(result: Result) -> TimeShares | None:
    """Share out the time of a cell; None without a profile, or where its cost is not known."""
    profile, cost = result.part.profile, result.part.cost
    if not isinstance(profile, Profile) or cost is None or not cost.total.flops:
        return None
    return TimeShares(
        result,
        _of_whole(_flops_by_role(cost), cost.total.flops),
        _of_whole(seconds_by_role(profile), profile.op_seconds),
        profile.flop_invisible_share or 0.0,
        profile.overhead,
    )


def _flops_by_role(cost: StaticCost) -> dict[str, float]:
    return {role: each.flops for role, each in cost.by_role.items()}


def _of_whole(by_role: Mapping[str, float], whole: float) -> dict[Part, float]:
    shares: dict[Part, float] = {
        part: sum(by_role.get(role, 0.0) for role in roles) / whole
        for part, roles in ROLES_OF.items()
    }
    # Rounding may leave less than nothing.
    return shares | {"rest": max(0.0, 1 - sum(shares[part] for part in DISJOINT))}
