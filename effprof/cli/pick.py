"""`effprof pick`: the networks of a run that meet limits, the front they form, and near misses."""

import math
from typing import TYPE_CHECKING, Annotated

import typer

from effprof.cli.options import JsonOption, StoreOption
from effprof.core.errors import BadInput, suggestion
from effprof.core.quantities import QUANTITIES

if TYPE_CHECKING:
    import pandas as pd

    from effprof.analysis.picking import Limit


#: The options that limit something: flag -> the word for the limit.
BOUNDS = {
    "--latency-ms": "latency",
    "--memory-mib": "memory",
    "--joules-per-image": "energy",
    "--images-per-second": "speed",
    "--min-top1": "accuracy",
}


_LIMITED = {each.limit.name: each.limit for each in QUANTITIES.values() if each.limit is not None}


def pick(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN",
            show_default=False,
            help="Run id, a prefix of one, or an exported file. Default: the latest run.",
        ),
    ] = None,
    latency_ms: Annotated[
        float | None, typer.Option(help="Median latency of a step at most, in ms.")
    ] = None,
    memory_mib: Annotated[float | None, typer.Option(help="Peak memory at most, in MiB.")] = None,
    joules_per_image: Annotated[
        float | None, typer.Option(help="Energy per image at most, in J.")
    ] = None,
    images_per_second: Annotated[float | None, typer.Option(help="Speed at least.")] = None,
    min_top1: Annotated[
        float | None, typer.Option(help="Quoted ImageNet top-1 at least, in per cent.")
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(help="Images per step. Default: whichever suits a network best.")
    ] = None,
    precision: Annotated[
        str | None, typer.Option(help="Number format. Default: whichever suits best.")
    ] = None,
    mode: Annotated[str, typer.Option(help="infer or train.")] = "infer",
    sort: Annotated[
        str, typer.Option(help="Best first by accuracy, speed, memory or energy.")
    ] = "accuracy",
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Choose a network: who meets limits on speed, memory and energy, by quoted accuracy."""
    given = (latency_ms, memory_mib, joules_per_image, images_per_second, min_top1)
    problems = [
        *_bad_numbers(given),
        *_bad_sort(sort),
    ]
    if problems:
        raise BadInput("\n".join(problems))
    # These load pandas, scipy, SQLAlchemy and Rich.
    from effprof.analysis.picking import candidates, memory_column
    from effprof.analysis.picking import pick as picked
    from effprof.cli.pick_answer import Answer, answer_choice
    from effprof.cli.runs_given import load_run

    found = load_run(run, store)
    frame = candidates(found)
    if frame.empty:
        raise BadInput(f"run {found.invocation.id} has no valid measurement to choose from")
    asked = {"mode": mode, "precision": precision, "batch_size": batch_size}
    cells = _narrowed(frame, {name: value for name, value in asked.items() if value is not None})
    if sort == "energy" and cells["joules_per_image"].isna().all():
        raise BadInput(f"--sort energy: run {found.invocation.id} holds no energy of these cells")
    choice = picked(cells, _limits(given), sort)
    answer_choice(Answer(found, choice, memory_column(cells), sort), as_json=as_json)


def _limits(given: "tuple[float | None, ...]") -> "list[Limit]":
    from effprof.analysis.picking import Limit

    return [
        Limit(name, value * _LIMITED[name].unit)
        for name, value in zip(BOUNDS.values(), given, strict=True)
        if value is not None
    ]


def _bad_numbers(given: "tuple[float | None, ...]") -> list[str]:
    return [
        f"{flag} is {value:g}; give a number above 0"
        + (f", at most {highest:g}" if math.isfinite(highest) else "")
        for (flag, name), value in zip(BOUNDS.items(), given, strict=True)
        for highest in (_LIMITED[name].highest,)
        if value is not None and not (math.isfinite(value) and 0 < value <= highest)
    ]


def _bad_sort(sort: str) -> list[str]:
    # Loads pandas.
    from effprof.analysis.picking import SORTS

    if sort in SORTS:
        return []
    return [f"--sort {sort!r} is not one of {', '.join(SORTS)}{suggestion(sort, SORTS)}"]


def _narrowed(frame: "pd.DataFrame", asked: dict[str, object]) -> "pd.DataFrame":
    """Keep the cells with the values asked for; every value that nobody measured is named."""
    problems = []
    for name, value in asked.items():
        there = sorted(frame[name].unique().tolist())
        if value not in there:
            flag = f"--{name.replace('_', '-')}"
            problems.append(
                f"{flag} {value}: not measured in this run; measured: {', '.join(map(str, there))}"
            )
        frame = frame[frame[name] == value] if value in there else frame
    if problems:
        raise BadInput("\n".join(problems))
    if frame.empty:
        told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in asked.items())
        raise BadInput(f"no cell of this run has {told} together")
    return frame
