"""Two profiles side by side: the table of roles, and the role that makes the difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from effprof.analysis.profile_tables import Part, RoleDifference, differing_parts
from effprof.analysis.split import Split
from effprof.cli.profile_layout import (
    NOTHING,
    Milliseconds,
    marked,
    signed_time,
    total_seconds,
)
from effprof.core.estimates import Absent
from effprof.core.profiles import Profile
from effprof.core.units import duration, percent, times
from effprof.report.phrases import loss_text, roles_text
from effprof.report.tables.cells import Cell
from effprof.report.tables.table import Column, Field, Table

#: Differences below this share of the slower model's operators are within the noise between
#: processes (the probe: 1.8 to 5.9 %).
NOISE_SHARE = 0.02


def comparison_table(names: tuple[str, str], rows: Sequence[RoleDifference]) -> Table:
    """Table of both models' time and share by role, the largest difference first."""
    totals = _totals(rows)
    milliseconds = Milliseconds(max(totals))

    def seconds(part: Part | None) -> float | None:
        return None if part is None else part.seconds

    def share(part: Part | None) -> float | None:
        return None if part is None else part.share

    times_of = partial(Column, write=milliseconds.time)
    difference = Column("B - A ms", write=milliseconds.difference, names=("difference_seconds",))
    fields: tuple[Field[RoleDifference], ...] = (
        Field(Column.words("role"), lambda row: marked(row.role, row.highlighted)),
        Field(times_of("A ms", names=("a_seconds",)), lambda row: seconds(row.one)),
        Field(Column("A share", write=percent), lambda row: share(row.one)),
        Field(times_of("B ms", names=("b_seconds",)), lambda row: seconds(row.other)),
        Field(Column("B share", write=percent), lambda row: share(row.other)),
        Field(difference, lambda row: row.seconds),
    )
    table = Table.of(fields, rows, f"by role: A = {names[0]}, B = {names[1]}")
    one, other = totals
    whole: tuple[Cell, ...] = ("all operators", one, NOTHING, other, NOTHING, other - one)
    return replace(table, rows=(*table.rows, whole))


def comparison_sentences(
    names: tuple[str, str],
    profiles: tuple[Profile, Profile],
    macs_ratio: float | None,
    rows: Sequence[RoleDifference],
) -> tuple[str, ...]:
    """Compare the ratio of the steps with that of the MACs, and name the role behind it."""
    one, other = profiles
    first = (
        f"B ({names[1]}) takes {times(other.plain_seconds / one.plain_seconds)} the time of"
        f" A ({names[0]}) with {times(macs_ratio)} the MACs:"
        f" {duration(other.plain_seconds)} against {duration(one.plain_seconds)} a step"
    )
    return first, culprit(rows)


def split_sentence(split: Split | Absent) -> str:
    """Say where the speed-up went that the model with fewer FLOPs promises over the other."""
    if isinstance(split, Absent):
        return f"no split of the speed-up: {split.reason}"
    told = loss_text(split, roles_text)
    return (
        f"{split.cell.model} promises {times(split.promise)} over {split.reference.model} and"
        f" delivers {times(split.realised.value)}{': ' if told else ''}{told}"
    )


def culprit(rows: Sequence[RoleDifference]) -> str:
    """Say which role makes the difference, all of squeeze-and-excitation counted as one."""
    parts = differing_parts(rows)
    total = sum(parts.values())
    if abs(total) < NOISE_SHARE * max(_totals(rows)):
        (name, seconds), *_ = parts.items()
        return (
            f"the operators of both take the same time within {percent(NOISE_SHARE)};"
            f" the largest change of a role is {name} {signed_time(seconds)}"
        )
    same_way = {name: s for name, s in parts.items() if s * total > 0}
    (name, seconds), *others = same_way.items()
    text = (
        f"{name} makes the largest difference: {signed_time(seconds)}"
        f" of {signed_time(total)} in operators ({percent(seconds / total)})"
    )
    after = [f"{n} {signed_time(s)}" for n, s in others[:2]]
    return text + (f", then {', '.join(after)}" if after else "")


def _totals(rows: Sequence[RoleDifference]) -> tuple[float, float]:
    """Seconds of all operators of either side."""
    one = total_seconds(row.one for row in rows if row.one)
    return one, total_seconds(row.other for row in rows if row.other)
