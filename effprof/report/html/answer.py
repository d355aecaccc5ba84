"""The first screen of a run's page: one big number, a bar per network, and the reasons."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from effprof.analysis.split import Split
from effprof.core.estimates import Absent
from effprof.core.units import estimate_text, percent, times
from effprof.report.families import look_of
from effprof.report.page import Page
from effprof.report.phrases import reasons, setting_words
from effprof.report.pictures.charts.look import INK
from effprof.report.text import capitalised
from effprof.study.arrivals import Arrival, arrivals
from effprof.study.results import Result
from effprof.study.selection import telling
from effprof.study.setting import arrived_of, promise_of, realised_of

#: Bars of the first screen, and those of other families than the subject's among them.
MOST_BARS, _RIVALS = 12, 6


@dataclass(frozen=True, slots=True)
class Bar:
    """A network as the first screen shows it; `promised` and `realised` are per cent of the width.

    `told` says both in words; the reference has no promise.
    """

    name: str
    colour: str
    promised: float
    realised: float
    told: str
    arrives: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What arrives of the promise, in the order of the screen; texts are not escaped.

    `elsewhere` tells of other batch sizes and ways of running, `left_out` counts networks that
    have no bar.
    """

    realised: str
    promise: str
    sentence: str
    reasons: tuple[str, ...]
    bars: tuple[Bar, ...]
    left_out: int
    elsewhere: tuple[str, ...]


def answer(page: Page) -> Answer | None:
    """Give the answer of a run; None where nothing was measured or can be compared."""
    found = [one for setting in page.study.first_settings for one in arrivals(setting)]
    compared = [one for one in found if isinstance(one, Arrival)]
    if page.counted or not compared:
        return None
    first, *others = compared
    subject = first.subject
    shown = _shown(page, first)
    return Answer(
        realised=times(realised_of(subject).value, 2),
        promise=times(promise_of(subject)),
        sentence=_sentence(page, first),
        reasons=tuple(_reasons(subject)),
        bars=tuple(_bars(page, shown)),
        left_out=len(first.networks) - len(shown),
        elsewhere=tuple(_elsewhere(page, first, each) for each in others),
    )


def _sentence(page: Page, found: Arrival) -> str:
    subject = found.subject
    return (
        f"On {page.run.invocation.device}, {setting_words(found.setting, within=True)}, batch "
        f"{subject.batch_size}, {subject.label} is {estimate_text(realised_of(subject), 'x')} as "
        f"fast as {page.study.reference_label}. FLOPs promise {times(promise_of(subject))}, so "
        f"{percent(arrived_of(subject))} arrives."
    )


def _reasons(subject: Result) -> Iterator[str]:
    if isinstance(subject.split, Split):
        yield from (f"{capitalised(each)}." for each in reasons(subject.split))
    if not isinstance(unseen := subject.flop_invisible_share, Absent):
        yield f"{percent(unseen)} of its operators' time is invisible to FLOPs."


def _elsewhere(page: Page, first: Arrival, found: Arrival) -> str:
    """Tell what arrives at another batch, or in another way of running, in one sentence."""
    subject = found.subject
    where = f"batch {subject.batch_size}"
    if found.setting is not first.setting:
        where = f"{setting_words(found.setting, within=True)}, {where}"
    promise = ""
    if promise_of(subject) != promise_of(first.subject):
        promise = f" of {times(promise_of(subject))}"
    return (
        f"{capitalised(where)}: {subject.label} is {estimate_text(realised_of(subject), 'x')} as "
        f"fast as {page.study.reference_label}; {percent(arrived_of(subject))}{promise} arrives."
    )


def _shown(page: Page, found: Arrival) -> list[Result]:
    """Choose the networks that have a bar, those that are promised most first."""
    labels = telling(found.networks, page.run.invocation.reference, MOST_BARS, _RIVALS)
    shown = [each for each in found.networks if each.label in labels]
    return sorted(shown, key=promise_of, reverse=True)


def _bars(page: Page, shown: Sequence[Result]) -> Iterator[Bar]:
    """Draw all networks to one scale, from 0 on; the reference is the last."""
    widest = max(max(promise_of(each), realised_of(each).value) for each in shown)
    reference = page.study.reference_label
    for each in shown:
        realised, promise = realised_of(each).value, promise_of(each)
        yield Bar(
            each.label.removeprefix(f"{reference}?"),  # a variant of it, by its knobs
            look_of(each.family).colour,
            100 * promise / widest,
            100 * realised / widest,
            f"{times(realised, 2)} of {times(promise)}",
            percent(arrived_of(each)),
        )
    yield Bar(reference, INK, 0.0, 100 / widest, "1.0x", "the reference")
