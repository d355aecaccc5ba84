"""Options that several commands share, so that each reads the same everywhere."""

from typing import Annotated

import typer

StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="PATH|URL",
        show_default=False,
        help="Where runs are kept: a file or a database URL (sqlite:///..., postgresql://...)."
        " Default: $EFFPROF_STORE, else store.sqlite in your data directory.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
