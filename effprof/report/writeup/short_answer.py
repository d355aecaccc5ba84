"""The short answer: what arrives, what it is lost to, and what nobody measured."""

from collections.abc import Iterator, Mapping

from effprof.analysis.split import Split
from effprof.core.accuracies import AccuracyKind
from effprof.core.units import estimate_text, percent, times
from effprof.report.accuracy import KINDS as ACCURACY_KINDS
from effprof.report.blocks import Block
from effprof.report.claims import misses_text, tally_text
from effprof.report.phrases import CAUSE_WORDS, is_lost
from effprof.report.text import escape
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.equal_table import MIN_ZOO
from effprof.report.writeup.names import reference_title, title, where
from effprof.report.writeup.prediction import predictions
from effprof.report.writeup.quotations import headlines
from effprof.report.writeup.ways_of_running import ranges
from effprof.study.accuracy_front import accuracy_front
from effprof.study.arrivals import Arrival
from effprof.study.collection import RunSetting
from effprof.study.coverage import unmeasured_kinds
from effprof.study.deliveries import Delivery, Grade, deliveries
from effprof.study.equal_accuracy import equal_accuracy
from effprof.study.setting import arrived_of, promise_of, realised_of

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
        *ranges(basis),
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
    if isinstance(own.split, Split) and (worst := _largest_loss(own.split)):
        sentences.append(worst)
    return " ".join(sentences)


def _family(found: Arrival) -> str:
    return (
        f"Of the {len(found.networks)} networks of its family that promise a speed-up, from "
        f"{percent(arrived_of(found.least))} ({escape(found.least.label)}) to "
        f"{percent(arrived_of(found.most))} ({escape(found.most.label)}) arrives."
    )


def _largest_loss(split: Split) -> str:
    """Name the largest loss of a split; empty where nothing is lost."""
    factor, words = split.factors[split.worst], CAUSE_WORDS[split.worst]
    if not is_lost(factor):
        return ""
    return (
        f"The largest factor of the loss, {estimate_text(factor.whole, 'x')}, is {split.worst} "
        f"({words.explained}, against the reference)."
    )


def _held(told: RunSetting) -> Iterator[str]:
    """Tell how much of the front of accuracy and speed the subject's family holds, in a zoo."""
    front, own = accuracy_front(told.setting), told.setting.subject
    if own and len(front.networks) >= MIN_ZOO:
        today = accuracy_front(told.setting, "today", told.study.weights)
        family = own[0].family
        yield (
            f"**At equal accuracy** ({where(told, front.batch_size)}): "
            f"{front.held_by(family)} of the {len(front.unbeaten)} networks that none beats "
            f"in both the paper's accuracy and measured speed are of the family {escape(family)}; "
            f"{len(front.networks)} networks were compared. By the accuracy of the best weights of "
            f"today it is {today.held_by(family)} of {len(today.unbeaten)}, of "
            f"{len(today.networks)} networks. {_as_accurate(told, front.batch_size)}"
        )


def _as_accurate(told: RunSetting, batch_size: int) -> str:
    """Tell which network is as accurate as the reference and fastest, by either accuracy."""
    reference = told.setting.reference_at(batch_size)
    wanted = [reference] if reference else []
    parts = [
        f"by {_WHOSE[kind]} {title(found.best.result)}"
        + (f", {estimate_text(found.ratio, 'x')} as fast" if found.ratio else " itself")
        for row in equal_accuracy(told.setting, wanted, ACCURACY_KINDS, told.study.weights)
        for kind, found in row.fastest.items()
    ]
    name = reference_title(told.study)
    return f"At least as accurate as {name} and fastest is {', '.join(parts)}." if parts else ""


#: Whose an accuracy is, within a sentence.
_WHOSE: Mapping[AccuracyKind, str] = {
    "paper": "the paper's accuracy",
    "today": "that of today's weights",
}


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
