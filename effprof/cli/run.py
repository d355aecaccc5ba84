"""`effprof run`: the options of a sweep, read and checked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from effprof.cli import completion
from effprof.cli.measuring import DEVICE, PASSES, SWEPT, TIMING, device_problems
from effprof.cli.options import StoreOption, given, given_command, in_forms, with_options
from effprof.cli.output import Form, loading, note
from effprof.core.axes import read_flags
from effprof.core.errors import BadInput


@with_options(DEVICE, into="device", after="suite")
@with_options(SWEPT, into="axes", after="suite")
@with_options((*TIMING, *PASSES), into="options", after="repeats")
@in_forms()
def run(
    suite: Annotated[
        str | None,
        typer.Argument(
            metavar="[SUITE|FILE.toml]",
            autocompletion=completion.suites,
            help="Packaged suite or suite file. Default: first on a CPU, paper on a GPU.",
        ),
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="Model that speeds are compared with.")
    ] = None,
    repeats: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=1000,
            help="How often to repeat each measurement, in a new process each time"
            " (0: no timing, only FLOPs and parameters).",
        ),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="Every Nth cell from the Ith, and the reference."),
    ] = None,
    rounds: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Stop after N rounds, one repeat of each cell."),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Measure for 90s, 2min or 1h30m: fewer samples, then fewer repeats (2 at least),"
            " never fewer cells. Says what was cut; exits 2 where the least does not fit.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan and its estimate; run nothing.")
    ] = False,
    resume: Annotated[
        str | None,
        typer.Option(
            metavar="RUN",
            help="Run only what this run still misses.",
            autocompletion=completion.runs,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the report. [effprof-reports/RUN]")
    ] = None,
    no_report: Annotated[
        bool, typer.Option("--no-report", help="Write no pages; effprof report makes them later.")
    ] = False,
    store: StoreOption = None,
    *,
    device: Mapping[str, Any],
    axes: Mapping[str, str | None],
    options: Mapping[str, Any],
    form: Form,
) -> None:
    """Measure models on this machine and report whether FLOPs arrive as speed."""
    problems = device_problems(device)
    if no_report and out is not None:
        problems.append("--no-report writes no pages, so --out has no use; leave one of them out")
    if problems:
        raise BadInput("\n".join(problems))
    values = read_flags(given(axes))
    for text in values.notes:
        note(f"note: {text}")
    from effprof.sweep.suite import load_suite

    loaded = load_suite(suite) if suite else None
    if not dry_run:  # most plans need no torch
        loading()
    # These load pandas, scipy, SQLAlchemy and Rich; the workers load torch.
    from effprof.cli.sweep import ALL_DONE, carry_out, show_plans
    from effprof.session.request import Request, read_budget, read_shard
    from effprof.sweep.plan import Asked

    request = Request(
        Asked(given_command(), **device, shard=None if shard is None else read_shard(shard)),
        loaded,
        values.values,
        given({"reference": reference, "repeats": repeats}),
        given(options),
        rounds,
        resume,
        budget=None if budget is None else read_budget(budget),
    )
    if dry_run:
        show_plans(request, store, form)
        raise typer.Exit(ALL_DONE)
    raise typer.Exit(carry_out(request, store, out, pages=not no_report, form=form))
