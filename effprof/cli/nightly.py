"""`effprof nightly`: measure a suite, compare it with earlier nights, write the page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from effprof.cli import completion
from effprof.cli.measuring import DEVICE, PASSES, SWEPT, TIMING, device_problems
from effprof.cli.options import StoreOption, given, given_command, in_forms, with_options
from effprof.cli.output import Form, loading, note
from effprof.core.axes import read_flags
from effprof.core.errors import BadInput, suggestion

#: Word of --fail-on -> kinds of events that end the command with `FOUND` while nobody has said
#: anything of them.
FAIL_ON = {
    "regression": ("regression", "failure"),
    "improvement": ("improvement",),
    "any": ("regression", "failure", "improvement", "machine"),
}


@with_options(DEVICE, into="device", after="suite")
@with_options(SWEPT, into="axes", after="suite")
@with_options((*TIMING, *PASSES), into="options", after="repeats")
@in_forms()
def nightly(
    suite: Annotated[
        str,
        typer.Argument(
            metavar="[SUITE|FILE.toml]",
            help="Packaged suite or suite file.",
            autocompletion=completion.suites,
        ),
    ] = "nightly",
    repeats: Annotated[
        int | None, typer.Option(min=1, max=1000, help="How often to repeat each measurement.")
    ] = None,
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
    *,
    device: Mapping[str, Any],
    axes: Mapping[str, str | None],
    options: Mapping[str, Any],
    form: Form,
) -> None:
    """Measure a suite and say what changed since earlier nights, and when."""
    problems = device_problems(device)
    if fail_on is not None and fail_on not in FAIL_ON:
        known = ", ".join(FAIL_ON)
        hint = suggestion(fail_on, FAIL_ON)
        problems.append(f"--fail-on {fail_on!r} is not one of {known}{hint}")
    changes, swept, how = given({"repeats": repeats}), given(axes), given(options)
    if run is not None and (changes or swept or how):
        problems.append("--run judges what is stored; leave out what says how to measure")
    if problems:
        raise BadInput("\n".join(problems))
    values = read_flags(swept)
    for text in values.notes:
        note(f"note: {text}")
    if run is None:
        loading()
    # These load pandas, SQLAlchemy and the sweep.
    from effprof.cli.night import Ask, carry_out
    from effprof.session.request import Request
    from effprof.sweep.plan import Asked
    from effprof.sweep.suite import load_suite

    measured = None
    if run is None:
        asked = Asked(given_command(), **device)
        measured = Request(asked, load_suite(suite), values.values, changes, how)
    ask = Ask(measured, run, out, store, FAIL_ON.get(fail_on or "", ()))
    raise typer.Exit(carry_out(ask, form))
