"""`effprof runs`: what the store holds, names for it, and what is no longer wanted."""

import re
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from effprof.cli import completion
from effprof.cli.options import StoreOption, in_forms
from effprof.cli.output import Form, answer_json, answer_table, note
from effprof.core.errors import BadInput

if TYPE_CHECKING:
    from effprof.report.tables.table import Table
    from effprof.store.rows import RunSummary
    from effprof.store.store import Store

#: What a tag is made of: neither a beginning of an id nor the name of a file reads like one.
TAG = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


@in_forms()
def runs(
    run: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN...]",
            autocompletion=completion.runs,
            show_default=False,
            help="Runs to tag or to delete: ids, beginnings of ids, tags, or latest.",
        ),
    ] = None,
    tag: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Give RUN a name that other commands find it by."),
    ] = None,
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete each RUN with all its samples.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False,
    store: StoreOption = None,
    *,
    form: Form,
) -> None:
    """List stored runs, newest first; name them, or delete them."""
    from effprof.store.store import open_store

    if problems := _problems(run or [], tag, delete):
        raise BadInput("\n".join(problems))
    with open_store(store, create=False) as opened:
        if tag is not None or delete:
            ids = list(dict.fromkeys(opened.resolve(each) for each in run or []))
            _tag(opened, ids[0], tag) if tag is not None else _delete(opened, ids, yes)
            return
        summaries = opened.runs()
        location = opened.location
    if form == "json":
        answer_json(store=location, runs=[asdict(summary) for summary in summaries])
    elif summaries:
        answer_table(_table(summaries), form)
    if not summaries:
        note(f"{location} holds no runs yet; make one with: effprof run")


def _problems(run: list[str], tag: str | None, delete: bool) -> list[str]:
    if tag is None and not delete:
        return ["give --tag NAME or --delete with RUN; all runs are listed without it"] * bool(run)
    if tag is not None and delete:
        return ["--tag and --delete exclude each other; give one of them"]
    if delete:
        return [] if run else ["--delete needs RUN: which runs (see: effprof runs)"]
    problems = [] if len(run) == 1 else ["--tag needs one RUN (see: effprof runs)"]
    if TAG.fullmatch(str(tag)) is None or tag == "latest":
        problems.append(f"--tag {tag!r}: give a letter first, then letters, digits, - or _")
    return problems


def _tag(opened: "Store", run_id: str, name: str) -> None:
    opened.tag(run_id, name)
    note(f"run {run_id} is {name} from now on")


def _delete(opened: "Store", ids: list[str], yes: bool) -> None:
    """Delete runs, if somebody who is asked agrees; one that may be measured now needs --yes."""
    there = {each.id: each for each in opened.runs()}
    busy = [run_id for run_id in ids if there[run_id].status == "running"]
    if busy and not yes:
        raise BadInput(f"run {busy[0]} may be measured now; stop it, or add --yes")
    for run_id in ids:
        each = there[run_id]
        note(f"run {run_id}: {each.suite}, {each.outcomes} outcomes, of {each.started_at}")
    if not yes:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise BadInput("nobody can be asked here; delete with --yes")
        typer.confirm("delete for good?", abort=True, err=True)
    for run_id in ids:
        opened.delete(run_id)
    note(f"deleted: {len(ids)}")


def _table(summaries: "list[RunSummary]") -> "Table":
    from effprof.report.tables.cells import Joined
    from effprof.report.tables.table import Column, Field, Table

    words = Column.words
    fields: tuple[Field[RunSummary], ...] = (
        Field(words("run"), lambda run: run.id),
        Field(words("tag"), lambda run: ", ".join(run.tags)),
        Field(words("started", rank=3), lambda run: run.started_at),
        Field(words("status"), lambda run: run.status),
        Field(words("suite"), lambda run: run.suite),
        Field(words("device", rank=1), lambda run: run.device),
        Field(Column("cells", rank=2), lambda run: run.cells),
        Field(
            Column("outcomes", names=("outcomes", "planned")),
            lambda run: Joined((run.outcomes, run.cells * run.repeats), " of "),
        ),
        Field(words("command", rank=4), lambda run: run.command),
    )
    return Table.of(fields, summaries)
