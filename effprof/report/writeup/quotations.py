"""What others measured: quoted estimates, kept apart from one's own measurements."""

from collections.abc import Iterator
from functools import partial

from effprof.claims.told_parts import ToldPart, quoted_parts
from effprof.core.units import estimate_text
from effprof.report.blocks import Block
from effprof.report.claims import device_text, evidence_text
from effprof.report.tables.cells import Written
from effprof.report.tables.table import Column, Field, Table
from effprof.report.text import escape
from effprof.report.writeup.basis import Basis

#: Claims whose quoted speeds are what is known of devices that were not measured here.
SPEEDS = ("C9", "C10", "C13", "C14", "C15", "C23")

_LEGEND = (
    "effprof read files that others published ([their names](#the-runs)) and computed what they "
    "say; the files are not copied here. They hold one speed per network and no repeats: an "
    "interval comes from *twins*, networks of one file under two names with equal counts, whose "
    "speeds differ only by how they were timed. How batches were chosen and how clocks behaved is "
    "not known. GPU: 16 bits where that is safe, the largest batches of the file; CPU: fp32, many "
    "threads, compiled."
)


def others_measured(basis: Basis) -> Iterator[Block]:
    """Table of the quoted speeds, each once; nothing where none is quoted."""
    quoted = (each for each in _quoted(basis) if each.claim in SPEEDS)
    once = {(each.part.quantity, each.row.device, each.answer): each for each in quoted}
    if once:
        yield _LEGEND
        yield Table.of(_SPEEDS, once.values())


_SPEEDS: tuple[Field[ToldPart], ...] = (
    Field(Column("measured by others", align="left"), lambda each: each.part.quantity),
    Field(Column("device", align="left"), lambda each: device_text(each.row)),
    Field(
        Column("found"),
        lambda each: Written(each.answer.estimate, partial(estimate_text, unit=each.part.unit)),
    ),
    Field(Column("n"), lambda each: evidence_text(each.row)),
)


def quoted_lines(basis: Basis, claim: str) -> Iterator[str]:
    """Tell each quoted quantity of one claim in a line."""
    yield from dict.fromkeys(f"{device}: {told}." for device, told in _told(basis, claim))


def _told(basis: Basis, claim: str) -> Iterator[tuple[str, str]]:
    for each in _quoted(basis):
        if each.claim == claim:
            estimate = estimate_text(each.answer.estimate, each.part.unit)
            yield escape(device_text(each.row)), f"{escape(each.part.quantity)}, {estimate}"


def _quoted(basis: Basis) -> Iterator[ToldPart]:
    return quoted_parts(basis.verdicts, basis.quotations)
