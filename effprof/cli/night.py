"""A night carried through: measure, look back, measure suspects again, save events, write pages."""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from effprof.cli.options import store_flag
from effprof.cli.output import answer, answer_json, json_text, note
from effprof.cli.sweep import (
    ALL_DONE,
    INTERRUPTED,
    TERMINATED,
    announce,
    given_command,
    measure_plan,
    require_writable,
)
from effprof.core.cells import Cell
from effprof.core.errors import BadInput
from effprof.core.runs import Fingerprint, Run
from effprof.device.target import Target
from effprof.regressions.assessment import Assessment
from effprof.regressions.nights import again_suite, find_again, load_night
from effprof.report.html.night import PAGE_NAME
from effprof.report.html.night import render_night as render_html
from effprof.report.night import counts_line, event_title, render_night, write_night
from effprof.report.night_document import DOCUMENT_NAME, night_document
from effprof.store.store import Store, open_store
from effprof.study.study import Study
from effprof.sweep.plan import Asked, expand_suite, find_devices, new_plan
from effprof.sweep.sentinels import with_sentinels
from effprof.sweep.suite import Expansion, Suite, load_suite
from effprof.sweep.workers import Workers

#: Where pages go without `--out`, a folder per night below this one.
NIGHTS = Path("effprof-nights")

#: Exit status when what --fail-on names was found (the measuring standard's table).
FOUND = 4


@dataclass(frozen=True, slots=True)
class NightRequest:
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


@dataclass(frozen=True, slots=True)
class _Bench:
    """Where a night is measured: the workers, the device, the suite with its sentinels."""

    workers: Workers
    device: tuple[Target, Fingerprint]
    suite: Suite
    asked: Asked


def carry_out(request: NightRequest, *, as_json: bool) -> int:
    """Measure and judge a night, or judge a stored one; returns the exit status."""
    suite = None if request.run else load_suite(request.suite)
    with ExitStack() as stack:
        store = stack.enter_context(open_store(request.store, create=suite is not None))
        require_writable(request.out or NIGHTS)
        if suite is None:
            study, again, status = *_stored(store, request.run), ALL_DONE
        else:
            study, again, status = _measured(store, suite, request)
        if status in {INTERRUPTED, TERMINATED}:
            note(
                "then judge the night with: effprof nightly --run"
                f" {study.run.invocation.id}{store_flag(request.store)}"
            )
            return status
        assessment = load_night(store, study).assess(again)
        store.save_events(shown.event for shown in (*assessment.events, *assessment.recovered))
    _conclude(assessment, request.out or NIGHTS / study.run.invocation.id, as_json)
    return _status(assessment, request.failing, status)


def _stored(store: Store, text: str | None) -> tuple[Study, Run | None]:
    run = store.load(store.resolve(text))
    return Study(run), find_again(store, run)


def _measured(store: Store, suite: Suite, request: NightRequest) -> tuple[Study, Run | None, int]:
    """Measure the suite, and once more the cells that look changed."""
    bench = _bench(suite, request)
    plan = new_plan(
        bench.workers,
        bench.suite,
        expand_suite(bench.workers, bench.suite, bench.asked),
        bench.device,
        bench.asked,
    )
    for text in plan.notes:
        note(f"note: {text}")
    run, status = measure_plan(plan, bench.workers, store, request.store)
    study = Study(run)
    if status in {INTERRUPTED, TERMINATED}:
        return study, None, status
    suspects = load_night(store, study).suspects
    if not suspects:
        return study, None, status
    note(f"{len(suspects)} cells look changed and are measured again")
    again, later = _again(bench, store, run, suspects, request.store)
    return study, again, max(status, later)


def _bench(suite: Suite, request: NightRequest) -> _Bench:
    asked = Asked(given_command(), request.gpu, request.cpu)
    workers = Workers()
    workers.start()
    devices = find_devices(workers, asked)
    if len(devices) != 1:
        raise BadInput("a night is of one device; start one effprof nightly for each GPU")
    announce(devices)
    options = replace(suite.options, allow_busy=suite.options.allow_busy or request.allow_busy)
    changed = replace(suite, options=options, repeats=request.repeats or suite.repeats)
    return _Bench(workers, devices[0], with_sentinels(changed, devices[0][0].kind), asked)


def _again(
    bench: _Bench, store: Store, run: Run, suspects: tuple[Cell, ...], location: str | None
) -> tuple[Run, int]:
    suite = replace(bench.suite, name=again_suite(run.invocation))
    expansion = Expansion(suspects, run.invocation.reference)
    plan = new_plan(bench.workers, suite, expansion, bench.device, bench.asked)
    return measure_plan(plan, bench.workers, store, location)


def _conclude(assessment: Assessment, out: Path, as_json: bool) -> None:
    """Write the pages, and say in words what was found."""
    pages = write_pages(assessment, out)
    if as_json:
        answer_json(**night_document(assessment))
    else:
        answer(counts_line(assessment))
        for shown in assessment.events:
            answer(f"{event_title(shown.event)} [{shown.event.id}, {shown.event.state}]")
    for remark in assessment.remarks:
        note(remark)
    note(f"pages: {', '.join(map(str, pages))}")


def write_pages(assessment: Assessment, out: Path) -> tuple[Path, ...]:
    """Write the page of a night as Markdown, as HTML, and its JSON twin; return their paths."""
    return (
        write_night(render_night(assessment), out),
        write_night(render_html(assessment), out, PAGE_NAME),
        write_night(json_text(night_document(assessment)), out, DOCUMENT_NAME),
    )


def _status(assessment: Assessment, failing: tuple[str, ...], status: int) -> int:
    """Let what --fail-on names outweigh failed cells; events that people judged do not count."""
    found = any(
        shown.event.kind in failing and shown.event.state == "new" for shown in assessment.events
    )
    return FOUND if found else status
