"""Picks: what to take by accuracy and speed, and what nothing beats."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from effprof.core.accuracies import AccuracyKind
from effprof.core.units import byte_size, significant
from effprof.report.accuracy import top1_column
from effprof.report.blocks import Block
from effprof.report.findings import sentences
from effprof.report.tables.table import Column, Field, Table
from effprof.report.text import escape, listed
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.equal_table import at_equal_accuracy
from effprof.report.writeup.names import device_name, where
from effprof.study.accuracy_front import (
    AccuracyFront,
    Recommendation,
    accuracy_front,
    recommendations,
)
from effprof.study.collection import RunSetting
from effprof.study.findings import substitutes
from effprof.study.results import Result
from effprof.study.setting import number, speed_of

#: Fewer networks than this on a front make no table worth its room.
MIN_FRONT = 3


def what_to_pick(basis: Basis) -> Iterator[Block]:
    """Tables of the fronts and at equal accuracy, with the pictures, and the substitutes."""
    own = [each for each in basis.collection.settings if each.study in basis.collection.own]
    parts = [part for each in own for part in _picks(basis, each)]
    if parts:
        yield from (_FRONT, *parts, _LIMITS)
    else:
        yield "Too few networks with a quoted accuracy were measured."


_FRONT = (
    "Networks that no other measured one beats in both accuracy and measured speed, at the largest "
    "batch of each run. Differences smaller than the intervals may go the other way. Accuracy is "
    "ImageNet top-1, quoted and never measured here. *Paper* is that of the publication, where "
    "each was trained in its own way; *today* that of the best weights one would load today, of "
    "those trained on ImageNet-1k alone and evaluated at the size that was run."
)

_LIMITS = (
    "With limits on latency, memory, energy or accuracy: "
    "`effprof pick --latency-ms 30 --min-top1 77`."
)


#: The accuracies that fronts go by: how a sentence calls it, and the stem of its picture.
_KINDS: Mapping[AccuracyKind, tuple[str, str]] = {
    "paper": ("the paper's top-1", "front"),
    "today": ("the top-1 of today's weights", "front-today"),
}


def _picks(basis: Basis, told: RunSetting) -> Iterator[Block]:
    fronts = {kind: accuracy_front(told.setting, kind, told.study.weights) for kind in _KINDS}
    worth = all(len(each.unbeaten) >= MIN_FRONT for each in fronts.values())
    for kind, front in fronts.items() if worth else ():
        fastest = "; ".join(map(_recommended, recommendations(front)))
        at = where(told, front.batch_size)
        yield (
            f"**{at}: the fastest by {_KINDS[kind][0]}**: {fastest}. "
            f"{len(front.unbeaten)} of {len(front.networks)} networks are beaten by none."
        )
    if worth:
        yield _front(fronts)
        yield "\n\n".join(filter(None, (basis.picture(stem, told) for _, stem in _KINDS.values())))
        yield from at_equal_accuracy(told)
    lines = sentences(substitutes(told.setting), told.study)
    if lines:
        yield "\n".join(f"- {escape(device_name(told.study))}: {line}" for line in lines)


def _recommended(found: Recommendation) -> str:
    """Name the fastest network from each quoted accuracy on that a reader may look for."""
    best = found.best.result
    least = " or ".join(f"{each} %" for each in found.accuracies)
    rivals = escape(listed([each.result.label for each in found.rivals]))
    told = f"{significant(speed_of(best))}/s" + (f", not told apart from {rivals}" * bool(rivals))
    return f"from {least} on {escape(best.label)} ({told})"


@dataclass(frozen=True, slots=True)
class _Unbeaten:
    """A network that none beats by some accuracy, with all its accuracies."""

    result: Result
    by: tuple[AccuracyKind, ...]
    top1: Mapping[AccuracyKind, float]


def _front(fronts: Mapping[AccuracyKind, AccuracyFront]) -> Table:
    """Table of the networks on the front of speed by any of the accuracies, the fastest first."""
    first = next(iter(fronts.values()))
    memory = first.setting.memory
    fields: tuple[Field[_Unbeaten], ...] = (
        Field(Column("network", align="left"), lambda each: each.result.label),
        Field(Column.of("resolution"), lambda each: each.result.resolution),
        *map(_top1, fronts),
        Field(Column("unbeaten by", align="left"), lambda each: ", ".join(each.by)),
        Field(Column.of("images_per_second"), lambda each: each.result.images_per_second),
        Field(
            Column("memory", write=byte_size),
            lambda each: number(each.result, memory) if memory else None,
        ),
        Field(Column.of("repeats"), lambda each: each.result.repeats),
    )
    return Table.of(fields, sorted(_unbeaten(fronts), key=lambda each: -speed_of(each.result)))


def _top1(kind: AccuracyKind) -> Field[_Unbeaten]:
    return Field(top1_column(kind), lambda each: each.top1.get(kind))


def _unbeaten(fronts: Mapping[AccuracyKind, AccuracyFront]) -> Iterator[_Unbeaten]:
    on = {kind: {each.result.cell for each in front.unbeaten} for kind, front in fronts.items()}
    top1 = {
        kind: {each.result.cell: each.top1 for each in front.networks}
        for kind, front in fronts.items()
    }
    results = {e.result.cell: e.result for front in fronts.values() for e in front.unbeaten}
    for cell, result in results.items():
        by = tuple(kind for kind, cells in on.items() if cell in cells)
        yield _Unbeaten(result, by, {k: found[cell] for k, found in top1.items() if cell in found})
