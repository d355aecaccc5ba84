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
from effprof.core.profiles import METHODS, UNATTRIBUTED, Profile
from effprof.core.units import duration, percent

if TYPE_CHECKING:
    from rich.table import Table


#: How far the operators of a clocked step may sum from the plain step (the measuring standard;
#: on a quiet machine they come within 2 to 5 %).
DOUBTFUL_GAP = 0.1

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
        parts.append(
            f"SE {percent(role_share(profile, is_squeeze_excite))}, its sigmoid gate {gate}"
        )
    else:
        parts.append("no SE")
    return "; ".join(parts)


def method_lines(profile: Profile) -> tuple[str, ...]:
    """How the time was attributed: the method, what it cost, and what it could not explain."""
    clocked = profile.method == METHODS["clock"]
    covered = coverage(profile)
    unattributed = percent(role_share(profile, lambda role: role == UNATTRIBUTED))
    where = ", between the operators" if clocked else ""
    lines = [
        f"method: {profile.method}, medians over {profile.steps} steps;"
        f" a profiled step took {duration(profile.wall_seconds)}"
        f" ({signed_percent(profile.overhead)}{where})",
        f"coverage: operators sum to {percent(covered)} of the plain step;"
        f" unattributed: {unattributed}",
    ]
    if clocked and covered is not None and abs(covered - 1) > DOUBTFUL_GAP:
        lines.append(
            f"doubtful: the operators should sum to within {percent(DOUBTFUL_GAP)} of the plain"
            " step; was the machine busy? run again when it is idle"
        )
    if not clocked and profile.kernel_count is not None and profile.busy_seconds is not None:
        busy = percent(profile.busy_seconds / profile.plain_seconds)
        lines.append(f"device: {profile.kernel_count} kernels, busy {busy} of the plain step")
    return tuple(lines)


def role_table(rows: Sequence[RoleRow], style: Style) -> Table:
    """Table of roles: calls, time, share, the share of the MACs beside it, and a bar."""
    table = new_table("by role", ("role",), ("calls", "ms", "share", "of MACs"))
    table.add_column("", no_wrap=True, min_width=BAR_WIDTH)
    whole = _together([row.part for row in rows])
    milliseconds = Milliseconds(whole.seconds)
    largest = max((row.part.share or 0.0 for row in rows), default=0.0)
    for row in rows:
        numbers = (*_numbers(row.part, milliseconds), percent(row.macs_share))
        add_row(table, (row.role, *numbers, bar(row.part.share, largest)), row.highlighted, style)
    table.add_section()
    add_row(table, ("all operators", *_numbers(whole, milliseconds)), False, style)
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
    known = any(row.kernels for row in rows)
    words = ("operator", "role", "kernels") if known else ("operator", "role")
    table = new_table("by kernel" if known else "by operator", words, ("calls", "ms", "share"))
    table.columns[len(words) - 1].max_width = KERNEL_WIDTH
    milliseconds = Milliseconds(total_seconds(row.part for row in rows))
    for row in rows[:top]:
        names = (row.op, row.role, kernel_text(row.kernels))[: len(words)]
        add_row(table, (*names, *_numbers(row.part, milliseconds)), row.highlighted, style)
    rest = _together([row.part for row in rows[top:]])
    if rest.calls:
        names = (f"{len(rows) - top} more", *[""] * (len(words) - 1))
        add_row(table, (*names, *_numbers(rest, milliseconds)), False, style)
    return table


def _together(parts: Sequence[Part]) -> Part:
    share = sum(part.share or 0.0 for part in parts)
    return Part(sum(part.calls for part in parts), total_seconds(parts), share)


def _numbers(part: Part, milliseconds: Milliseconds) -> tuple[str, str, str]:
    return str(part.calls), milliseconds.time(part.seconds), percent(part.share)
