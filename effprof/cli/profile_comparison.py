"""Two profiles side by side: the table of roles, and the role that makes the difference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from effprof.analysis.profile_tables import Part, RoleDifference, differing_parts
from effprof.analysis.split import Split
from effprof.cli.profile_layout import (
    Milliseconds,
    Style,
    add_row,
    new_table,
    signed_time,
    total_seconds,
)
from effprof.core.estimates import Absent
from effprof.core.profiles import Profile
from effprof.core.units import MISSING, duration, percent, times
from effprof.report.phrases import loss_text, roles_text

if TYPE_CHECKING:
    from rich.table import Table

#: Differences below this share of the slower model's operators are within the noise between
#: processes (the probe: 1.8 to 5.9 %).
NOISE_SHARE = 0.02


def comparison_table(names: tuple[str, str], rows: Sequence[RoleDifference], style: Style) -> Table:
    """Table of both models' time and share by role, the largest difference first."""
    numbers = ("A ms", "A share", "B ms", "B share", "B - A ms")
    table = new_table(f"by role: A = {names[0]}, B = {names[1]}", ("role",), numbers)
    totals = _totals(rows)
    milliseconds = Milliseconds(max(totals))

    def cells(part: Part | None) -> tuple[str, str]:
        if part is None:
            return MISSING, MISSING
        return milliseconds.time(part.seconds), percent(part.share)

    for row in rows:
        texts = (row.role, *cells(row.one), *cells(row.other), milliseconds.difference(row.seconds))
        add_row(table, texts, row.highlighted, style)
    one, other = (milliseconds.time(total) for total in totals)
    gap = milliseconds.difference(totals[1] - totals[0])
    table.add_section()
    add_row(table, ("all operators", one, "", other, "", gap), False, style)
    return table


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
