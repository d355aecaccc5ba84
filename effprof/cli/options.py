"""Options that several commands share, so that each reads the same everywhere."""

import math
import shlex
import sys
from collections.abc import Callable
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


def finite(least: float) -> Callable[[float | None], float | None]:
    """Make a check that refuses NaN and infinity: releases of Click take them for any number."""

    def check(value: float | None) -> float | None:
        if value is not None and not math.isfinite(value):
            raise typer.BadParameter(f"{value} is not a finite number of {least:g} or more")
        return value

    return check


def store_flag(location: str | None) -> str:
    """Repeat the --store of this command for another one, without its password."""
    return f" --store {shlex.quote(redacted(location))}" if location else ""


def given_command() -> str:
    """Return the command line as it was given, but for passwords: it is stored and shown."""
    return shlex.join(["effprof", *map(redacted, sys.argv[1:])])
