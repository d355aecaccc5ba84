"""A profile as text: its headline, how it was taken, and its tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

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
    NOTHING,
    Milliseconds,
    kernel_text,
    marked,
    signed_percent,
    total_seconds,
)
from effprof.core.profiles import METHODS, UNATTRIBUTED, Profile
from effprof.core.units import duration, percent
from effprof.report.tables.bars import bar
from effprof.report.tables.cells import Cell
from effprof.report.tables.table import Column, Field, Table

Row = TypeVar("Row")

#: How far the operators of a clocked step may sum from the plain step (the measuring standard;
#: on a quiet machine they come within 2 to 5 %).
DOUBTFUL_GAP = 0.1

#: Characters of the longest bar.
BAR_WIDTH = 20

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


def role_table(rows: Sequence[RoleRow], *, drawn: bool) -> Table:
    """Table of roles: calls, time, share, the share of the MACs beside it, and a bar if `drawn`."""
    whole = _together([row.part for row in rows])
    largest = max((row.part.share or 0.0 for row in rows), default=0.0)
    fields: list[Field[RoleRow]] = [
        Field(Column.words("role"), lambda row: marked(row.role, row.highlighted)),
        *_numbers(Milliseconds(whole.seconds), lambda row: row.part),
        Field(Column("of MACs", write=percent), lambda row: row.macs_share),
    ]

    def draw(row: RoleRow) -> str:
        return bar(row.part.share, largest, BAR_WIDTH)

    if drawn:
        fields.append(Field(Column.words("", rank=1), draw))
    table = Table.of(fields, rows, "by role")
    nothing = (NOTHING,) * (len(fields) - 4)
    return replace(table, rows=(*table.rows, ("all operators", *_cells(whole), *nothing)))


def module_table(model: str, root: ModuleNode) -> Table:
    """Table whose first column is the tree of modules, in the order of execution."""

    def share(read: Callable[[ModuleNode], float]) -> Callable[[tuple[str, ModuleNode]], Cell]:
        return lambda row: read(row[1]) / row[1].part.seconds if row[1].part.seconds else None

    fields: list[Field[tuple[str, ModuleNode]]] = [
        Field(
            Column.words("module"),
            lambda row: marked(
                f"{row[0]}{row[1].name or model}", row[1].highlighted, row[1].path or model
            ),
        ),
        *_numbers(Milliseconds(root.part.seconds), lambda row: row[1].part),
        Field(Column("invisible", write=percent), share(lambda node: node.invisible)),
    ]
    if root.squeeze_excite > 0:
        fields.append(Field(Column("SE", write=percent), share(lambda node: node.squeeze_excite)))
    return Table.of(fields, _with_guides(root), "by module")


def _with_guides(
    node: ModuleNode, guide: str = "", below: str = ""
) -> Iterator[tuple[str, ModuleNode]]:
    """Yield modules with what stands before their names; its spaces are none to break a line at."""
    yield guide, node
    for child in node.children:
        last = child is node.children[-1]
        yield from _with_guides(
            child,
            below + ("└─\N{NO-BREAK SPACE}" if last else "├─\N{NO-BREAK SPACE}"),
            below + ("\N{NO-BREAK SPACE}" * 3 if last else "│" + "\N{NO-BREAK SPACE}" * 2),
        )


def op_table(rows: Sequence[OpRow], top: int) -> Table:
    """Table of the `top` operators by time, with the kernels that ran; the rest in one row."""
    known = any(row.kernels for row in rows)
    fields: list[Field[OpRow]] = [
        Field(Column.words("operator"), lambda row: marked(row.op, row.highlighted)),
        Field(Column.words("role"), lambda row: row.role),
        *([Field(Column.words("kernels", rank=1), _kernels)] if known else []),
        *_numbers(Milliseconds(total_seconds(row.part for row in rows)), lambda row: row.part),
    ]
    table = Table.of(fields, rows[:top], "by kernel" if known else "by operator")
    rest = _together([row.part for row in rows[top:]])
    if not rest.calls:
        return table
    names: tuple[Cell, ...] = (f"{len(rows) - top} more", *(NOTHING,) * (len(fields) - 4))
    return replace(table, rows=(*table.rows, (*names, *_cells(rest))))


def _kernels(row: OpRow) -> str:
    """Name the kernels of a row; those of CUDA, whose names go on for hundreds, are shortened."""
    text = kernel_text(row.kernels)
    return text if len(text) <= KERNEL_WIDTH else f"{text[: KERNEL_WIDTH - 1]}…"


def _together(parts: Sequence[Part]) -> Part:
    share = sum(part.share or 0.0 for part in parts)
    return Part(sum(part.calls for part in parts), total_seconds(parts), share)


def _numbers(
    milliseconds: Milliseconds, part: Callable[[Row], Part]
) -> tuple[Field[Row], Field[Row], Field[Row]]:
    """Give the columns of a part."""
    return (
        Field(Column("calls"), lambda row: part(row).calls),
        Field(milliseconds.column, lambda row: part(row).seconds),
        Field(Column("share", write=percent), lambda row: part(row).share),
    )


def _cells(part: Part) -> tuple[Cell, Cell, Cell]:
    return part.calls, part.seconds, part.share
