"""A night in short, for the body of an issue or a message: few events, bounded length."""

from collections.abc import Iterable, Iterator

from effprof.regressions.assessment import Assessment, ShownEvent
from effprof.report.night import (
    BY_CAUSE,
    by_cause,
    constants_line,
    counts_line,
    lead,
    missing_cells,
    night_text,
    shown_title,
    suspicious,
    tonight_line,
    whole_step,
)
from effprof.report.tables.markdown import markdown
from effprof.report.tables.table import Table
from effprof.report.text import escape, fenced

PAGE_NAME = "night-short.md"

#: Characters at most: GitHub refuses the body of an issue above 65,536.
MOST_CHARACTERS = 60_000

#: Events, and rows of a table, that are told.
MOST_TOLD = 10

_REST = "The rest is in night.md and night.html."


def render_short(assessment: Assessment) -> str:
    """Render a night in at most `MOST_CHARACTERS`; the same assessment gives the same text."""
    kept, length = list[str](), len(_REST)
    for part in filter(None, _parts(assessment)):
        length += len(part) + 2
        if length >= MOST_CHARACTERS:
            return "\n\n".join((*kept, _REST)) + "\n"
        kept.append(part)
    return "\n\n".join(kept) + "\n"


def _parts(assessment: Assessment) -> Iterator[str]:
    """Yield what is told, the most important first."""
    yield f"**{escape(tonight_line(assessment))}**"
    yield counts_line(assessment)
    if assessment.nights:
        yield escape(night_text(assessment.nights[-1]))
    yield "\n".join(f"- {escape(text)}" for text in (lead(assessment), *assessment.remarks) if text)
    yield from _first("events", (*assessment.new, *assessment.still_open), assessment)
    if assessment.recovered_tonight:
        yield "## Recovered"
        yield from _first("recovered events", assessment.recovered_tonight, assessment)
    yield from _table("Suspicious, not confirmed", suspicious(assessment))
    yield from _table("Missing cells", missing_cells(assessment))
    yield escape(constants_line(assessment))


def _first(noun: str, events: Iterable[ShownEvent], assessment: Assessment) -> Iterator[str]:
    there = tuple(events)
    for shown in there[:MOST_TOLD]:
        yield f"### {escape(shown_title(shown, assessment))}"
        yield "\n".join(f"- {text}" for text in _told(shown, assessment))
        if shown.command:
            yield fenced(shown.command)
    if len(there) > MOST_TOLD:
        yield f"{len(there) - MOST_TOLD} more {noun}. {_REST}"


def _told(shown: ShownEvent, assessment: Assessment) -> Iterator[str]:
    event = shown.event
    if step := whole_step(shown, assessment):
        yield f"the whole step: {escape(step)}"
    yield f"first bad: {escape(event.first_bad)}"
    changed = (f"{name} {then} → {now}" for name, (then, now) in shown.attributes.items())
    if there := "; ".join(changed):
        yield f"what else changed there: {escape(there)}"
    if shown.causes:
        yield f"{BY_CAUSE}: {by_cause(shown)}"
    yield from (f"**{escape(flag)}**" for flag in shown.flags)
    yield f"event {escape(event.id)}{', new tonight' if shown.new else ''}"


def _table(title: str, table: Table) -> Iterator[str]:
    if table.rows:
        yield f"## {title}"
        yield markdown(Table(table.columns, table.rows[:MOST_TOLD], table.title))
        if len(table.rows) > MOST_TOLD:
            yield f"{len(table.rows) - MOST_TOLD} more. {_REST}"
