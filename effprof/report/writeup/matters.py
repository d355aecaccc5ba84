"""Does it matter beyond inference speed: training, memory, energy; what V2 fixed; what to pick."""

from collections.abc import Iterator

from effprof.core.columns import COLUMNS
from effprof.core.units import byte_size, estimate_text, si, significant, times
from effprof.report.blocks import Block
from effprof.report.findings import sentences
from effprof.report.tables.table import Column, Field, Table
from effprof.report.text import escape, listed
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.names import device_name, reference_title, title, where
from effprof.report.writeup.others import quoted_lines
from effprof.study.accuracy_front import (
    AccuracyFront,
    Recommendation,
    accuracy_front,
    recommendations,
)
from effprof.study.cell_ratios import subject_over_reference
from effprof.study.collection import RunSetting
from effprof.study.findings import substitutes
from effprof.study.quoted_networks import QuotedNetwork
from effprof.study.setting import number, promise_of, realised_of, speed_of
from effprof.study.successors import ELDER, YOUNGER, Successor, successors

#: The claim whose quoted quantities tell of V2 on devices that were not measured here.
SUCCESSOR_CLAIM = "C23"

#: Fewer networks than this on a front make no table worth its room.
MIN_FRONT = 3


def beyond_speed(basis: Basis) -> Iterator[Block]:
    """Tell what training, memory and energy say of the subject, or what would tell."""
    settings = basis.collection.settings
    training = [line for each in settings for line in _training(each)]
    memory = (line for each in settings for line in _memory(each))
    energy = [line for each in settings for line in _energy(each)]
    told = [*(training or [_NO_TRAINING]), *memory, *(energy or [_NO_ENERGY])]
    yield "\n".join(f"- {line}" for line in told)


_NO_TRAINING = (
    "**Training** was not measured: `effprof run quick --cpu --mode train`, or "
    "`effprof run train --gpu 0`."
)
_NO_ENERGY = (
    "**Energy** was not measured: it is read from the counter of NVIDIA GPUs, "
    "`effprof run paper --gpu 0`."
)


def _training(told: RunSetting) -> Iterator[str]:
    if told.setting.mode == "train" and told.setting.subject:
        own = told.setting.subject[-1]
        yield (
            f"**Training** ({where(told, own.batch_size)}): "
            f"{title(own)} promises {times(promise_of(own))} and is "
            f"{estimate_text(realised_of(own), 'x')} as fast as {reference_title(told.study)} "
            f"(n = {own.repeats})."
        )


def _memory(told: RunSetting) -> Iterator[str]:
    name = told.setting.memory
    found = subject_over_reference(told.setting, name) if name else None
    if name and found:
        own = found.result
        yield (
            f"**Memory** ({where(told, own.batch_size)}): "
            f"{title(own)} takes {byte_size(number(own, name))}, "
            f"{reference_title(told.study)} {byte_size(number(found.base, name))}: "
            f"{times(found.of(name))} ({COLUMNS[name].meaning}; largest of {own.repeats} "
            "processes)."
        )


def _energy(told: RunSetting) -> Iterator[str]:
    name = "joules_per_image"
    if found := subject_over_reference(told.setting, name):
        own = found.result
        yield (
            f"**Energy** ({where(told, own.batch_size)}): "
            f"{title(own)} takes {si(number(own, name), 'J')} an image, "
            f"{reference_title(told.study)} {si(number(found.base, name), 'J')}: "
            f"{times(found.of(name))}."
        )


def successor(basis: Basis) -> Iterator[Block]:
    """Compare each network of V2 with the one of V1 whose quoted accuracy is nearest."""
    told = [
        _succeeded(each, found)
        for each in basis.collection.settings
        for found in successors(each.setting)
    ]
    lines = [f"- {line}" for line in (*told, *quoted_lines(basis, SUCCESSOR_CLAIM))]
    yield "\n".join(lines) or (
        f"Not measured: no run here has a network of {YOUNGER} beside one of {ELDER}. "
        "`effprof run cpu --cpu` and `effprof run paper --gpu 0` would tell."
    )


def _succeeded(told: RunSetting, found: Successor) -> str:
    own, elder, ratios = found.network, found.elder, found.ratios
    return (
        f"{where(told, own.result.batch_size)}: "
        f"{title(own.result)} (quoted top-1 {own.top1:.1f} %) has "
        f"{times(ratios.of('flops'))} the FLOPs of {title(elder.result)} "
        f"({elder.top1:.1f} %) and is {estimate_text(ratios.speed, 'x')} as fast "
        f"(n = {ratios.processes}): {times(ratios.flops_per_second)} the FLOPs a second."
    )


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
