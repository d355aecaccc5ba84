"""A request carried out: measured by the session, reported run by run, with an exit status."""

import os
from contextlib import suppress
from pathlib import Path

from effprof.cli.options import store_flag
from effprof.cli.output import answer, answer_json, answer_table, note
from effprof.cli.progress import Progress
from effprof.cli.report import REPORTS, answer_rows
from effprof.core.durations import duration_text
from effprof.core.errors import StorageError
from effprof.core.runs import BUDGET, Run
from effprof.session.request import Request
from effprof.session.sweeps import Swept, planned, sweep

#: Exit statuses beside those of errors (the measuring standard's table).
ALL_DONE = 0
SOME_FAILED = 3
STOPPED = {"interrupted": 130, "terminated": 143}


def carry_out(
    request: Request, store: str | None, out: Path | None, *, pages: bool, as_json: bool
) -> int:
    """Measure a request and report each run of it; returns the exit status.

    Without `pages` there are none; otherwise they go to the folder `out`, or one of their own.
    Errors are raised before any measuring.
    """
    if pages:
        require_writable(out or REPORTS)
    status = ALL_DONE
    with Progress(store, asks=not as_json) as shown:
        for swept in sweep(request, store, shown):
            folder = _folder(swept, out) if pages else None
            _conclude(swept.run, folder, store_flag(store), as_json)
            status = max(status, status_of(swept))
    return status


def status_of(swept: Swept) -> int:
    """Give the exit status that a sweep deserves."""
    if swept.stopped is not None:
        return STOPPED[swept.stopped]
    return SOME_FAILED if swept.failed else ALL_DONE


def _folder(swept: Swept, out: Path | None) -> Path:
    """Return the folder of a run's report: the one asked for, unless several runs share it."""
    if out is not None and swept.of == 1:
        return out
    return (out or REPORTS) / swept.run.invocation.id


def _conclude(run: Run, out: Path | None, kept: str, as_json: bool) -> None:
    """Write the report if one is wanted, and say in words what came out and what it cost.

    `kept` is the --store of the run as commands repeat it.
    """
    from effprof.analysis.isolation import isolation
    from effprof.report import write_report
    from effprof.report.findings import heap_text
    from effprof.report.markup import PLAIN
    from effprof.report.page import Page
    from effprof.report.verdict import verdict
    from effprof.study.findings import HeapKept
    from effprof.study.study import Study

    study = Study(run)
    pages = None if out is None else write_report(study, out, kept)
    if as_json:
        answer_rows(study)
    else:
        answer(verdict(Page(study), PLAIN))
        for found in study.findings:
            if isinstance(found, HeapKept):
                answer(heap_text(found, PLAIN))
    cost = isolation(run)
    if cost is not None:
        note(
            f"time outside measuring: median {cost.median_seconds:.2f} s a cell;"
            f" {cost.measuring_share:.0%} of {duration_text(cost.total_seconds)} was measuring"
        )
    if pages is None:
        note(f"no report was written; make it with: effprof report {run.invocation.id}{kept}")
        return
    note(f"report: {pages.markdown}")
    note(f"interactive: {pages.html}")


def show_plans(request: Request, store: str | None, *, as_json: bool) -> None:
    """Print what a request would measure and about how long it takes; nothing is run."""
    with Progress(store) as shown:
        plans = planned(request, store, shown)
    if as_json:
        answer_json(
            plans=[
                {
                    "device": plan.target.line,
                    "reference": plan.invocation.reference,
                    "repeats": plan.invocation.repeats,
                    "seconds": plan.seconds,
                    "cells": [cell.key for cell in plan.invocation.cells],
                }
                for plan in plans
            ]
        )
        return
    from rich.table import Table
    from rich.text import Text

    for plan in plans:
        estimates = plan.estimates()
        table = Table("cell", "repeats", "about")
        for cell in plan.invocation.cells:
            own = [seconds for each, _, seconds in estimates if each == cell]
            table.add_row(Text(cell.key), str(len(own)), duration_text(sum(own)))
        answer_table(table)
        answer(
            f"{len(plan.invocation.cells)} cells, {len(plan.pending)} measurements,"
            f" about {duration_text(plan.seconds)} (a guess from FLOPs); nothing was run"
        )
        if budget := plan.invocation.fingerprint.recorded.get(BUDGET):
            answer(f"budget {budget}")


def require_writable(folder: Path) -> None:
    """Find out before the device is touched whether reports can be written; leaves no folder."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".effprof-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StorageError(
            f"cannot write reports to {folder}: {error.strerror}; choose another --out"
        ) from error
    finally:
        for path in missing:
            with suppress(OSError):
                path.rmdir()
