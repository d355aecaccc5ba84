"""A profile as text: its headline, how it was taken, and its tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from effprof.analysis.profile_tables import (
    GATE,
    ModuleNode,
    OpRow,
    Part,
    RoleRow,
    coverage,
    has_role,
    is_squeeze_excite,
    role_share,
)
from effprof.cli.profile_layout import (
    BAR_WIDTH,
    Milliseconds,
    Style,
    add_row,
    bar,
    kernel_text,
    new_table,
    signed_percent,
    total_seconds,
)
from effprof.core.profiles import UNATTRIBUTED, Profile
from effprof.core.units import duration, percent

if TYPE_CHECKING:
    from rich.table import Table


#: Characters of kernel names that a table shows; CUDA's go on for hundreds.
KERNEL_WIDTH = 60


def headline(key: str, profile: Profile) -> str:
    """One sentence: the step, what FLOPs do not see of it, and squeeze-and-excitation's part."""
    step = f"{key}: {duration(profile.plain_seconds)} a step"
    if not profile.ops:
        return f"{step}; {profile.status}: {profile.reason}"
    invisible = percent(profile.flop_invisible_share)
    parts = [step, f"{invisible} of the operators' time is invisible to FLOPs"]
    if has_role(profile, is_squeeze_excite):
        gate = percent(role_share(profile, lambda role: role == GATE))
        parts.append(f"SE {percent(role_share(profile, is_squeeze_excite))}, of which gate {gate}")
    else:
        parts.append("no SE")
    return "; ".join(parts)


def method_lines(profile: Profile) -> tuple[str, ...]:
    """How the time was attributed: the method, what it cost, and what it could not explain."""
    unattributed = percent(role_share(profile, lambda role: role == UNATTRIBUTED))
    first = (
        f"method: {profile.method}, medians over {profile.steps} steps;"
        f" a profiled step took {duration(profile.wall_seconds)}"
        f" ({signed_percent(profile.overhead)})"
    )
    second = (
        f"coverage: operators sum to {percent(coverage(profile))} of the plain step;"
        f" unattributed: {unattributed}"
    )
    if profile.kernel_count is None or profile.busy_seconds is None:
        return first, second
    busy = percent(profile.busy_seconds / profile.plain_seconds)
    return first, second, f"device: {profile.kernel_count} kernels, busy {busy} of the plain step"


def role_table(rows: Sequence[RoleRow], style: Style) -> Table:
    """Table of roles: calls, time, share, the share of the MACs beside it, and a bar."""
    table = new_table("by role", ("role",), ("calls", "ms", "share", "of MACs"))
    table.add_column("", no_wrap=True, min_width=BAR_WIDTH)
    milliseconds = Milliseconds(total_seconds(row.part for row in rows))
    largest = max((row.part.share or 0.0 for row in rows), default=0.0)
    for row in rows:
        numbers = (*_numbers(row.part, milliseconds), percent(row.macs_share))
        add_row(table, (row.role, *numbers, bar(row.part.share, largest)), row.highlighted, style)
    return table


def module_table(model: str, root: ModuleNode, style: Style) -> Table:
    """Table whose first column is the tree of modules, in the order of execution."""
    with_se = root.squeeze_excite > 0
    inside = ("invisible", "SE") if with_se else ("invisible",)
    table = new_table("by module", ("module",), ("calls", "ms", "share", *inside))
    milliseconds = Milliseconds(root.part.seconds)

    def add(node: ModuleNode, guide: str, below: str) -> None:
        inside = (node.invisible, node.squeeze_excite) if with_se else (node.invisible,)
        shares = [percent(s / node.part.seconds if node.part.seconds else None) for s in inside]
        name = f"{guide}{node.name or model}"
        add_row(table, (name, *_numbers(node.part, milliseconds), *shares), node.highlighted, style)
        for child in node.children:
            last = child is node.children[-1]
            add(child, below + ("└─ " if last else "├─ "), below + ("   " if last else "│  "))

    add(root, "", "")
    return table


def op_table(rows: Sequence[OpRow], top: int, style: Style) -> Table:
    """Table of the `top` operators by time, with the kernels that ran; the rest in one row."""
    table = new_table("by kernel", ("operator", "role", "kernels"), ("calls", "ms", "share"))
    table.columns[2].overflow = "ellipsis"
    table.columns[2].max_width = KERNEL_WIDTH
    milliseconds = Milliseconds(total_seconds(row.part for row in rows))
    for row in rows[:top]:
        words = (row.op, row.role, kernel_text(row.kernels))
        add_row(table, (*words, *_numbers(row.part, milliseconds)), row.highlighted, style)
    rest = [row.part for row in rows[top:]]
    if rest:
        share = sum(part.share or 0.0 for part in rest)
        together = Part(sum(part.calls for part in rest), total_seconds(rest), share)
        words = (f"{len(rest)} more", "", "")
        add_row(table, (*words, *_numbers(together, milliseconds)), False, style)
    return table


def _numbers(part: Part, milliseconds: Milliseconds) -> tuple[str, str, str]:
    return str(part.calls), milliseconds.time(part.seconds), percent(part.share)
