"""`effprof runs`: what the store holds."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from effprof.cli.options import JsonOption, StoreOption
from effprof.cli.output import answer_json, answer_table, note

if TYPE_CHECKING:
    from effprof.report.tables.table import Table
    from effprof.store.rows import RunSummary


def runs(store: StoreOption = None, as_json: JsonOption = False) -> None:
    """List stored runs, newest first."""
    from effprof.report.tables.terminal import rich_table
    from effprof.store.store import open_store

    with open_store(store, create=False) as opened:
        summaries = opened.runs()
        location = opened.location
    if as_json:
        answer_json(store=location, runs=[asdict(summary) for summary in summaries])
    elif summaries:
        answer_table(rich_table(_table(summaries)))
    if not summaries:
        note(f"{location} holds no runs yet; make one with: effprof run")


def _table(summaries: "list[RunSummary]") -> "Table":
    from effprof.report.tables.cells import Joined
    from effprof.report.tables.table import Column, Field, Table

    words = Column.words
    fields: tuple[Field[RunSummary], ...] = (
        Field(words("run"), lambda run: run.id),
        Field(words("started"), lambda run: run.started_at),
        Field(words("status"), lambda run: run.status),
        Field(words("suite"), lambda run: run.suite),
        Field(words("device"), lambda run: run.device),
        Field(Column("cells"), lambda run: run.cells),
        Field(
            Column("outcomes", names=("outcomes", "planned")),
            lambda run: Joined((run.outcomes, run.cells * run.repeats), " of "),
        ),
        Field(words("command"), lambda run: run.command),
    )
    return Table.of(fields, summaries)
