"""One number over batch sizes: a table where there are too few of them for a picture."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from operator import attrgetter

from effprof.report.blocks import Block
from effprof.report.page import Page
from effprof.report.phrases import setting_words
from effprof.report.setting_tables import gathered
from effprof.report.tables.cells import Cell
from effprof.report.tables.table import Column, Field, Table
from effprof.report.view import LEAST_POINTS
from effprof.report.well_known import well_known_results
from effprof.study.results import Result
from effprof.study.setting import Setting

#: A network by its label, and its result at each batch size.
_Row = tuple[str, Mapping[int, Result]]


def throughput(page: Page) -> Iterator[Block]:
    """Give the speed of every network at two batch sizes; more make a picture."""
    for setting in page.study.settings:
        if len(setting.batch_sizes) < LEAST_POINTS:
            yield from _over_batches(page, setting, "images_per_second")


def memory(page: Page) -> Iterator[Block]:
    """Give the resident memory of every network over batch sizes; other kinds make a picture."""
    for setting in page.study.settings:
        yield from _over_batches(page, setting, "peak_rss_bytes")


def _over_batches(page: Page, setting: Setting, quantity: str) -> Iterator[Table]:
    """Make the table of a quantity; of one batch size, the results have it."""
    sizes = setting.batch_sizes
    if len(sizes) < 2:
        return
    shown = well_known_results(setting.results, page.run.invocation.reference)
    rows: list[_Row] = [
        (label, {each.batch_size: each for each in own})
        for label, own in gathered(shown, lambda each: each.label)
    ]
    fields: tuple[Field[_Row], ...] = (
        Field(Column.words("model"), lambda row: row[0]),
        *(
            Field(
                replace(
                    Column.of(quantity, heading=f"batch {size}"), names=(f"{quantity}_{size}",)
                ),
                partial(_at, size=size, quantity=quantity),
            )
            for size in sizes
        ),
    )
    unit = Column.of(quantity).heading
    table = Table.of(fields, rows, f"{unit}, {setting_words(setting, within=True)}", sparse=True)
    if len(table.columns) > 1:
        yield table


def _at(row: _Row, size: int, quantity: str) -> Cell:
    result = row[1].get(size)
    return None if result is None else attrgetter(quantity)(result)
