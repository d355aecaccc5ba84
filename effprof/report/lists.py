"""What did not work and what must be known: failed and invalid cells, repeats, missing numbers."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from effprof.analysis.pooling import MEASURED
from effprof.core.estimates import Estimate
from effprof.core.outcomes import Measurement
from effprof.report.blocks import Block
from effprof.report.page import Page
from effprof.report.tables.table import Column, Field, Table
from effprof.report.text import listed
from effprof.study.results import Result

_CELL: Field[Result] = Field(Column.words("cell"), lambda result: result.cell.key)

_FAILURES: tuple[Field[Result], ...] = (
    _CELL,
    Field(
        Column.words("outcome"),
        lambda result: "invalid" if result.status == MEASURED else result.status,
    ),
    Field(Column.words("reason"), lambda result: result.reason),
    Field(
        Column("images/s, rejected", names=("images_per_second",)),
        lambda result: _value(result.images_per_second),
    ),
)

#: What tells remarks of one kind apart.
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(slots=True)
class _Said:
    """Remarks of one kind, which differ in their numbers only, and the keys of their cells."""

    remarks: dict[str, None] = field(default_factory=dict)
    cells: dict[str, None] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The first remark, and how many more there are."""
        first, *others = self.remarks
        return f"{first} (and {len(others)} with other numbers)" if others else first


def _said(heading: str) -> tuple[Field[_Said], ...]:
    return (
        Field(Column.words(heading), lambda said: said.text),
        Field(Column.words("cells"), lambda said: f"{len(said.cells)}: {listed([*said.cells], 2)}"),
    )


def failures(page: Page) -> Iterator[Block]:
    """List every planned cell that no table shows, with what became of it and why."""
    planned = page.study.results
    rows = [each for each in planned if not each.valid]
    yield (
        f"{len(planned)} planned cells = {len(planned) - len(rows)} shown above + "
        f"{len(rows)} listed here."
    )
    if rows:
        yield Table.of(_FAILURES, rows, sparse=True)


def remarks(page: Page) -> Iterator[Block]:
    """List repeats set aside, cells that did not converge, notes, and numbers that are missing.

    Each kind has one row.
    """
    told = [each for each in page.study.results if each.valid and each.reason]
    aside = _by_kind((each.reason, each.cell.key) for each in told if not each.rough)
    rough = _by_kind((each.reason, each.cell.key) for each in told if each.rough)
    if aside:
        yield Table.of(_said("set aside"), aside, "Shown above without some of their repeats")
    if rough:
        yield Table.of(_said("reason"), rough, "Rough: the machine was not quiet")
    if said := _by_kind(_remarks_of_measurements(page)):
        yield Table.of(_said("remark"), said)


def _by_kind(pairs: Iterable[tuple[str, str]]) -> list[_Said]:
    """Gather remarks, each with the key of its cell, by what they say without their numbers."""
    kinds: dict[str, _Said] = {}
    for remark, cell in pairs:
        said = kinds.setdefault(_NUMBER.sub("", remark), _Said())
        said.remarks[remark] = said.cells[cell] = None
    return [*kinds.values()]


def _value(speed: object) -> float | None:
    return speed.value if isinstance(speed, Estimate) else None


def _remarks_of_measurements(page: Page) -> Iterator[tuple[str, str]]:
    """Yield each remark on a measurement with the key of its cell."""
    for pooled in page.study.pooled:
        for done in pooled.used.values():
            for remark in _remarks(done):
                yield remark, pooled.cell.key


def _remarks(done: Measurement) -> Iterator[str]:
    if not done.timing.converged and not done.rough:
        yield "not converged: stopped at the time cap, the interval is wider than asked for"
    yield from done.notes
    by_reason: dict[str, list[str]] = {}
    for name, reason in done.missing.items():
        by_reason.setdefault(reason, []).append(name)
    for reason, names in by_reason.items():
        yield f"no {', '.join(names)}: {reason}"
