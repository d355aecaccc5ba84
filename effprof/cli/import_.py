"""`effprof import`: runs that were exported elsewhere, into the store."""

from pathlib import Path
from typing import Annotated

import typer

from effprof.cli.options import StoreOption
from effprof.cli.output import note
from effprof.core.errors import BadInput


def import_(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="Files that effprof export wrote.")
    ],
    store: StoreOption = None,
) -> None:
    """Add exported runs to the store: all of them, or none when a file is malformed."""
    from effprof.store.store import open_store
    from effprof.store.transfer import read_run

    runs = []
    problems = []
    for file in files:
        try:
            runs.append(read_run(file))
        except BadInput as error:
            problems.append(str(error))
    if problems:
        raise BadInput("\n".join(problems))
    with open_store(store) as opened:
        new = opened.add_runs(runs)
    for run, added in zip(runs, new, strict=True):
        what = f"{len(run.repeats)} outcomes imported" if added else "already there"
        note(f"run {run.invocation.id}: {what}")
