"""`effprof runs`: what the store holds."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from effprof.cli.options import JsonOption, StoreOption
from effprof.cli.output import answer_json, answer_table, note

if TYPE_CHECKING:
    from rich.table import Table

    from effprof.store.rows import RunSummary


def runs(store: StoreOption = None, as_json: JsonOption = False) -> None:
    """List stored runs, newest first."""
    from effprof.store.store import open_store

    with open_store(store, create=False) as opened:
        summaries = opened.runs()
        location = opened.location
    if as_json:
        answer_json(store=location, runs=[asdict(summary) for summary in summaries])
    elif summaries:
        answer_table(_table(summaries))
    if not summaries:
        note(f"{location} holds no runs yet; make one with: effprof run")


def _table(summaries: "list[RunSummary]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table("run", "started", "status", "suite", "device", "cells", "outcomes", "command")
    for run in summaries:
        table.add_row(
            # Text, because names that look like Rich markup must not be read as such.
            Text(run.id),
            Text(run.started_at),
            run.status,
            Text(run.suite),
            Text(run.device),
            str(run.cells),
            f"{run.outcomes} of {run.cells * run.repeats}",
            Text(run.command),
        )
    return table
