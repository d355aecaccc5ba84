"""`night.html`: the page of a night, to be filtered and sorted; one file that fetches nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from markupsafe import Markup

from effprof.core.events import SeriesKey
from effprof.core.machines import place_text
from effprof.core.units import MISSING
from effprof.regressions.assessment import STEP_METRIC, Assessment, ShownEvent
from effprof.report.changes import (
    change_text,
    metric_label,
    signed_duration,
    value_text,
)
from effprof.report.html.pages import page_of
from effprof.report.html.sparkline import drawing
from effprof.report.night import (
    BY_CAUSE,
    KIND_WORDS,
    STATE_WORDS,
    by_cause,
    constants_line,
    counts_line,
    fingerprint,
    lead,
    listed_series,
    missing_cells,
    night_text,
    not_judged,
    series_table,
    suspicious,
    tonight_line,
    whole_step,
)
from effprof.report.tables.html import html
from effprof.report.tables.table import Table

PAGE_NAME = "night.html"

#: Events shown in full. A night with more has one cause, and the table of all series has the rest.
MOST_EVENTS = 200


@dataclass(frozen=True, slots=True)
class EventView:
    """An event in the words and numbers that the template shows; texts are not escaped."""

    kind: str
    word: str
    what: str
    size: float
    change: str
    old_to_new: str
    drawing: Markup
    facts: Mapping[str, str]
    attributes: Mapping[str, tuple[str, str]]
    roles: Mapping[str, str]
    flags: tuple[str, ...]
    members: tuple[str, ...]
    command: str
    first_bad: str


def render_night(assessment: Assessment) -> str:
    """Render the assessment of a night; the same assessment gives the same text."""
    tonight = assessment.nights[-1] if assessment.nights else None
    shown = assessment.events[:MOST_EVENTS]
    return page_of(
        "night.html.j2",
        ["tables.js", "night.js", "folds.js"],
        title=f"Night {night_text(tonight)}" if tonight else "No night yet",
        places=list(dict.fromkeys(place_text(s.key.device, s.key.host) for s in assessment.series)),
        tonight=tonight_line(assessment),
        counts=counts_line(assessment),
        lead=lead(assessment),
        count=len(assessment.nights),
        remarks=assessment.remarks,
        events=[_event(each, assessment) for each in shown],
        left_out=len(assessment.events) - len(shown),
        kinds={each.event.kind: KIND_WORDS[each.event.kind] for each in assessment.events},
        recovered=[_event(each, assessment) for each in assessment.recovered],
        suspicious=_table(suspicious(assessment)),
        missing=_table(missing_cells(assessment)),
        silent=_table(not_judged(assessment)),
        series=_table(series_table(listed_series(assessment)), state="state"),
        constants=constants_line(assessment),
        ok=sum(each.state == "ok" for each in assessment.series),
        series_count=len(assessment.series),
        states=[state for state, count in assessment.counts.items() if count],
        fingerprint=_table(fingerprint(assessment)),
    )


def _event(shown: ShownEvent, assessment: Assessment) -> EventView:
    event = shown.event
    known = event.old is not None or event.new is not None
    old_to_new = _arrow(event.metric, event.old, event.new) if known else ""
    change = "" if event.change is None else change_text(event.change)
    words = f"{len(shown.medians)} nights: {old_to_new or event.kind} from {event.first_bad} on"
    step = whole_step(shown, assessment)
    facts = {
        "nights": f"{event.n[0]} before, {event.n[1]} since",
        **({"the whole step": step, metric_label(event.metric): change} if step else {}),
        **({BY_CAUSE: by_cause(shown)} if shown.causes else {}),
        "last good": _night(event.last_good, assessment),
        "first bad": _night(event.first_bad, assessment),
        **({"recovered": _night(event.recovered, assessment)} if event.recovered else {}),
        "state": STATE_WORDS[event.state] + (f" ({event.reason})" if event.reason else ""),
        "event": event.id,
    }
    return EventView(
        kind=event.kind,
        word=KIND_WORDS[event.kind],
        what=_what(event.cell, STEP_METRIC if step else event.metric)
        or place_text(event.device, event.host),
        size=abs(event.change.value) if event.change else 0.0,
        change=_whole(shown, assessment) if step else change,
        old_to_new=old_to_new,
        drawing=drawing(shown.medians, shown.step, (event.old, event.new), words),
        facts=facts,
        attributes={name: _pair(*both) for name, both in shown.attributes.items()},
        roles={role: signed_duration(seconds) for role, seconds in shown.roles.items()},
        flags=shown.flags,
        members=tuple(_member(key) for key in shown.members),
        command=shown.command,
        first_bad=event.first_bad,
    )


def _whole(shown: ShownEvent, assessment: Assessment) -> str:
    """Write the change of the whole step, with that of the role it was found in behind."""
    step, event = assessment.step_of(shown), shown.event
    whole = change_text(step.change.estimate if step and step.change else None)
    return f"{whole} ({metric_label(event.metric)} {change_text(event.change)})"


def _table(table: Table, state: str = "") -> Markup:
    """Write a table; nothing without rows. Reasons are prose, which stands to the left."""
    columns = tuple(replace(c, align="left") if c.heading == "why" else c for c in table.columns)
    return html(replace(table, columns=columns), state) if table.rows else Markup("")


def _night(run_id: str | None, assessment: Assessment) -> str:
    known = {night.run_id: night for night in assessment.nights}
    if run_id is None:
        return "none known"
    return night_text(known[run_id]) if run_id in known else run_id


def _arrow(metric: str, old: float | None, new: float | None) -> str:
    return f"{value_text(metric, old)} → {value_text(metric, new)}"


def _pair(then: str | None, now: str | None) -> tuple[str, str]:
    return (MISSING if then is None else then, MISSING if now is None else now)


def _member(key: SeriesKey) -> str:
    return _what(key.cell, key.metric)


def _what(cell: str, metric: str) -> str:
    return f"{cell}, {metric_label(metric)}" if cell and metric else cell
