"""`effprof export`: a run as one file."""

from pathlib import Path
from typing import Annotated

import typer

from effprof.cli import completion
from effprof.cli.options import StoreOption
from effprof.cli.output import note


def export(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help='Id of a run, a beginning of it, a tag, or "latest".',
            autocompletion=completion.runs,
        ),
    ],
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="File to write, such as run.jsonl.gz.")
    ],
    store: StoreOption = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite another file.")] = False,
    recount: Annotated[
        bool, typer.Option("--recount", help="Count MACs, activations and bytes anew, as of today.")
    ] = False,
) -> None:
    """Write a stored run, with every raw sample, to one file of compressed JSON lines."""
    from effprof.store.store import open_store
    from effprof.store.transfer import export_run

    with open_store(store, create=False) as opened:
        found = opened.load(opened.resolve(run))
    if recount:
        from effprof.session.recount import recounted

        found, notes = recounted(found)
        for each in notes:
            note(each)
    export_run(found, file, force=force)
    note(f"run {found.invocation.id}: {len(found.repeats)} outcomes written to {file}")
