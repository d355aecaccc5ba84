"""A request carried out: measured by the session, reported run by run, with an exit status."""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from effprof.cli.options import store_flag
from effprof.cli.output import (
    Form,
    answer,
    answer_json,
    answer_table,
    answer_text,
    loading,
    note,
    tell,
)
from effprof.cli.progress import Progress
from effprof.cli.report import REPORTS, answer_rows
from effprof.core.durations import duration_text
from effprof.core.errors import StorageError
from effprof.core.runs import BUDGET, Run
from effprof.session.request import Request
from effprof.session.sweeps import Swept, planned, sweep

if TYPE_CHECKING:
    from effprof.report.closing import Closing
    from effprof.report.tables.table import Table
    from effprof.sweep.plan import Plan

#: Exit statuses beside those of errors (the measuring standard's table).
ALL_DONE = 0
SOME_FAILED = 3
STOPPED = {"interrupted": 130, "terminated": 143}


def carry_out(
    request: Request, store: str | None, out: Path | None, *, pages: bool, form: Form
) -> int:
    """Measure a request and report each run of it; returns the exit status.

    Without `pages` there are none; otherwise they go to the folder `out`, or one of their own.
    Errors are raised before any measuring.
    """
    if pages:
        require_writable(out or REPORTS)
    status = ALL_DONE
    with Progress(store, asks=form != "json") as shown:
        for swept in sweep(request, store, shown):
            folder = _folder(swept, out) if pages else None
            _conclude(swept.run, folder, store_flag(store), form)
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


def _conclude(run: Run, out: Path | None, kept: str, form: Form) -> None:
    """Write the report if one is wanted, and end with a screen that says what came out.

    `kept` is the --store of the run as commands repeat it.
    """
    from effprof.analysis.isolation import isolation
    from effprof.report import write_report
    from effprof.report.closing import closing
    from effprof.report.page import Page
    from effprof.study.study import Study

    study = Study(run)
    pages = None if out is None else write_report(study, out, kept)
    cost = isolation(run)
    # A terminal ends with one screen; what else there is to say stands on the page.
    in_lines = not sys.stderr.isatty()
    if cost is not None and in_lines:
        note(
            f"time outside measuring: median {cost.median_seconds:.2f} s a cell;"
            f" {cost.measuring_share:.0%} of {duration_text(cost.total_seconds)} was measuring"
        )
    if form == "json":
        answer_rows(study)
    else:
        answer_closing(closing(Page(study, kept), pages and str(pages.html)), form)
    if pages is not None and in_lines:
        note(f"report: {pages.markdown}")


def answer_closing(screen: "Closing", form: Form) -> None:
    """Print the last screen of a run; in the form of a table, or quietly, only that part of it."""
    if form == "quiet":
        for line in screen.lead:
            answer_text(line)
        return
    if form not in ("text", "tsv"):
        if screen.table is not None:
            answer_table(screen.table, form)
        return
    for line in screen.lead:
        answer_text(line)
    answer("")
    if screen.table is not None:
        answer_table(screen.table, "text")
        answer("")
    for line in screen.below:
        answer_text(line)
    answer("")
    room = max(len(what) for what, _ in screen.steps)
    for what, how in screen.steps:
        answer(f"{what:{room}}  {how}")


def show_plans(request: Request, store: str | None, form: Form) -> None:
    """Print what a request would measure and about how long it takes; nothing is run."""
    with Progress(store) as shown:
        plans = planned(request, store, shown, loading)
    if form == "json":
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
    for plan in plans:
        answer_table(_plan_table(plan), form)
        tell(
            f"{len(plan.invocation.cells)} cells, {len(plan.pending)} measurements,"
            f" about {duration_text(plan.seconds)} (a guess from FLOPs); nothing was run",
            form,
        )
        if budget := plan.invocation.fingerprint.recorded.get(BUDGET):
            tell(f"budget {budget}", form)


def _plan_table(plan: "Plan") -> "Table":
    """Make the table of a plan: how often each cell is measured, and about how long that takes."""
    from effprof.core.cells import Cell
    from effprof.report.tables.table import Column, Field, Table

    own: dict[Cell, list[float]] = {cell: [] for cell in plan.invocation.cells}
    for cell, _, seconds in plan.estimates():
        own[cell].append(seconds)
    about = Column("about", write=duration_text, names=("seconds",))
    fields: tuple[Field[Cell], ...] = (
        Field(Column.words("cell"), lambda cell: cell.key),
        Field(Column("repeats"), lambda cell: len(own[cell])),
        Field(about, lambda cell: sum(own[cell])),
    )
    return Table.of(fields, plan.invocation.cells)


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
