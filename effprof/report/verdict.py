"""The first lines of a report: what arrived of the promise, in words, with numbers and scope."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from effprof.analysis.pooling import MEASURED
from effprof.analysis.split import Split
from effprof.core.axes import AXES
from effprof.core.calibrations import Pace
from effprof.core.cells import DEFAULTS, Cell
from effprof.core.estimates import Absent
from effprof.core.units import duration, estimate_text, percent, times
from effprof.report.counted import summary
from effprof.report.markup import MARKDOWN, Markup
from effprof.report.page import Page
from effprof.report.phrases import MODE_WORDS, loss_text, setting_words
from effprof.report.text import escape, listed
from effprof.study.arrivals import Arrival, NothingCompared, Obstacle, arrivals
from effprof.study.results import ROUGH_MARK
from effprof.study.setting import Setting, arrived_of, is_variant, promise_of, realised_of


def verdict(page: Page, markup: Markup = MARKDOWN) -> str:
    """Write the verdict: per mode and precision one paragraph for the ends of the batch sizes.

    The network named is the first planned one that is not the reference, a suite's subject.
    Where nothing can be compared it says so, and why.
    """
    if page.counted:
        return summary(page, markup)
    told = (found for setting in page.study.first_settings for found in _paragraphs(setting))
    return "\n\n".join(
        _nothing(page, found, markup)
        if isinstance(found, NothingCompared)
        else _arrivals(page, found, markup)
        for found in told
    )


def _paragraphs(setting: Setting) -> Iterator[list[Arrival] | NothingCompared]:
    """Gather what arrives of the same promise to the same network: one paragraph tells it."""
    together: dict[tuple[str, float], list[Arrival]] = {}
    for found in arrivals(setting):
        if isinstance(found, NothingCompared):
            yield found
        else:
            subject = found.subject
            together.setdefault((subject.label, promise_of(subject)), []).append(found)
    yield from together.values()


def scope(page: Page) -> str:
    """Say what the numbers are about: cells, axes, repeats, reference."""
    results, invocation = page.study.results, page.run.invocation
    lost = Counter(
        "invalid" if each.status == MEASURED else str(each.status)
        for each in results
        if not each.valid
    )
    valid = len(results) - lost.total()
    counts = [f"{valid} of {len(results)} planned cells have a valid measurement"]
    counts += [f"{count} {kind}" for kind, count in lost.items()]
    told = "; ".join(f"{name} {listed(values, 8)}" for name, values in _swept(invocation.cells))
    reference = dict.fromkeys(
        f"{cell.resolution} px" for cell in invocation.cells if cell.model == invocation.reference
    )
    at = " and ".join(reference) or "not in the sweep"
    taken = (
        f"Fresh processes per cell, interleaved: {invocation.repeats}; brackets are 95 % intervals"
    )
    if page.counted:
        counted = sum(not isinstance(each.macs, Absent) for each in results)
        counts = [f"{counted} of {len(results)} planned cells counted"]
        taken = "Nothing was measured"
    if page.run.imported:
        taken = page.run.imported.taken
    return (
        f"Scope: {escape(invocation.device)}; {told}. {', '.join(counts)}. "
        f"{taken}. "
        f"Reference: {escape(page.study.reference_label)} ({at}). "
        f"Run `{escape(invocation.id)}` of {escape(invocation.started_at)}, "
        f"suite {escape(invocation.suite)}."
    )


#: Axis -> how the scope calls it and writes a value, where that is not the axis's own name.
_WORDS: Mapping[str, tuple[str, Callable[[Any], str]]] = {
    "mode": ("mode", lambda mode: MODE_WORDS[mode]),
    "resolution": ("size", lambda pixels: f"{pixels} px"),
}

#: Axes of the scope, in its order; what comes behind the size goes unsaid at its default.
_ALWAYS = (
    *("mode", "batch_size", "precision", "memory_format", "execution", "threads", "resolution"),
)


def _swept(cells: Sequence[Cell]) -> Iterator[tuple[str, list[str]]]:
    """Give what was swept: the name of each axis with its values, numbers in their order."""
    for axis in (*_ALWAYS, *(name for name in AXES if name not in {"model", *_ALWAYS})):
        values = list(dict.fromkeys(getattr(cell, axis) for cell in cells))
        if axis not in _ALWAYS and values == [DEFAULTS[axis]]:
            continue
        name, write = _WORDS.get(axis, (axis.replace("_", " "), str))
        ordered = sorted(values) if all(isinstance(each, int) for each in values) else values
        yield name, [write(value) for value in ordered]


def banners(page: Page) -> str:
    """Write the warnings of a page as quotations in Markdown."""
    return "\n\n".join(f"> {text}" for text in warnings(page, MARKDOWN))


def warnings(page: Page, markup: Markup) -> Iterator[str]:
    """Warn of what changes the meaning of everything else: a partial run, mixed sizes."""
    invocation, strong = page.run.invocation, markup.strong
    if page.run.status != "complete":
        resume = f"effprof run --resume {invocation.id}{page.store_flag}"
        yield (
            f"{strong('INCOMPLETE')}: this run is {page.run.status}; {len(page.run.missing)} of "
            f"{len(invocation.cells) * invocation.repeats} outcomes are missing. "
            f"Go on with {markup.command(resume)}."
        )
    if rough := [each for each in page.study.results if each.rough]:
        yield (
            f"{strong('ROUGH')}: other programs used the machine while {len(rough)} of "
            f"{len(page.study.results)} cells were measured. They are marked "
            f"{markup.mark(ROUGH_MARK)}: their times leave out waiting and have wider intervals. "
            "Close other programs and measure again to get numbers that can be compared with "
            "other runs."
        )
    if unsteady := [pace for pace in page.study.paces if not pace.is_steady]:
        yield _unsteady(max(unsteady, key=lambda pace: pace.drift), markup)
    sizes = sorted({cell.resolution for cell in invocation.cells})
    if len(sizes) > 1:
        yield (
            f"{strong('Mixed image sizes')}: {listed([str(size) for size in sizes], 8)} px. "
            "Networks are compared each at its own size; FLOPs, time and memory grow with it."
        )


def _unsteady(pace: Pace, markup: Markup) -> str:
    """Say that the machine itself was not as fast at one moment of the run as at another."""
    took = listed([f"{moment} {duration(each)}" for moment, each in pace.seconds.items()])
    return (
        f"{markup.strong('UNSTEADY')}: the speed of the machine itself changed by up to "
        f"{times(pace.drift)} during this run, as its {pace.work} shows ({took}). Speeds change "
        "with it; ratios of cells measured side by side hardly do."
    )


def _arrivals(page: Page, found: Sequence[Arrival], markup: Markup) -> str:
    """Tell what arrives at each batch size, and of the first one why."""
    subject, outside = found[0].subject, markup.outside
    several = len(found) > 1
    delivered = " and ".join(
        f"{estimate_text(realised_of(each.subject), 'x')}{_at_batch(each) if several else ''} "
        f"({percent(arrived_of(each.subject))} arrives)"
        for each in found
    )
    sentence = markup.strong(
        f"On {outside(page.run.invocation.device)}, {setting_words(found[0].setting, within=True)}"
        f"{'' if several else f', batch {subject.batch_size}'}: {outside(subject.label)} promises "
        f"{times(promise_of(subject))} over {outside(page.study.reference_label)} and delivers "
        f"{delivered}."
    )
    if isinstance(subject.split, Split) and (losses := loss_text(subject.split)):
        sentence += f" Why{_at_batch(found[0]) if several else ''}: {losses}."
    if not isinstance(unseen := subject.flop_invisible_share, Absent):
        sentence += f" {percent(unseen)} of its operators' time is invisible to FLOPs."
    others = [each for each in found if len(each.networks) > 1]
    for each in others:
        place = f"{_at_batch(each).strip().capitalize()}, over" if several else "Over"
        sentence += f" {place} {_over(each, outside)}"
    return sentence


def _at_batch(found: Arrival) -> str:
    return f" at batch {found.subject.batch_size}"


def _over(found: Arrival, outside: Callable[[str], str]) -> str:
    return (
        f"{_counted(found)} the promise arrives at a median of {percent(found.median)}, from "
        f"{percent(arrived_of(found.least))} ({outside(found.least.label)}) to "
        f"{percent(arrived_of(found.most))} ({outside(found.most.label)})."
    )


def _counted(found: Arrival) -> str:
    networks = len({each.model for each in found.networks})
    at_sizes = f" at {len(found.networks)} sizes" if len(found.networks) != networks else ""
    noun = "variants" if all(map(is_variant, found.networks)) else "networks"
    return f"{networks} {noun}{at_sizes}"


def _nothing(page: Page, found: NothingCompared, markup: Markup) -> str:
    where = f"On {markup.outside(page.run.invocation.device)}"
    setting = setting_words(found.setting, within=True)
    why = _OBSTACLES[found.obstacle](
        markup.outside(page.study.reference_label), markup.outside(found.reason)
    )
    return f"{markup.strong(f'{where}, {setting}: nothing can be compared.')} {why}"


#: Obstacle -> what is said of it, with the name of the reference and what became of it.
_OBSTACLES: Mapping[Obstacle, Callable[[str, str], str]] = {
    "no reference": lambda name, _: (
        f"The reference {name} is not in this part of the sweep; add it to the suite's models."
    ),
    "reference invalid": lambda name, reason: (
        f"The reference {name} has no valid measurement: {reason}."
    ),
    "reference alone": lambda name, _: f"Only the reference {name} has a valid measurement.",
    "no common batch": lambda name, _: (
        f"No batch size has a valid measurement of both {name} and another network."
    ),
    "no costs": lambda name, _: (
        "The static costs of the networks are not known, so nothing was promised."
    ),
}
