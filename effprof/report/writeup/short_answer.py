"""The short answer: the range over devices and ways of running, the reasons, and the verdicts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice

from effprof.core.accuracies import AccuracyKind
from effprof.core.units import estimate_text, percent, times
from effprof.report.accuracy import KINDS as ACCURACY_KINDS
from effprof.report.blocks import Block
from effprof.report.claims import tally_text
from effprof.report.phrases import MODE_WORDS, loss_text
from effprof.report.tables.cells import Written
from effprof.report.tables.table import Column, Field, Table
from effprof.report.text import escape
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.limits import NEEDS
from effprof.report.writeup.names import device_name, reference_title, title
from effprof.report.writeup.prediction import growth_text
from effprof.report.writeup.speed_ups import SpeedUp, speed_ups
from effprof.report.writeup.split_lines import base_splits
from effprof.study.collection import RunSetting
from effprof.study.coverage import Topic, unmeasured_kinds, untold
from effprof.study.equal_accuracy import equal_accuracy
from effprof.study.findings import flops_predict
from effprof.study.study import Study
from effprof.study.variations import Variation
from effprof.study.zoo_settings import zoo_settings

#: What the ranges of the answer would be told of.
_RANGED: frozenset[Topic] = frozenset(
    {"training", "threads", "precisions", "layouts", "compilation", "CUDA graphs"}
)

#: How the write-up calls kinds of devices.
KINDS = {"cpu": "CPU", "cuda": "GPU"}

#: How a sentence calls what was run.
_RUNS: Mapping[str, str] = {"infer": "in inference", "train": "in training"}

_TABLE = (
    "*here*: measured by this project; *by others*: computed from files that others published; "
    "*stated by others*: quoted, without a file of that device. Brackets are 95 % intervals: here "
    "over fresh processes and, where a machine ran it several times, over whole runs; in files of "
    "others over networks that stand twice."
)


def short_answer(basis: Basis) -> Iterator[Block]:
    """Tell the range over devices and ways of running, then the reasons and what is not known."""
    found = speed_ups(basis)
    pairs = dict.fromkeys(each.pair for each in found)
    for pair in pairs:
        yield _answer([each for each in found if each.pair == pair])
        yield Table.of(_SPEED_UPS, [each for each in found if each.pair == pair])
    yield _TABLE if found else "Nothing was measured yet."
    zoos = list(zoo_settings(basis.collection))
    lines = [
        *map(_reason, base_splits(basis)),
        *filter(None, (_as_accurate(basis, each) for each in zoos)),
        *(line for each in zoos[:1] for line in _slope(each)),
        *_verdicts(basis),
        *map(_unmeasured, unmeasured_kinds(basis.collection)),
        *_missing(basis),
    ]
    yield "\n".join(f"- {line}" for line in lines)


def _answer(found: Sequence[SpeedUp]) -> str:
    """Answer of one network and its reference, with the range of each mode."""
    pair, promise = found[0].pair, found[0].promise
    ranges: list[str] = []
    for mode, words in _RUNS.items():
        if there := [each for each in found if each.mode == mode]:
            over = "" if ranges else f" as fast as {pair.reference}"
            ranges.append(f"{_between(there, times)}{over} {words}{_in_shares(there)}")
    needs = "" if promise is None else f" {pair.subject} needs {_flops(promise, pair.reference)}."
    depends = "Depending on the device and on how it is run, " if len(found) > 1 else ""
    subject = "it" if needs and depends else "It" if needs else pair.subject
    return f"**{_grade(found)}.{needs} {depends}{subject} is {' and '.join(ranges)}.**"


def _flops(promise: float, reference: str) -> str:
    """Compare FLOPs with those of the reference."""
    if promise > 1:
        return f"{times(promise)} fewer FLOPs than {reference}"
    return f"{times(1 / promise)} the FLOPs of {reference}"


def _grade(found: Sequence[SpeedUp]) -> str:
    """Answer in a word or two, by all speed-ups that are known."""
    if all(max(each.ends) < 1 for each in found):
        return "No, it is slower"
    if any(min(each.ends) <= 1 for each in found):
        return "It depends"
    promised = all(each.promise is not None and min(each.ends) >= each.promise for each in found)
    return "Yes" if promised else "Only in part"


def _between(found: Sequence[SpeedUp], write: Callable[[float], str]) -> str:
    ends = [end for each in found for end in each.ends]
    return " to ".join(dict.fromkeys(map(write, (min(ends), max(ends)))))


def _in_shares(found: Sequence[SpeedUp]) -> str:
    """Say how much of the promise arrives; empty where nobody knows what is promised."""
    shares = _shares(found)
    return f" ({shares} of what its FLOPs promise)" if shares else ""


def _shares(found: Sequence[SpeedUp]) -> str:
    """Write the range of what arrives; empty where no speed-up is promised."""
    shares = [
        end / each.promise
        for each in found
        if each.promise and each.promise > 1
        for end in each.ends
    ]
    return " to ".join(dict.fromkeys(map(percent, (min(shares), max(shares))))) if shares else ""


#: Ratios and no speeds: what holds on another day. They stand first, where a phone shows them.
_SPEED_UPS: tuple[Field[SpeedUp], ...] = (
    Field(
        Column("times as fast", align="left"),
        lambda each: Written(each.ends[0], lambda _: each.text),
    ),
    Field(Column.words("arrives"), lambda each: _shares([each])),
    Field(Column.words("what"), lambda each: MODE_WORDS[each.mode]),
    Field(Column.words("how"), lambda each: each.way),
    Field(Column.words("device or source"), lambda each: each.device),
    Field(Column.words("measured"), lambda each: each.by),
)


def _reason(told: Variation) -> str:
    """Name what most of the difference is lost to."""
    assert told.split is not None
    losses = loss_text(told.split) or "nothing is lost that can be detected"
    at = _short(told.study, told.result.batch_size)
    return f"**[Where it goes](#where-the-speed-up-goes)** ({at}): {losses}."


def _short(study: Study, batch_size: int) -> str:
    """Say where in few words; the section behind the link says all of it."""
    return f"{escape(device_name(study))}, batch {batch_size}"


def _slope(told: RunSetting) -> Iterator[str]:
    """Tell what FLOPs are worth as a predictor."""
    for found in islice(flops_predict(told.setting), 1):
        yield (
            f"**[FLOPs as a predictor](#do-flops-predict-time)** "
            f"({_short(told.study, found.batch_size)}): {growth_text(found)}."
        )


def _as_accurate(basis: Basis, told: RunSetting) -> str:
    """Tell which network is as accurate as the reference and fastest, by either accuracy."""
    batch_size = told.setting.batch_sizes[-1]
    reference = told.setting.reference_at(batch_size)
    wanted, name = [reference] if reference else [], reference_title(told.study)
    over = partial(basis.collection.speed_over, told.study)
    parts = [
        f"{title(found.best.result)}"
        + (f", {estimate_text(found.ratio, 'x')} as fast" if found.ratio else " itself")
        + f", by {_WHOSE[kind]} ({name}: {found.network.top1:.1f} %)"
        for row in equal_accuracy(told.setting, wanted, ACCURACY_KINDS, told.study.weights, over)
        for kind, found in row.fastest.items()
    ]
    if not parts:
        return ""
    return (
        f"**[At equal accuracy](#at-equal-accuracy)** ({_short(told.study, batch_size)}): the "
        f"fastest network at least as accurate as {name} is {', and '.join(parts)}."
    )


#: Whose an accuracy is, within a sentence.
_WHOSE: Mapping[AccuracyKind, str] = {
    "paper": "the accuracies of the papers",
    "today": "those of the weights one would load today",
}


def _verdicts(basis: Basis) -> Iterator[str]:
    """Count the verdicts: own, others', replicated and counted ones apart."""
    if basis.verdicts:
        yield (
            f"**[Verdicts](#the-verdicts)** on {len(basis.verdicts)} claims in circulation: "
            f"{tally_text(basis.verdicts)}."
        )


def _unmeasured(kind: str) -> str:
    word = KINDS[kind]
    return f"**No {word} was measured by this project**: others measured what is said of {word}s."


def _missing(basis: Basis) -> Iterator[str]:
    """Name in one line what the ranges lack, beside whole kinds of devices."""
    if lacking := [NEEDS[topic][0] for topic in untold(basis.collection) if topic in _RANGED]:
        yield f"**[Not measured here](#what-nobody-has-measured)**: {', '.join(lacking)}."
