"""The table at equal accuracy: who is at least as accurate as a network, and fastest."""

from collections.abc import Iterator

from effprof.core.accuracies import AccuracyKind
from effprof.core.quantities import QUANTITIES
from effprof.report.blocks import Block
from effprof.report.tables.cells import Cell, Mark, Marked
from effprof.report.tables.table import Column, Field, Table
from effprof.report.text import escape
from effprof.report.writeup.names import where
from effprof.study.collection import RunSetting
from effprof.study.equal_accuracy import EqualAccuracy, Fastest, equal_accuracy
from effprof.study.quoted_networks import QuotedNetwork

#: The accuracies by which networks are compared, in the order of the columns.
KINDS: tuple[AccuracyKind, ...] = ("paper", "today")

#: Fewer networks than this make no table worth its room.
MIN_ROWS = 3


def at_equal_accuracy(told: RunSetting) -> Iterator[Block]:
    """Make the table of the subject's line of families and the reference, at the largest batch."""
    setting = told.setting
    size = setting.batch_sizes[-1]
    reference = setting.reference_at(size)
    wanted = [*setting.relatives, *([reference] if reference else [])]
    found = list(equal_accuracy(setting, wanted, KINDS, told.study.weights))
    if len(found) < MIN_ROWS:
        return
    yield (
        f"**At equal accuracy**, {where(told, size)}: which network is at least as accurate and "
        "takes the least time, by the paper's accuracy and by that of today's weights, and how "
        "many times as fast it is:"
    )
    table = Table.of(tuple(_fields({})), found)
    legend = "; ".join(f"{mark.sign.strip()} {escape(mark.meaning)}" for mark in table.marks)
    yield from (table, f"Top-1 from: {legend}.")


def quoted_cell(network: QuotedNetwork, value: str | float, marks: dict[str, Mark]) -> Marked:
    """Give a value with the mark of who quotes the accuracy, which is added where it is new."""
    source = network.accuracy.text
    return Marked(value, marks.setdefault(source, Mark(f" ({len(marks) + 1})", source)))


def _fields(marks: dict[str, Mark]) -> Iterator[Field[EqualAccuracy]]:
    yield Field(Column("network", align="left"), lambda row: row.result.label)
    yield Field(Column.of("images_per_second"), lambda row: row.result.images_per_second)
    for kind in KINDS:
        yield from _fields_of(kind, marks)


def _fields_of(kind: AccuracyKind, marks: dict[str, Mark]) -> Iterator[Field[EqualAccuracy]]:
    """Give the columns of one accuracy: who quotes it, who is as accurate and fastest, how fast."""
    ratio = Column(
        f"times as fast, {kind}", QUANTITIES["realised"], names=(f"times_as_fast_{kind}",)
    )
    yield Field(
        Column(f"top-1, {kind}", write="{:.1f}".format),
        lambda row: _own(row.fastest.get(kind), marks),
    )
    yield Field(
        Column(f"fastest, {kind}", align="left"), lambda row: _best(row.fastest.get(kind), marks)
    )
    yield Field(ratio, lambda row: found.ratio if (found := row.fastest.get(kind)) else None)


def _own(found: Fastest | None, marks: dict[str, Mark]) -> Cell:
    return None if found is None else quoted_cell(found.network, found.network.top1, marks)


def _best(found: Fastest | None, marks: dict[str, Mark]) -> Cell:
    """Name the fastest one with its accuracy and who quotes that."""
    if found is None:
        return None
    if found.best is found.network:
        return "none is faster"
    label = f"{found.best.result.label}, {found.best.top1:.1f}"
    return quoted_cell(found.best, label, marks)
