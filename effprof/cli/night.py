"""A night carried out: measured and judged by the session, its pages written, an exit status."""

from dataclasses import dataclass
from pathlib import Path

from effprof.cli.options import given_command, store_flag
from effprof.cli.output import answer, answer_json, json_text, note
from effprof.cli.progress import Progress
from effprof.cli.sweep import ALL_DONE, require_writable, status_of
from effprof.regressions.assessment import Assessment
from effprof.report.html.night import PAGE_NAME
from effprof.report.html.night import render_night as render_html
from effprof.report.html.night_index import write_index
from effprof.report.night import (
    BY_CAUSE,
    by_cause,
    counts_line,
    event_title,
    render_night,
    write_night,
)
from effprof.report.night_document import DOCUMENT_NAME, night_document
from effprof.report.night_short import PAGE_NAME as SHORT_NAME
from effprof.report.night_short import render_short
from effprof.session.night import Night, NightRequest, judge_night, measure_night
from effprof.sweep.plan import Asked
from effprof.sweep.suite import load_suite

#: Where pages go without `--out`, a folder per night below this one.
NIGHTS = Path("effprof-nights")

#: Exit status when what --fail-on names was found (the measuring standard's table).
FOUND = 4


@dataclass(frozen=True, slots=True)
class Options:
    """What one `effprof nightly` asks for; with `run` nothing is measured.

    `failing` are the kinds of events that end the command with `FOUND`.
    """

    suite: str
    gpu: str | None
    cpu: bool
    repeats: int | None
    allow_busy: bool
    run: str | None
    out: Path | None
    store: str | None
    failing: tuple[str, ...]


def carry_out(options: Options, *, as_json: bool) -> int:
    """Measure and judge a night, or judge a stored one; returns the exit status."""
    night = _night(options)
    run_id = night.study.run.invocation.id
    status = max((status_of(swept) for swept in night.sweeps), default=ALL_DONE)
    if night.assessment is None:
        flag = store_flag(options.store)
        note(f"then judge the night with: effprof nightly --run {run_id}{flag}")
        return status
    _conclude(night.assessment, options.out or NIGHTS / run_id, as_json)
    return _status(night.assessment, options.failing, status)


def _night(options: Options) -> Night:
    out = options.out or NIGHTS
    if options.run:
        require_writable(out)
        return judge_night(options.run, options.store)
    asked = Asked(given_command(), options.gpu, options.cpu)
    suite = load_suite(options.suite)
    require_writable(out)
    with Progress(options.store) as shown:
        request = NightRequest(suite, asked, options.repeats, options.allow_busy)
        return measure_night(request, options.store, shown)


def _conclude(assessment: Assessment, out: Path, as_json: bool) -> None:
    """Write the pages, and say in words what was found."""
    pages = write_pages(assessment, out)
    if as_json:
        answer_json(**night_document(assessment))
    else:
        answer(counts_line(assessment))
        for shown in assessment.events:
            answer(f"{event_title(shown.event)} [{shown.event.id}, {shown.event.state}]")
            if shown.causes:
                answer(f"  {BY_CAUSE}: {by_cause(shown)}")
    for remark in assessment.remarks:
        note(remark)
    note(f"pages: {', '.join(map(str, pages))}")


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
