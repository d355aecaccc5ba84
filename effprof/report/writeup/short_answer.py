"""The short answer: what arrives, what it is lost to, and what nobody measured."""

from collections.abc import Iterator, Mapping

from effprof.analysis.waterfall import Waterfall
from effprof.core.units import estimate_text, percent, times
from effprof.report.blocks import Block
from effprof.report.claims import misses_text, tally_text
from effprof.report.phrases import CAUSE_WORDS, NEGLIGIBLE
from effprof.report.text import escape
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.names import reference_title, title, where
from effprof.report.writeup.prediction import predictions
from effprof.report.writeup.quotations import headlines
from effprof.study.accuracy_front import accuracy_front
from effprof.study.arrivals import Arrival
from effprof.study.collection import RunSetting
from effprof.study.coverage import unmeasured_kinds
from effprof.study.deliveries import Delivery, Grade, deliveries
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
    """Count the verdicts: own, others', replicated and counted ones apart."""
    if basis.verdicts:
        yield (
            f"Of {len(basis.verdicts)} [claims](#the-verdicts) in circulation: "
            f"{tally_text(basis.verdicts)}. {misses_text(basis.verdicts)}".rstrip()
        )
