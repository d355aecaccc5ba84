"""Options that several commands share, so that each reads the same everywhere."""

import math
import shlex
from typing import Annotated

import typer

from effprof.core.redaction import redacted

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


def finite(option: typer.CallbackParam, value: float | None) -> float | None:
    """Refuse NaN and infinity, which releases of Click take for numbers within any bounds."""
    if value is not None and not math.isfinite(value):
        least = getattr(option.type, "min", None)
        bound = "" if least is None else f" of {least:g} or more"
        raise typer.BadParameter(f"{value} is not a finite number{bound}")
    return value


def store_flag(location: str | None) -> str:
    """Repeat the --store of this command for another one, without its password."""
    return f" --store {shlex.quote(redacted(location))}" if location else ""
