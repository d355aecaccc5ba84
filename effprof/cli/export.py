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
            help='Id of a run, a beginning of it, a tag, "latest", or an exported file.',
            autocompletion=completion.runs,
        ),
    ],
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="File to write, such as run.jsonl.gz.")
    ],
    store: StoreOption = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite another file.")] = False,
    recount: Annotated[
        bool,
        typer.Option(
            "--recount", help="Count MACs, activations and bytes again, with this version."
        ),
    ] = False,
) -> None:
    """Write a run, with every raw sample, to one file of compressed JSON lines."""
    from effprof.store.runs_given import load_run
    from effprof.store.transfer import export_run

    found = load_run(run, store)
    if recount:
        from effprof.session.recount import recounted

        found, notes = recounted(found)
        for each in notes:
            note(each)
    export_run(found, file, force=force)
    note(f"run {found.invocation.id}: {len(found.repeats)} outcomes written to {file}")
