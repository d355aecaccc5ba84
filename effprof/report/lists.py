"""What did not work and what must be known: failed and invalid cells, repeats, missing numbers."""

from collections.abc import Iterator

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

_SET_ASIDE: tuple[Field[Result], ...] = (
    _CELL,
    Field(Column.words("set aside"), lambda result: result.reason),
)

_ROUGH: tuple[Field[Result], ...] = (
    _CELL,
    Field(Column.words("reason"), lambda result: result.reason),
)

_REMARKS: tuple[Field[tuple[str, list[str]]], ...] = (
    Field(Column.words("remark"), lambda said: said[0]),
    Field(Column.words("cells"), lambda said: f"{len(said[1])}: {listed(said[1], 2)}"),
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
    """List repeats set aside, cells that did not converge, notes, and numbers that are missing."""
    told = [each for each in page.study.results if each.valid and each.reason]
    if aside := [each for each in told if not each.rough]:
        yield Table.of(_SET_ASIDE, aside, "Shown above without some of their repeats")
    if rough := [each for each in told if each.rough]:
        yield Table.of(_ROUGH, rough, "Rough: the machine was not quiet")
    if said := _remarks_of_measurements(page):
        yield Table.of(_REMARKS, said.items())


def _value(speed: object) -> float | None:
    return speed.value if isinstance(speed, Estimate) else None


def _remarks_of_measurements(page: Page) -> dict[str, list[str]]:
    """Map each remark on a measurement to the keys of the cells it holds for."""
    said: dict[str, list[str]] = {}
    for pooled in page.study.pooled:
        remarks = [remark for done in pooled.used.values() for remark in _remarks(done)]
        for remark in dict.fromkeys(remarks):
            said.setdefault(remark, []).append(pooled.cell.key)
    return said


def _remarks(done: Measurement) -> Iterator[str]:
    if not done.timing.converged and not done.rough:
        yield "not converged: stopped at the time cap, the interval is wider than asked for"
    yield from done.notes
    by_reason: dict[str, list[str]] = {}
    for name, reason in done.missing.items():
        by_reason.setdefault(reason, []).append(name)
    for reason, names in by_reason.items():
        yield f"no {', '.join(names)}: {reason}"
