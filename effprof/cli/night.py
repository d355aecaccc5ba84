"""A night carried out: measured and judged by the session, its pages written, an exit status."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from effprof.cli.options import store_flag
from effprof.cli.output import Form, answer_json, answer_table, json_text, note, tell
from effprof.cli.progress import Progress
from effprof.cli.sweep import ALL_DONE, require_writable, status_of
from effprof.regressions.assessment import Assessment
from effprof.report.events import events_table
from effprof.report.html.night import PAGE_NAME
from effprof.report.html.night import render_night as render_html
from effprof.report.html.night_index import write_index
from effprof.report.night import (
    BY_CAUSE,
    by_cause,
    counts_line,
    lead,
    render_night,
    tonight_line,
    write_night,
)
from effprof.report.night_document import DOCUMENT_NAME, night_document
from effprof.report.night_short import PAGE_NAME as SHORT_NAME
from effprof.report.night_short import render_short
from effprof.session.night import Night, judge_night, measure_night
from effprof.session.request import Request

#: Where pages go without `--out`, a folder per night below this one.
NIGHTS = Path("effprof-nights")

#: Exit status when what --fail-on names was found (the measuring standard's table).
FOUND = 4


@dataclass(frozen=True, slots=True)
class Ask:
    """What one `effprof nightly` asks for: a request to measure, or a stored `run` to judge.

    `failing` are the kinds of events that end the command with `FOUND`.
    """

    measured: Request | None
    run: str | None
    out: Path | None
    store: str | None
    failing: tuple[str, ...]


def carry_out(asked: Ask, form: Form) -> int:
    """Measure and judge a night, or judge a stored one; returns the exit status."""
    night = _night(asked)
    run_id = night.study.run.invocation.id
    status = max((status_of(swept) for swept in night.sweeps), default=ALL_DONE)
    if night.assessment is None:
        flag = store_flag(asked.store)
        note("then judge the night with:", f"effprof nightly --run {run_id}{flag}")
        return status
    pages = write_pages(night.assessment, asked.out or NIGHTS / run_id)
    _answer(night.assessment, form)
    note(f"pages: {', '.join(map(str, pages))}")
    return _status(night.assessment, asked.failing, status)


def _night(asked: Ask) -> Night:
    require_writable(asked.out or NIGHTS)
    if asked.measured is None:
        return judge_night(str(asked.run), asked.store)
    with Progress(asked.store) as shown:
        return measure_night(asked.measured, asked.store, shown)


def _answer(assessment: Assessment, form: Form) -> None:
    """Print the events of tonight as a table, and in words what holds for the whole night."""
    events = [shown.event for shown in assessment.events]
    if form == "json":
        answer_json(**night_document(assessment))
    else:
        tell(tonight_line(assessment), form)
        tell(counts_line(assessment), form)
        if events:
            tell("", form)
            answer_table(events_table(events), form)
            tell("", form)
        for line in filter(None, (lead(assessment), *_causes(assessment))):
            tell(line, form)
    for remark in assessment.remarks:
        note(remark)


def _causes(assessment: Assessment) -> Iterator[str]:
    """Say of each event what made the step longer or shorter, where that is known."""
    for shown in assessment.events:
        if shown.causes:
            yield f"{shown.event.id}: {BY_CAUSE}: {by_cause(shown)}"


def write_pages(assessment: Assessment, out: Path) -> tuple[Path, ...]:
    """Write the pages of a night, its JSON twin, and the index of nights; return their paths.

    The index lists the nights beside it where they have their usual place: other folders are not
    ours to write to.
    """
    pages = (
        write_night(render_night(assessment), out),
        write_night(render_short(assessment), out, SHORT_NAME),
        write_night(render_html(assessment), out, PAGE_NAME),
        write_night(json_text(night_document(assessment)), out, DOCUMENT_NAME),
    )
    return (*pages, write_index(NIGHTS)) if out.parent == NIGHTS else pages


def _status(assessment: Assessment, failing: tuple[str, ...], status: int) -> int:
    """Let what --fail-on names outweigh failed cells; events that people judged do not count."""
    found = any(
        shown.event.counts_as in failing and shown.event.state == "new"
        for shown in assessment.events
    )
    return FOUND if found else status
