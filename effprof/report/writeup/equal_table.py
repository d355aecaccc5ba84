"""The table at equal accuracy: who is at least as accurate as a network, and fastest."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from effprof.core.accuracies import AccuracyKind
from effprof.report.accuracy import KINDS, Quotes, top1_column
from effprof.report.blocks import Block
from effprof.report.tables.cells import Cell
from effprof.report.tables.table import Column, Field, Table
from effprof.report.text import escape
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.names import where
from effprof.study.accuracy_front import accuracy_front
from effprof.study.collection import RunSetting
from effprof.study.equal_accuracy import EqualAccuracy, Fastest, equal_accuracy
from effprof.study.zoo_settings import MIN_ZOO, zoo_settings

_EXPLAINED = (
    "Which measured network is at least as accurate and takes the least time, and how many times "
    "as fast is it? *Paper*: the accuracy of the publication, where each was trained in its own "
    "way. *Today*: that of the best weights one would load today, trained on ImageNet-1k alone. "
    "Accuracy is ImageNet top-1 in per cent, quoted and never measured here; numbers in "
    "parentheses name "
    "[the source](#what-was-counted-and-quoted)."
)


def at_equal_accuracy(basis: Basis) -> Iterator[Block]:
    """Give the table of the machine with the most networks, and what the family holds there."""
    told = list(equal_blocks(basis))
    yield _EXPLAINED if told else f"It takes {MIN_ZOO} networks of known accuracy in one run."
    yield from (block for _, blocks in told[:1] for block in blocks)


def equal_blocks(basis: Basis) -> Iterator[tuple[RunSetting, tuple[Block, ...]]]:
    """Yield the table of each machine, and what the family holds of its front."""
    for told, table in equal_tables(basis, Quotes()):
        place = f"{where(told, told.setting.batch_sizes[-1])}:"
        yield told, (place, table, _held(told))


def equal_tables(basis: Basis, quotes: Quotes) -> Iterator[tuple[RunSetting, Table]]:
    """Make the table of the subject's family and the reference, at the largest batch."""
    for told in zoo_settings(basis.collection):
        setting = told.setting
        size = setting.batch_sizes[-1]
        reference = setting.reference_at(size)
        first = setting.subject[0]
        own = [e for e in setting.relatives if e.batch_size == size and e.family == first.family]
        wanted = [*own, *([reference] if reference else [])]
        over = partial(basis.collection.speed_over, told.study)
        if found := list(equal_accuracy(setting, wanted, KINDS, told.study.weights, over)):
            yield told, Table.of(tuple(_fields(quotes)), found)


def _held(told: RunSetting) -> str:
    """Tell how much of the front of accuracy and speed the subject's family holds."""
    front, own = accuracy_front(told.setting), told.setting.subject
    today = accuracy_front(told.setting, "today", told.study.weights)
    family = own[0].family
    return (
        f"The family {escape(family)} holds {front.held_by(family)} of the {len(front.unbeaten)} "
        f"points of the Pareto front of accuracy and speed by the papers' accuracies "
        f"({len(front.networks)} networks), {today.held_by(family)} of {len(today.unbeaten)} by "
        f"today's ({len(today.networks)})."
    )


def _fields(quotes: Quotes) -> Iterator[Field[EqualAccuracy]]:
    yield Field(Column("network", align="left"), lambda row: row.result.label)
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
        others = found.compared - 1
        return f"none is faster (of {others})" if others else "no other is as accurate"
    label = f"{found.best.result.label}, {found.best.top1:.1f}"
    return quotes.cell(found.best.accuracy, label)
