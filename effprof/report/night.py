"""The page of a night as Markdown: what changed, since when, and what to do next."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from effprof.core.errors import StorageError
from effprof.core.events import Event, EventKind, SeriesKey
from effprof.core.machines import place_text
from effprof.core.metrics import METRICS
from effprof.core.reasons import text_of
from effprof.core.units import MISSING
from effprof.regressions.assessment import Assessment, Night, SeriesState, ShownEvent, State
from effprof.regressions.policies import MIN_NIGHTS
from effprof.report.changes import (
    CHANGE,
    OLD_TO_NEW,
    change_text,
    effect,
    metric_label,
    moved_roles_text,
    old_to_new,
    sizes,
    value_text,
)
from effprof.report.phrases import causes_text
from effprof.report.sparkline import sparkline
from effprof.report.tables.cells import Cell
from effprof.report.tables.markdown import markdown
from effprof.report.tables.table import Column, Field, Table
from effprof.report.text import escape, fenced, listed

PAGE_NAME = "night.md"

#: States that the first line counts whatever their number, in its order.
COUNTED: tuple[State, ...] = (
    *("regression", "improvement", "ok", "cannot tell", "not comparable", "missing"),
)

#: States whose series are listed one by one, beside the events.
_OPEN: tuple[State, ...] = ("suspicious",)

#: Series of one event, and reasons, that are named; the others are counted.
MOST_MEMBERS = 12

#: How an event of each kind is called.
KIND_WORDS: Mapping[EventKind, str] = {
    "regression": "Regression",
    "improvement": "Improvement",
    "machine": "The machine changed",
    "software": "Everything changed, and the machine did not",
    "failure": "Stopped working",
}

#: What a person said of an event, in words.
STATE_WORDS = {
    "new": "new",
    "acknowledged": "acknowledged: the new level is the baseline",
    "fixed": "said to be fixed",
    "invalid": "said to be no change",
}

#: What the causes of an event are called.
BY_CAUSE = "the step by cause"

#: The field of a fingerprint that names the commit.
COMMIT = "git"


def counts_line(assessment: Assessment) -> str:
    """Count the states of all series: the first line of the page.

    Suspicions, changes that measuring again did not confirm, are counted where there are any.
    """
    counts = assessment.counts
    states = [*COUNTED, *(state for state in _OPEN if counts[state])]
    return " | ".join(f"{state.upper()} ({counts[state]})" for state in states)


def tonight_line(assessment: Assessment) -> str:
    """Count what is new, still open and recovered tonight: the first line of the page."""
    still = assessment.still_open
    since = ""
    if still:
        first = min(shown.event.first_bad for shown in still)
        began = {night.run_id: night.started_at for night in assessment.nights}
        since = f" since {day_text(began.get(first, first))}"
    return (
        f"Tonight: {len(assessment.new)} new, {len(still)} open{since}, "
        f"{len(assessment.recovered_tonight)} recovered"
    )


def day_text(when: str) -> str:
    """Write the day of a time, or of the id of a run, which begins with it (not escaped).

    >>> day_text("2026-12-12T02:00:00+00:00"), day_text("20261101-020000-abc123"), day_text("x")
    ('12 Dec 2026', '1 Nov 2026', 'x')
    """
    try:
        day = date.fromisoformat(when[:10] if "T" in when else when.partition("-")[0])
    except ValueError:
        return when
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


#: Names of months, whatever the language of the machine is.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def render_night(assessment: Assessment) -> str:
    """Render the assessment of a night; the same assessment gives the same text."""
    parts = [
        f"**{escape(tonight_line(assessment))}**",
        counts_line(assessment),
        _title(assessment),
        _remarks(assessment),
    ]
    for title, body in _SECTIONS.items():
        if text := body(assessment):
            parts.append(f"## {title}\n\n{text}")
    return "\n\n".join(part for part in parts if part) + "\n"


def write_night(text: str, out: Path, name: str = PAGE_NAME) -> Path:
    """Write a page of a night into the folder `out`; return its path.

    Raises `StorageError` where the folder cannot be made or written.
    """
    page = out / name
    try:
        out.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(
            f"cannot write {page}: {error.strerror or error}; choose another --out"
        ) from error
    return page


def night_text(night: Night) -> str:
    """Name a night: its run, when it began, and the commit if it is known (not escaped)."""
    commit = night.attributes.get(COMMIT)
    return f"{night.run_id} ({night.started_at}{f', git {commit}' if commit else ''})"


def lead(assessment: Assessment) -> str:
    """Say that there is nothing to report, or not yet; empty where events say more."""
    nights = len(assessment.nights)
    if nights < MIN_NIGHTS:
        return f"Cannot tell yet: {nights} of {MIN_NIGHTS} nights are there."
    return "" if assessment.events else "Nothing to report."


def event_title(event: Event) -> str:
    """Say in one line what happened where (not escaped)."""
    word = KIND_WORDS[event.kind]
    cell = event.cell or place_text(event.device, event.host)
    what = f"{cell}, {metric_label(event.metric)}" if event.metric else cell
    if event.change is None:
        return f"{word}: {what}"
    return f"{word}: {what} {change_text(event.change)}"


def shown_title(shown: ShownEvent, assessment: Assessment) -> str:
    """Say it of an event found in a role too, whose whole step comes first (not escaped)."""
    event, step = shown.event, assessment.step_of(shown)
    if step is None or step.change is None or step.state == "not comparable":
        return event_title(event)
    return (
        f"{KIND_WORDS[event.kind]}: {event.cell}, {metric_label(step.key.metric)} "
        f"{change_text(step.change.estimate)} ({metric_label(event.metric)} "
        f"{change_text(event.change)})"
    )


def _title(assessment: Assessment) -> str:
    if not assessment.nights:
        return "# No night yet"
    tonight = assessment.nights[-1]
    places = {place_text(each.key.device, each.key.host): None for each in assessment.series}
    where = f": {escape(listed(list(places), 2))}" if places else ""
    return f"# Night {escape(night_text(tonight))}{where}"


def _remarks(assessment: Assessment) -> str:
    said = [lead(assessment), *assessment.remarks]
    return "\n".join(f"- {escape(text)}" for text in said if text)


def _events(assessment: Assessment) -> str:
    return "\n\n".join(
        _event(number, shown, assessment) for number, shown in enumerate(assessment.events, start=1)
    )


def _event(number: int, shown: ShownEvent, assessment: Assessment) -> str:
    rows = [f"- {text}" for text in _told(shown, assessment)]
    parts = [f"### {number}. {escape(shown_title(shown, assessment))}", "\n".join(rows)]
    if shown.command:
        parts.append(fenced(shown.command))
    return "\n\n".join(parts)


def _told(shown: ShownEvent, assessment: Assessment) -> Iterator[str]:
    """Tell what a reader needs to act on an event, a line each; what is unknown is left out."""
    event = shown.event
    step = whole_step(shown, assessment)
    if step:
        yield f"the whole step: {escape(step)}"
    if event.old is not None or event.new is not None:
        old, new = (value_text(event.metric, value) for value in (event.old, event.new))
        what = f"{escape(metric_label(event.metric))}: " if step else ""
        yield f"{what}{old} → {new}, medians of {event.n[0]} and {event.n[1]} nights"
    if any(value is not None for value in shown.medians):
        yield f"`{sparkline(shown.medians, shown.step)}` nights up to this one, ┃ the step"
    yield f"last good: {_night(event.last_good, assessment)}"
    yield f"first bad: {_night(event.first_bad, assessment)}"
    yield f"what else changed there: {_attributes(shown.attributes)}"
    if shown.causes:
        yield f"{BY_CAUSE}: {by_cause(shown)}"
    if shown.roles:
        yield f"roles whose time moved: {escape(moved_roles_text(shown.roles))}"
    for flag in shown.flags:
        yield f"**{escape(flag)}**"
    if len(shown.members) > 1:
        told = [escape(_member(key, event)) for key in shown.members]
        yield f"{len(told)} series moved together: {listed(told, MOST_MEMBERS)}"
    yield f"event {escape(event.id)}, {STATE_WORDS[event.state]}{_because(event)}"


def whole_step(shown: ShownEvent, assessment: Assessment) -> str:
    """Tell of an event that was found in one role what became of the whole step; not escaped."""
    step = assessment.step_of(shown)
    if step is None:
        return ""
    cells = ((OLD_TO_NEW, old_to_new(step.key.metric, step.change)), (CHANGE, _effect(step)))
    told = ", ".join(column.text(cell) for column, cell in cells)
    return f"{told} ({step.state})"


def by_cause(shown: ShownEvent) -> str:
    """Tell what made the whole step longer or shorter, by the causes of the split."""
    return causes_text(shown.causes) or "no cause moved detectably"


def _member(key: SeriesKey, event: Event) -> str:
    """Name a series that moved with an event; of the event's own cell only the metric."""
    label = metric_label(key.metric)
    return label if key.cell == event.cell else f"{key.cell}, {label}"


def _because(event: Event) -> str:
    return f" ({escape(event.reason)})" if event.reason else ""


def _night(run_id: str | None, assessment: Assessment) -> str:
    known = {night.run_id: night for night in assessment.nights}
    if run_id is None:
        return "none known"
    return escape(night_text(known[run_id]) if run_id in known else run_id)


def _attributes(changed: Mapping[str, tuple[str | None, str | None]]) -> str:
    pairs = (
        f"{name} {MISSING if then is None else then} → {MISSING if now is None else now}"
        for name, (then, now) in changed.items()
    )
    return escape("; ".join(pairs)) or "nothing that is recorded"


def _recovered(assessment: Assessment) -> str:
    return "\n".join(
        f"- {escape(shown_title(shown, assessment))}; first bad"
        f" {_night(shown.event.first_bad, assessment)}, recovered"
        f" {_night(shown.event.recovered, assessment)} `{sparkline(shown.medians, shown.step)}`"
        for shown in assessment.recovered
    )


def missing_cells(assessment: Assessment) -> Table:
    """Give the cells that were planned and are not there, with the reason."""
    columns = (Column.words("cell"), Column.words("why"))
    return Table(columns, tuple(assessment.missing.items()), "missing cells")


def not_judged(assessment: Assessment) -> Table:
    """Count the reasons for which series have no verdict, the most frequent first."""
    silent = Counter(
        (each.state, each.reason)
        for each in assessment.series
        if each.state in ("cannot tell", "not comparable")
    )
    columns = (Column.words("state"), Column.words("why"), Column("series"))
    rows = tuple((state, text_of(why), count) for (state, why), count in silent.most_common())
    return Table(columns, rows, "why series are not judged")


def series_table(series: Sequence[SeriesState]) -> Table:
    """Give what became of series, one a row."""
    return Table.of(_SERIES, series, "all series")


def suspicious(assessment: Assessment) -> Table:
    """Give the changes that measuring again the same night did not confirm."""
    found = [each for each in assessment.series if each.state in _OPEN]
    return replace(series_table(found), title="suspicious, not confirmed")


def listed_series(assessment: Assessment) -> list[SeriesState]:
    """Leave out the counts that are as they were: no machine changes them."""
    return [each for each in assessment.series if not _is_constant(each)]


def constants_line(assessment: Assessment) -> str:
    """Tell of the counts that are as they were, all in one line; empty without any."""
    same = [each.key.metric for each in assessment.series if _is_constant(each)]
    if not same:
        return ""
    names = ", ".join(dict.fromkeys(map(metric_label, same)))
    return f"{len(same)} series of counts ({names}) are as they were."


def _is_constant(each: SeriesState) -> bool:
    metric = METRICS.get(each.key.metric)
    return each.state == "ok" and metric is not None and metric.noise == "exact"


def fingerprint(assessment: Assessment) -> Table:
    """Give what the last night recorded of its machine and software."""
    told = assessment.nights[-1].attributes if assessment.nights else {}
    return Table((Column.words("field"), Column.words("value")), tuple(told.items()), "fingerprint")


def _suspicious(assessment: Assessment) -> str:
    return _shown(suspicious(assessment))


def _missing(assessment: Assessment) -> str:
    return _shown(missing_cells(assessment))


def _not_judged(assessment: Assessment) -> str:
    table = not_judged(assessment)
    text = _shown(replace(table, rows=table.rows[:MOST_MEMBERS]))
    rest = len(table.rows) - MOST_MEMBERS
    return f"{text}\n\n{rest} more reasons: see the JSON." if rest > 0 else text


def _all_series(assessment: Assessment) -> str:
    table = _folded("series", series_table(listed_series(assessment)))
    return "\n\n".join(filter(None, (constants_line(assessment), table)))


def _fingerprint(assessment: Assessment) -> str:
    return _folded("fields", fingerprint(assessment))


def _folded(noun: str, table: Table) -> str:
    """Write a table that is unfolded on demand; the summary counts its rows."""
    text = _shown(table)
    summary = f"<summary>{len(table.rows)} {noun}</summary>"
    return f"<details>{summary}\n\n{text}\n\n</details>" if text else ""


def _shown(table: Table) -> str:
    return markdown(table) if table.rows else ""


def _effect(each: SeriesState) -> Cell:
    """Give a change, but none where nothing is comparable."""
    return None if each.state == "not comparable" else effect(each.change)


#: The table of series.
_SERIES: tuple[Field[SeriesState], ...] = (
    Field(Column("cell", align="left"), lambda each: each.key.cell),
    Field(Column("metric", align="left"), lambda each: metric_label(each.key.metric)),
    Field(Column("state", align="left"), lambda each: each.state),
    Field(OLD_TO_NEW, lambda each: old_to_new(each.key.metric, each.change)),
    Field(CHANGE, _effect),
    Field(Column("nights", names=("nights_old", "nights_new")), lambda each: sizes(each.change)),
    Field(Column("why"), lambda each: text_of(each.reason)),
)


#: The page from top to bottom; a section without text is left out.
_SECTIONS: Mapping[str, Callable[[Assessment], str]] = {
    "Events": _events,
    "Recovered": _recovered,
    "Suspicious, not confirmed": _suspicious,
    "Missing cells": _missing,
    "Not judged": _not_judged,
    "All series": _all_series,
    "Fingerprint of this night": _fingerprint,
}
