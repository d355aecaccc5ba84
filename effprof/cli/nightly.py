"""`effprof nightly`: measure a suite, compare it with earlier nights, write the page."""

from pathlib import Path
from typing import Annotated

import typer

from effprof.cli import completion
from effprof.cli.options import JsonOption, StoreOption
from effprof.cli.output import loading
from effprof.core.errors import BadInput, suggestion

#: Word of --fail-on -> kinds of events that end the command with `FOUND` while nobody has said
#: anything of them.
FAIL_ON = {
    "regression": ("regression", "failure"),
    "improvement": ("improvement",),
    "any": ("regression", "failure", "improvement", "machine"),
}


def nightly(
    suite: Annotated[
        str,
        typer.Argument(
            metavar="[SUITE|FILE.toml]",
            help="Packaged suite or suite file.",
            autocompletion=completion.suites,
        ),
    ] = "nightly",
    gpu: Annotated[str | None, typer.Option(help="GPU to measure: index or UUID.")] = None,
    cpu: Annotated[bool, typer.Option("--cpu", help="Measure the CPU.")] = False,
    repeats: Annotated[
        int | None, typer.Option(min=1, max=1000, help="How often to repeat each measurement.")
    ] = None,
    allow_busy: Annotated[
        bool, typer.Option("--allow-busy", help="Accept results measured while other programs run.")
    ] = False,
    run: Annotated[
        str | None,
        typer.Option(
            metavar="RUN",
            help="Measure nothing: judge this stored run as a night.",
            autocompletion=completion.runs,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the pages. [effprof-nights/RUN]")
    ] = None,
    fail_on: Annotated[
        str | None,
        typer.Option(metavar="|".join(FAIL_ON), help="Exit 4 on a new event of this kind."),
    ] = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure a suite and say what changed since earlier nights, and when."""
    if fail_on is not None and fail_on not in FAIL_ON:
        known = ", ".join(FAIL_ON)
        raise BadInput(f"--fail-on {fail_on!r} is not one of {known}{suggestion(fail_on, FAIL_ON)}")
    if gpu is not None and cpu:
        raise BadInput("--gpu and --cpu exclude each other; give one of them")
    if run is None:
        loading()
    # These load pandas, SQLAlchemy and the sweep.
    from effprof.cli.night import Options, carry_out

    options = Options(
        suite, gpu, cpu, repeats, allow_busy, run, out, store, FAIL_ON.get(fail_on or "", ())
    )
    raise typer.Exit(carry_out(options, as_json=as_json))
