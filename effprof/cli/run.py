"""`effprof run`: the options of a sweep, read and checked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from effprof.cli import completion
from effprof.cli.options import (
    AXES_IN_HELP,
    Made,
    StoreOption,
    finite,
    given,
    given_command,
    in_forms,
    with_options,
)
from effprof.cli.output import Form, loading, note
from effprof.core.axes import read_flags
from effprof.core.errors import BadInput

#: An option for every axis.
_AXES = [
    Made(
        name,
        str | None,
        axis.flag,
        axis.help or f"{', '.join(axis.choices)}.",
        complete=completion.models if name == "model" else None,
    )
    for name, axis in AXES_IN_HELP.items()
]


@with_options(_AXES, into="axes", after="cpu")
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
    gpu: Annotated[str | None, typer.Option(help="GPU to measure: index, UUID or all.")] = None,
    cpu: Annotated[bool, typer.Option("--cpu", help="Measure the CPU.")] = False,
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
    target_width: Annotated[
        float | None,
        typer.Option(
            min=0.0001,
            max=0.5,
            callback=finite(0.0001),
            help="Half-width of the interval to reach, e.g. 0.02.",
        ),
    ] = None,
    time_cap: Annotated[
        float | None,
        typer.Option(min=0.1, callback=finite(0.1), help="Seconds of timing per cell at most."),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(min=1, callback=finite(1), help="Seconds until a worker is killed."),
    ] = None,
    allow_busy: Annotated[
        bool, typer.Option("--allow-busy", help="Accept results measured while other programs run.")
    ] = False,
    profile: Annotated[
        bool | None,
        typer.Option("--profile/--no-profile", help="Also show where the time of each step goes."),
    ] = None,
    profile_repeats: Annotated[
        int | None,
        typer.Option(min=1, help="Profile the first N repeats of a cell only. Default: all."),
    ] = None,
    energy_repeats: Annotated[
        int | None,
        typer.Option(min=0, help="Measure energy in the first N repeats only. Default: all."),
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
    axes: Mapping[str, str | None],
    form: Form,
) -> None:
    """Measure models on this machine and report whether FLOPs arrive as speed."""
    changes = {"reference": reference, "repeats": repeats}
    options = {
        "target_width": target_width,
        "time_cap_seconds": time_cap,
        "timeout_seconds": timeout,
        "allow_busy": allow_busy or None,
        "profile": profile,
        "profile_repeats": profile_repeats,
        "energy_repeats": energy_repeats,
    }
    if gpu is not None and cpu:
        raise BadInput("--gpu and --cpu exclude each other; give one of them")
    if no_report and out is not None:
        raise BadInput("--no-report writes no pages, so --out has no use; leave one of them out")
    values = read_flags(given(axes))
    for text in values.notes:
        note(f"note: {text}")
    from effprof.sweep.suite import load_suite

    loaded = load_suite(suite) if suite else None
    loading(form)
    # These load pandas, scipy, SQLAlchemy and Rich; the workers load torch.
    from effprof.cli.sweep import ALL_DONE, carry_out, show_plans
    from effprof.session.request import Request, read_budget, read_shard
    from effprof.sweep.plan import Asked

    request = Request(
        Asked(given_command(), gpu, cpu, None if shard is None else read_shard(shard)),
        loaded,
        values.values,
        given(changes),
        given(options),
        rounds,
        resume,
        budget=None if budget is None else read_budget(budget),
    )
    if dry_run:
        show_plans(request, store, form)
        raise typer.Exit(ALL_DONE)
    raise typer.Exit(carry_out(request, store, out, pages=not no_report, form=form))
