"""The table at equal accuracy: who is at least as accurate as a network, and fastest."""

from collections.abc import Iterator
from dataclasses import replace

from effprof.core.accuracies import AccuracyKind
from effprof.report.accuracy import KINDS, Quotes, top1_column
from effprof.report.blocks import Block
from effprof.report.tables.cells import Cell
from effprof.report.tables.table import Column, Field, Table
from effprof.report.writeup.names import where
from effprof.study.collection import RunSetting
from effprof.study.equal_accuracy import EqualAccuracy, Fastest, equal_accuracy
from effprof.study.quoted_networks import quoted_networks

#: Networks with an accuracy that make a comparison worth a table, at least.
MIN_ZOO = 10


def at_equal_accuracy(told: RunSetting) -> Iterator[Block]:
    """Make the table of the subject's line of families and the reference, at the largest batch."""
    setting = told.setting
    size = setting.batch_sizes[-1]
    reference = setting.reference_at(size)
    wanted = [*setting.relatives, *([reference] if reference else [])]
    found = list(equal_accuracy(setting, wanted, KINDS, told.study.weights))
    if len(quoted_networks(setting.at(size))) < MIN_ZOO or not found:
        return
    yield (
        f"**At equal accuracy**, {where(told, size)}: which network is at least as accurate and "
        "takes the least time, by the paper's accuracy and by that of today's weights, and how "
        "many times as fast it is:"
    )
    quotes = Quotes()
    yield Table.of(tuple(_fields(quotes)), found)
    yield quotes.legend()


def _fields(quotes: Quotes) -> Iterator[Field[EqualAccuracy]]:
    yield Field(Column("network", align="left"), lambda row: row.result.label)
    yield Field(Column.of("images_per_second"), lambda row: row.result.images_per_second)
    for kind in KINDS:
        yield from _fields_of(kind, quotes)


def _fields_of(kind: AccuracyKind, quotes: Quotes) -> Iterator[Field[EqualAccuracy]]:
    """Give the columns of one accuracy: who quotes it, who is as accurate and fastest, how fast."""
    ratio = replace(
        Column.of("realised", heading=f"times as fast, {kind}"), names=(f"times_as_fast_{kind}",)
    )
    yield Field(
        top1_column(kind),
        lambda row: _own(row.fastest.get(kind), quotes),
    )
    yield Field(
        Column(f"fastest, {kind}", align="left"), lambda row: _best(row.fastest.get(kind), quotes)
    )
    yield Field(ratio, lambda row: found.ratio if (found := row.fastest.get(kind)) else None)


def _own(found: Fastest | None, quotes: Quotes) -> Cell:
    return None if found is None else quotes.cell(found.network.accuracy, found.network.top1)


def _best(found: Fastest | None, quotes: Quotes) -> Cell:
    """Name the fastest one with its accuracy and who quotes that."""
    if found is None:
        return None
    if found.best is found.network:
        return "none is faster"
    label = f"{found.best.result.label}, {found.best.top1:.1f}"
    return quotes.cell(found.best.accuracy, label)
