"""Picks: the fastest network from an accuracy on, and the front of accuracy and speed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from effprof.core.accuracies import AccuracyKind
from effprof.core.units import byte_size
from effprof.report.accuracy import KINDS, top1_column
from effprof.report.blocks import Block
from effprof.report.tables.table import Column, Field, Table
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.names import where
from effprof.study.accuracy_front import (
    ACCURACIES,
    AccuracyFront,
    Recommendation,
    accuracy_front,
    recommendations,
)
from effprof.study.collection import RunSetting
from effprof.study.results import Result
from effprof.study.setting import number, speed_of

#: Fewer networks than this on a front make no table worth its room.
MIN_FRONT = 3

_FRONT = (
    "No other measured network beats these in both accuracy and speed. Differences smaller than "
    "the intervals may go the other way."
)

#: The accuracies that fronts go by -> the stem of the picture.
_PICTURES: Mapping[AccuracyKind, str] = {"paper": "front", "today": "front-today"}

#: By each kind of accuracy, the fastest network from each of `ACCURACIES` on.
_Picks = Mapping[AccuracyKind, Mapping[int, Recommendation]]


def picks(told: RunSetting) -> Table:
    """Table of the fastest network from each accuracy on that a reader may look for."""
    found: _Picks = {
        kind: {
            least: each
            for each in recommendations(accuracy_front(told.setting, kind, told.study.weights))
            for least in each.accuracies
        }
        for kind in KINDS
    }
    fields: tuple[Field[int], ...] = (
        Field(Column("top-1 of at least", write="{:.0f} %".format), lambda least: least),
        *(_fastest(kind, found) for kind in KINDS),
    )
    wanted = [least for least in ACCURACIES if any(least in each for each in found.values())]
    return Table.of(fields, wanted)


def _fastest(kind: AccuracyKind, found: _Picks) -> Field[int]:
    def read(least: int) -> str | None:
        pick = found[kind].get(least)
        if pick is None:
            return None
        return " or ".join(each.result.label for each in (pick.best, *pick.rivals))

    return Field(Column.words(f"fastest, {kind}"), read)


def fronts(basis: Basis) -> Iterator[Block]:
    """Tables of the fronts of own runs, with their pictures."""
    there = [
        (each, found)
        for each in basis.collection.settings
        if each.study in basis.collection.own and (found := _worth_telling(each))
    ]
    if there:
        yield _FRONT
    for each, found in there:
        yield f"{where(each, each.setting.batch_sizes[-1])}, run {basis.linked(each)}:"
        yield _front(found)
        pictures = (basis.picture(stem, each) for stem in _PICTURES.values())
        yield "\n\n".join(filter(None, pictures))


def _worth_telling(told: RunSetting) -> Mapping[AccuracyKind, AccuracyFront]:
    """Give the fronts by each accuracy; none unless all of them have networks enough."""
    found = {kind: accuracy_front(told.setting, kind, told.study.weights) for kind in KINDS}
    return found if all(len(each.unbeaten) >= MIN_FRONT for each in found.values()) else {}


@dataclass(frozen=True, slots=True)
class _Unbeaten:
    """A network that none beats by some accuracy, with all its accuracies."""

    result: Result
    by: tuple[AccuracyKind, ...]
    top1: Mapping[AccuracyKind, float]


def _front(by_kind: Mapping[AccuracyKind, AccuracyFront]) -> Table:
    """Table of the networks on the front of speed by any of the accuracies, the fastest first."""
    first = next(iter(by_kind.values()))
    memory = first.setting.memory
    fields: tuple[Field[_Unbeaten], ...] = (
        Field(Column("network", align="left"), lambda each: each.result.label),
        Field(Column.of("resolution"), lambda each: each.result.resolution),
        *map(_top1, by_kind),
        Field(Column("unbeaten by", align="left"), lambda each: ", ".join(each.by)),
        Field(Column.of("images_per_second"), lambda each: each.result.images_per_second),
        Field(
            Column("memory", write=byte_size),
            lambda each: number(each.result, memory) if memory else None,
        ),
        Field(Column.of("repeats"), lambda each: each.result.repeats),
    )
    return Table.of(fields, sorted(_unbeaten(by_kind), key=lambda each: -speed_of(each.result)))


def _top1(kind: AccuracyKind) -> Field[_Unbeaten]:
    return Field(top1_column(kind), lambda each: each.top1.get(kind))


def _unbeaten(by_kind: Mapping[AccuracyKind, AccuracyFront]) -> Iterator[_Unbeaten]:
    on = {kind: {each.result.cell for each in front.unbeaten} for kind, front in by_kind.items()}
    top1 = {
        kind: {each.result.cell: each.top1 for each in front.networks}
        for kind, front in by_kind.items()
    }
    results = {e.result.cell: e.result for front in by_kind.values() for e in front.unbeaten}
    for cell, result in results.items():
        by = tuple(kind for kind, cells in on.items() if cell in cells)
        yield _Unbeaten(result, by, {k: found[cell] for k, found in top1.items() if cell in found})
