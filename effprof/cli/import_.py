"""`effprof import`: runs that were exported elsewhere, into the store."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from effprof.cli.options import StoreOption
from effprof.cli.output import note
from effprof.core.errors import BadInput, suggestion

if TYPE_CHECKING:
    from effprof.core.runs import Run

#: Format -> (module, the function in it that reads a file as a run).
READERS = {
    "effprof": ("effprof.store.transfer", "read_run"),
    "pytest-benchmark": ("effprof.store.pytest_benchmark", "read_pytest_benchmark"),
}


def import_(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", help="Files that effprof export or pytest-benchmark wrote."),
    ],
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="|".join(READERS),
            help="What wrote the files: effprof export, or pytest --benchmark-json with the"
            " fixture effprof.",
        ),
    ] = "effprof",
    store: StoreOption = None,
) -> None:
    """Add exported runs to the store: all of them, or none when a file is malformed."""
    from effprof.store.store import open_store

    read = _reader(format_)
    runs = []
    problems = []
    for file in files:
        try:
            runs.append(read(file))
        except BadInput as error:
            problems.append(str(error))
    if problems:
        raise BadInput("\n".join(problems))
    with open_store(store) as opened:
        new = opened.add_runs(runs)
    for run, added in zip(runs, new, strict=True):
        what = f"{len(run.repeats)} outcomes imported" if added else "already there"
        note(f"run {run.invocation.id}: {what}")


def _reader(name: str) -> "Callable[[Path], Run]":
    from importlib import import_module

    if name not in READERS:
        hint = suggestion(name, READERS)
        raise BadInput(f"--format: {name!r} is not one of {', '.join(READERS)}{hint}")
    module, function = READERS[name]
    reader: Callable[[Path], Run] = getattr(import_module(module), function)
    return reader
