"""Picks: what to take by accuracy and speed, and what nothing beats."""

from collections.abc import Iterator

from effprof.core.units import byte_size, significant
from effprof.report.blocks import Block
from effprof.report.findings import sentences
from effprof.report.tables.table import Column, Field, Table
from effprof.report.text import escape, listed
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.names import device_name, where
from effprof.study.accuracy_front import (
    AccuracyFront,
    Recommendation,
    accuracy_front,
    recommendations,
)
from effprof.study.collection import RunSetting
from effprof.study.findings import substitutes
from effprof.study.quoted_networks import QuotedNetwork
from effprof.study.setting import number, speed_of

#: Fewer networks than this on a front make no table worth its room.
MIN_FRONT = 3


def what_to_pick(basis: Basis) -> Iterator[Block]:
    """Tables of the fronts, with the picture, and the substitutes at equal quoted accuracy."""
    own = [each for each in basis.collection.settings if each.study in basis.collection.own]
    parts = [part for each in own for part in _picks(basis, each)]
    if parts:
        yield from (_FRONT, *parts, _LIMITS)
    else:
        yield "Too few networks with a quoted accuracy were measured."


_FRONT = (
    "Networks that no other measured one beats in both quoted accuracy and measured speed, at the "
    "largest batch of each run. Differences smaller than the intervals may go the other way. "
    "Accuracy is as quoted, and each source trained in its own way: older networks would gain from "
    "newer recipes."
)

_LIMITS = (
    "With limits on latency, memory, energy or accuracy: "
    "`effprof pick --latency-ms 30 --min-top1 77`."
)


def _picks(basis: Basis, told: RunSetting) -> Iterator[Block]:
    front = accuracy_front(told.setting)
    if len(front.unbeaten) >= MIN_FRONT:
        at = where(told, front.batch_size)
        fastest = "; ".join(map(_recommended, recommendations(front)))
        yield f"**{at}: the fastest by quoted top-1**: {fastest}."
        yield (
            f"{at}; {len(front.unbeaten)} of {len(front.networks)} networks with a quoted accuracy:"
        )
        yield _front(front)
        yield basis.picture("front", told)
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


def _front(front: AccuracyFront) -> Table:
    """Table of the networks on the front of speed."""
    memory = front.setting.memory
    fields: tuple[Field[QuotedNetwork], ...] = (
        Field(Column("network", align="left"), lambda each: each.result.label),
        Field(Column.of("resolution"), lambda each: each.result.resolution),
        Field(Column("top-1, quoted", write="{:.1f}".format), lambda each: each.top1),
        Field(Column.of("images_per_second"), lambda each: each.result.images_per_second),
        Field(
            Column("memory", write=byte_size),
            lambda each: number(each.result, memory) if memory else None,
        ),
        Field(Column.of("repeats"), lambda each: each.result.repeats),
    )
    return Table.of(fields, front.unbeaten)
