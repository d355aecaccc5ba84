"""The last screen of a run: what arrived, a bar per network, why, on what, and where to go next."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from effprof.analysis.split import Split
from effprof.core.durations import duration_text
from effprof.core.estimates import Absent, Estimate
from effprof.core.units import percent, significant, times
from effprof.models.names import bare_name
from effprof.models.registry import facts
from effprof.report.findings import heap_text
from effprof.report.markup import PLAIN
from effprof.report.page import Page
from effprof.report.phrases import loss_text, setting_words
from effprof.report.tables.bars import bar
from effprof.report.tables.cells import Cell, Worded
from effprof.report.tables.table import Column, Field, Table
from effprof.report.verdict import verdict, warnings
from effprof.study.arrivals import Arrival, arrivals
from effprof.study.findings import HeapKept
from effprof.study.results import Result
from effprof.study.setting import arrived_of, promise_of, realised_of

#: Networks that the table shows; a screen holds no more.
MOST_ROWS = 12

#: Characters of the longest bar.
BAR_WIDTH = 8

#: FLOPs of a GFLOP, and milliseconds of a second.
_GIGA, _MILLI = 1e9, 1e3

#: How a device is called, by its kind.
_DEVICES = {"cpu": "this CPU", "cuda": "this GPU"}


@dataclass(frozen=True, slots=True)
class Closing:
    """The screen in its order: sentences, a table, sentences. Texts are for terminals."""

    lead: tuple[str, ...]
    table: Table | None
    below: tuple[str, ...]
    #: What one may do next: what for, and the path or the command.
    steps: tuple[tuple[str, str], ...]


def closing(page: Page, report: str | None) -> Closing:
    """Make the screen of a run whose page lies at `report`; None where none was written."""
    found = [one for setting in page.study.first_settings for one in arrivals(setting)]
    compared = [one for one in found if isinstance(one, Arrival)]
    steps = tuple(_steps(page, compared[0] if compared else None, report))
    about = (*_heap(page), *warnings(page, PLAIN), _machine(page))
    if page.counted or not compared:
        return Closing((verdict(page, PLAIN),), None, about, steps)
    first, *others = compared
    below = (_why(first.subject), *(_other(page, each) for each in others), *about)
    return Closing(_lead(page, first), _table(page, first), tuple(filter(None, below)), steps)


def _lead(page: Page, found: Arrival) -> tuple[str, str]:
    subject, realised = found.subject, realised_of(found.subject)
    where = _DEVICES.get(page.study.device_kind, page.run.invocation.device)
    held = ""
    if realised.bounded:
        held = f" (95 %: {significant(realised.low, 2)} to {significant(realised.high, 2)})"
    reference = _title(page.run.invocation.reference)
    rough = any(each.rough for each in (subject, *_reference(page, found)))
    return (
        f"{_title(subject.model)} is {'roughly ' if rough else ''}{times(realised.value, 2)} as "
        f"fast as {reference} on {where}{held}.",
        f"FLOPs promised {times(promise_of(subject))}, so {percent(arrived_of(subject))} arrives.",
    )


def _title(model: str) -> str:
    """Call a network as its publication does, if there is one."""
    published = facts(model)
    return published.title if published else bare_name(model)


def _table(page: Page, found: Arrival) -> Table:
    """Make the table of the fastest networks; subject and reference are among them."""
    reference = _reference(page, found)
    always = (found.subject, *reference)
    others = [each for each in found.networks if each not in always]
    ranked = sorted(others, key=_speed, reverse=True)[: MOST_ROWS - len(always)]
    shown = sorted((*always, *ranked), key=_speed, reverse=True)
    largest = max(map(_speed, shown))
    names = _names(shown)
    versus = f"vs {_title(page.run.invocation.reference)}"
    fields: tuple[Field[Result], ...] = (
        Field(Column.words("model"), lambda each: names[each.label]),
        Field(Column("GFLOPs", write=_giga, names=("flops",)), lambda each: each.flops),
        Field(Column("ms/image", names=("images_per_second",)), _per_image),
        Field(
            Column.words(versus, "realised"),
            lambda each: _versus(each, reference, bar(_speed(each), largest, BAR_WIDTH)),
        ),
        Field(Column("promised", write=times, names=("promise",)), _of(promise_of, reference)),
        Field(Column("arrives", write=percent), _of(arrived_of, reference)),
    )
    left = len(others) - len(ranked)
    title = f"{len(shown)} of {len(shown) + left} networks: the fastest and the two" if left else ""
    return Table.of(fields, shown, title)


def _reference(page: Page, found: Arrival) -> list[Result]:
    """Find what the subject is compared with; it has no arrival of its own."""
    at_batch = found.setting.at(found.subject.batch_size)
    return [each for each in at_batch if each.model == page.run.invocation.reference]


def _names(shown: Sequence[Result]) -> dict[str, str]:
    """Map labels to names without folders, if these tell the networks apart."""
    short = {each.label: bare_name(each.label) for each in shown}
    return short if len(set(short.values())) == len(short) else {name: name for name in short}


def _speed(result: Result) -> float:
    speed = result.images_per_second
    return speed.value if isinstance(speed, Estimate) else 0.0


def _giga(flops: float) -> str:
    return f"{flops / _GIGA:.2f}"


def _per_image(result: Result) -> Cell:
    """Write the time of an image with half the width of its interval."""
    speed = result.images_per_second
    if isinstance(speed, Absent):
        return speed
    width = f" ±{percent((speed.high - speed.low) / 2 / speed.value)}" if speed.bounded else ""
    return Worded(f"{significant(_MILLI / speed.value)}{width}", speed)


def _versus(result: Result, reference: Sequence[Result], drawn: str) -> Cell:
    """Write how fast it is beside the reference, and draw it; they stay on one line."""
    if result in reference:
        return Worded(f"1.0x\N{NO-BREAK SPACE}{drawn}", 1.0)
    realised = realised_of(result)
    return Worded(f"{times(realised.value, 2)}\N{NO-BREAK SPACE}{drawn}", realised)


def _of(
    read: Callable[[Result], float], reference: Sequence[Result]
) -> Callable[[Result], float | None]:
    """Read what the reference has none of."""
    return lambda each: None if each in reference else read(each)


def _why(subject: Result) -> str:
    losses = loss_text(subject.split) if isinstance(subject.split, Split) else ""
    return f"Why: {losses}." if losses else ""


def _other(page: Page, found: Arrival) -> str:
    """Say of another way of running, or another batch, what arrives there."""
    subject = found.subject
    return (
        f"{setting_words(found.setting)}, batch {subject.batch_size}: {subject.label} is "
        f"{times(realised_of(subject).value, 2)} as fast as {page.study.reference_label} "
        f"({times(promise_of(subject))} promised, {percent(arrived_of(subject))} arrives)."
    )


def _heap(page: Page) -> Iterator[str]:
    for found in page.study.findings:
        if isinstance(found, HeapKept):
            yield heap_text(found, PLAIN)


def _machine(page: Page) -> str:
    """Say how long it took and on what, and what intervals hold."""
    run, invocation = page.run, page.run.invocation
    took = ""
    if run.finished_at:
        begun, ended = map(datetime.fromisoformat, (invocation.started_at, run.finished_at))
        took = f"{duration_text((ended - begun).total_seconds())} on "
    if page.counted:
        return f"{took}{invocation.device}."
    earlier = page.study.run_effect.runs
    known = f"{earlier} earlier ones known" if earlier else "the first known of this machine"
    return f"{took}{invocation.device}. Intervals are those within this run, {known}."


def _steps(page: Page, found: Arrival | None, report: str | None) -> Iterator[tuple[str, str]]:
    invocation, kept = page.run.invocation, page.store_flag
    yield "Page", report or f"effprof report {invocation.id}{kept}"
    if invocation.suite == "first":
        yield "More networks", "effprof run quick"
    if found is not None:
        own, other = map(_given, (found.subject.model, invocation.reference))
        yield "Why so?", f"effprof profile {own} --compare {other}"


def _given(model: str) -> str:
    """Name a model as one would give it to a command."""
    return shlex.quote(model.removeprefix("timm/"))
