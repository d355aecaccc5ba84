"""Roles in the order and colours in which every picture and table of a page shows them."""

from collections.abc import Mapping
from dataclasses import dataclass

from effprof.core.profiles import UNATTRIBUTED
from effprof.core.roles import SQUEEZE_EXCITE_ROLES


@dataclass(frozen=True, slots=True)
class RoleGroup:
    """Roles that are drawn as one: its name, its roles, its colour."""

    name: str
    roles: tuple[str, ...]
    colour: str


#: Cold colours are what FLOP counters see, warm ones what they score (nearly) zero, grey the rest;
#: neighbours differ in lightness, for colour-blind readers and for print. A role in no row is part
#: of the last one.
ROLE_GROUPS = (
    RoleGroup("dense conv", ("dense conv",), "#08306b"),
    RoleGroup("pointwise conv", ("pointwise conv",), "#2a80bd"),
    RoleGroup("depthwise conv", ("depthwise conv",), "#a6d3ec"),
    RoleGroup("linear", ("classifier", "linear", "recurrent", "attention"), "#5e4fa2"),
    RoleGroup("norm", ("norm",), "#fdae61"),
    RoleGroup("activation", ("activation",), "#b2430a"),
    RoleGroup("SE", SQUEEZE_EXCITE_ROLES, "#fee08b"),
    RoleGroup("residual add", ("residual add",), "#7f2704"),
    RoleGroup("gradient accumulation", ("gradient accumulation",), "#b8e186"),
    RoleGroup("optimizer", ("optimizer",), "#1b7837"),
    RoleGroup(UNATTRIBUTED, (UNATTRIBUTED,), "#4d4d4d"),
    RoleGroup("other", ("pool", "copy", "loss", "other"), "#bdbdbd"),
)

_GROUP_OF = {role: group.name for group in ROLE_GROUPS for role in group.roles}


def group_of(role: str) -> str:
    """Name the group of a role.

    >>> group_of("SE gate"), group_of("fused (norm, activation)")
    ('SE', 'other')
    """
    return _GROUP_OF.get(role, ROLE_GROUPS[-1].name)


def grouped(by_role: Mapping[str, float]) -> dict[str, float]:
    """Sum what belongs to roles over their groups, in the fixed order; absent groups left out.

    >>> grouped({"SE gate": 1.0, "dense conv": 4.0, "SE FC": 2.0})
    {'dense conv': 4.0, 'SE': 3.0}
    """
    sums: dict[str, float] = {}
    for role, value in by_role.items():
        name = group_of(role)
        sums[name] = sums.get(name, 0.0) + value
    return {group.name: sums[group.name] for group in ROLE_GROUPS if group.name in sums}
