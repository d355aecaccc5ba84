"""The first half of the write-up: the short answer, what was promised, and what arrives."""

from collections import Counter
from collections.abc import Iterator, Mapping

from effprof.analysis.waterfall import Waterfall
from effprof.core.units import estimate_text, percent, si, significant, times
from effprof.report.blocks import Block
from effprof.report.phrases import CAUSE_WORDS, NEGLIGIBLE
from effprof.report.tables.cells import Cell, Mark, Marked
from effprof.report.tables.table import Column, Field, Table
from effprof.report.text import escape
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.names import reference_title, title, where
from effprof.report.writeup.others import headlines, others_measured
from effprof.report.writeup.prediction import predictions
from effprof.study.accuracy_front import accuracy_front
from effprof.study.arrivals import Arrival
from effprof.study.collection import RunSetting
from effprof.study.coverage import unmeasured_kinds
from effprof.study.deliveries import Delivery, Grade, deliveries
from effprof.study.quoted_networks import quoted_networks
from effprof.study.results import Result
from effprof.study.setting import arrived_of, promise_of, realised_of

#: Networks with a quoted accuracy that make a front worth a sentence, at least.
MIN_ZOO = 10

#: How the write-up calls kinds of devices.
KINDS = {"cpu": "CPU", "cuda": "GPU"}

#: The answer in a word.
GRADES: Mapping[Grade, str] = {
    "slower": "Slower",
    "untold": "No difference can be told",
    "less": "Faster, but less than promised",
    "faster": "Faster",
}


def short_answer(basis: Basis) -> Iterator[Block]:
    """Tell in few sentences what arrives, what it is lost to, and what nobody measured."""
    told = [
        *map(_delivered, deliveries(basis.collection)),
        *predictions(basis),
        *headlines(basis),
        *(line for each in basis.collection.settings for line in _held(each)),
        *map(_unmeasured, unmeasured_kinds(basis.collection)),
        *_verdicts(basis),
    ]
    yield "\n".join(f"- {sentence}" for sentence in told)


def _delivered(found: Delivery) -> str:
    """Tell what one network promises and delivers, and what most of the difference is lost to."""
    own, told = found.subject, found.where
    sentences = [
        f"**{GRADES[found.grade]}. {where(told, own.batch_size)}: {title(own)} needs "
        f"{times(promise_of(own))} fewer FLOPs than {reference_title(told.study)} and is "
        f"{estimate_text(realised_of(own), 'x')} as fast: {percent(arrived_of(own))} of "
        f"the promise arrives** (n = {own.repeats} processes)."
    ]
    if found.largest is not None:
        sentences.append(
            f"At batch {found.largest.batch_size} it is "
            f"{estimate_text(realised_of(found.largest), 'x')} as fast "
            f"(n = {found.largest.repeats})."
        )
    if found.family is not None:
        sentences.append(_family(found.family))
    if isinstance(own.fall, Waterfall) and (worst := _largest_loss(own.fall)):
        sentences.append(worst)
    return " ".join(sentences)


def _family(found: Arrival) -> str:
    return (
        f"Of the {len(found.networks)} networks of its family that promise a speed-up, from "
        f"{percent(arrived_of(found.least))} ({escape(found.least.label)}) to "
        f"{percent(arrived_of(found.most))} ({escape(found.most.label)}) arrives."
    )


def _largest_loss(fall: Waterfall) -> str:
    """Name the largest loss of a waterfall; empty where nothing is lost."""
    factor, words = fall.bars[fall.worst].factor, CAUSE_WORDS[fall.worst]
    if factor >= 1 - NEGLIGIBLE:
        return ""
    return (
        f"Against a roofline at measured peaks the largest factor of the loss, {times(1 / factor)},"
        f" is to {words.lost} ({words.explained})."
    )


def _held(told: RunSetting) -> Iterator[str]:
    """Tell how much of the front of accuracy and speed the subject's family holds, in a zoo."""
    front, own = accuracy_front(told.setting), told.setting.subject
    if own and len(front.networks) >= MIN_ZOO:
        yield (
            f"**At equal accuracy** ({where(told, front.batch_size)}): "
            f"{front.held_by(own[0].family)} of the {len(front.unbeaten)} networks that none beats "
            f"in both quoted accuracy and measured speed are of the family {escape(own[0].family)};"
            f" {len(front.networks)} networks were compared."
        )


def _unmeasured(kind: str) -> str:
    word = KINDS[kind]
    return (
        f"**No {word} was measured by this project**: what is said of {word}s rests on numbers "
        "that others published."
    )


def _verdicts(basis: Basis) -> Iterator[str]:
    """Count the verdicts, and those of them that others' measurements carry."""
    if not basis.verdicts:
        return
    counts = Counter(each.verdict for each in basis.verdicts).most_common()
    others = sum(each.by_others for each in basis.verdicts)
    resting = (
        f" ({others} of these verdicts rest, wholly or in part, on what others measured)"
        if others
        else ""
    )
    yield (
        f"Of {len(basis.verdicts)} [claims](#the-verdicts) in circulation: "
        f"{', '.join(f'{count} {verdict}' for verdict, count in counts)}{resting}."
    )


_PROMISED = (
    "Fewer FLOPs (two per multiply-accumulate, MAC) should mean less time. `promise` is the FLOPs "
    "of the reference over those of the network: the speed-up if FLOPs were all that counts. "
    "`acts` are the numbers that convolutions write. Top-1 is ImageNet accuracy in per cent as "
    "quoted from the source, never measured here; a network run at another size than it is quoted "
    "for has none."
)


def promised(basis: Basis) -> Iterator[Block]:
    """Table of what was counted and quoted, once per network, from the first run that has it."""
    networks = basis.collection.networks
    if not networks:
        return
    marks: dict[str, Mark] = {}
    quoted: Field[Result] = Field(_TOP1, lambda each: _quoted(each, marks))
    table = Table.of((*_COUNTED, quoted, _PROMISE), networks)
    legend = "; ".join(f"{mark.sign.strip()} {escape(mark.meaning)}" for mark in table.marks)
    yield from (_PROMISED, table, f"Top-1 from: {legend or 'nowhere'}.")


_COUNTED: tuple[Field[Result], ...] = (
    Field(Column("network", align="left"), lambda each: each.label.partition("@")[0]),
    Field(Column.of("resolution"), lambda each: each.resolution),
    Field(Column("parameters", write=si), lambda each: each.params),
    Field(Column("GMACs", write=lambda macs: significant(macs / 1e9)), lambda each: each.macs),
    Field(Column.of("activations"), lambda each: each.activations),
)
_TOP1 = Column("top-1", write="{:.1f}".format)
_PROMISE: Field[Result] = Field(Column.of("promise"), lambda each: each.promise)


def _quoted(result: Result, marks: dict[str, Mark]) -> Cell:
    """Give the quoted accuracy with the mark of its source, which is added where it is new."""
    for found in quoted_networks([result]):
        source = found.facts.source
        return Marked(found.top1, marks.setdefault(source, Mark(f" ({len(marks) + 1})", source)))
    return None


def arrives(basis: Basis) -> Iterator[Block]:
    """One table per device and way of running: promise, realised speed-up, and what arrives."""
    told = [each for each in basis.collection.settings if each.told]
    yield _ARRIVES if told else "Nothing was measured yet."
    for each in told:
        yield f"{where(each)}, run {basis.linked(each)}:"
        yield Table.of(_ARRIVED, each.told)
        yield basis.picture("promise", each)
    yield from others_measured(basis)


_ARRIVED: tuple[Field[Result], ...] = (
    Field(Column("network", align="left"), lambda each: each.label),
    Field(Column.of("batch_size"), lambda each: each.batch_size),
    _PROMISE,
    Field(Column.of("realised"), lambda each: each.realised),
    Field(
        Column("arrives", write=percent),
        lambda each: arrived_of(each) if promise_of(each) > 1 else None,
    ),
    Field(Column("pace"), lambda each: each.regime),
    Field(Column.of("repeats"), lambda each: each.repeats),
)

_ARRIVES = (
    "`realised` is the measured speed-up over the reference with its 95 % interval over n fresh "
    "processes; `arrives` is realised over promise, where a speed-up is promised. After the "
    "networks of the family stand rivals of about as many FLOPs. `pace` says which bound is the "
    "larger at the peaks that were measured: arithmetic (compute-bound) or moving numbers "
    "(memory-bound), or else that the device waits to be told what to do (launch-bound). Kernels "
    "may be far above either bound. It takes a profile to tell. "
    "`fp32`: 32-bit arithmetic, `amp-fp16`: 16-bit where that is safe; `nchw` and `nhwc`: order of "
    "an image in memory; `eager`: operator by operator, `compile`: fused by torch.compile."
)
