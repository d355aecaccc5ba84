"""`effprof pick`: the networks of a run that meet limits, the front they form, and near misses."""

import functools
import math
from collections.abc import Callable, Mapping
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Annotated

import typer

from effprof.cli.options import JsonOption, StoreOption
from effprof.core.errors import BadInput, suggestion
from effprof.core.quantities import LIMITED

if TYPE_CHECKING:
    import pandas as pd

    from effprof.analysis.picking import Limit


def _with_limits(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for everything that can be limited, after its argument.

    It gets their values by name, as they were given; None for those that were not.
    """

    @functools.wraps(command)
    def limited(*args: object, **options: object) -> None:
        limits = {name: options.pop(option) for name, option in _OPTIONS.items()}
        command(*args, limits=limits, **options)

    own = [each for each in signature(command).parameters.values() if each.name != "limits"]
    added = [
        Parameter(
            _OPTIONS[name],
            Parameter.POSITIONAL_OR_KEYWORD,
            default=None,
            annotation=Annotated[float | None, typer.Option(limit.flag, help=limit.help)],
        )
        for name, limit in _LIMITS.items()
    ]
    limited.__signature__ = Signature([*own[:1], *added, *own[1:]])  # type: ignore[attr-defined]
    return limited


#: The word for a limit -> how it is limited, and the name of its option's value.
_LIMITS = {name: each.limit for name, each in LIMITED.items() if each.limit is not None}
_OPTIONS = {name: each.flag.lstrip("-").replace("-", "_") for name, each in _LIMITS.items()}


@_with_limits
def pick(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN",
            show_default=False,
            help="Run id, a prefix of one, or an exported file. Default: the latest run.",
        ),
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
    *,
    limits: Mapping[str, float | None],
) -> None:
    """Choose a network: who meets limits on speed, memory and energy, by quoted accuracy."""
    given = {name: value for name, value in limits.items() if value is not None}
    problems = [*_bad_numbers(given), *_bad_sort(sort)]
    if problems:
        raise BadInput("\n".join(problems))
    # These load pandas, scipy, SQLAlchemy and Rich.
    from effprof.analysis.picking import memory_column
    from effprof.analysis.picking import pick as picked
    from effprof.cli.pick_answer import Answer, answer_choice
    from effprof.store.runs_given import load_run
    from effprof.study.study import Study

    found = load_run(run, store)
    frame = Study(found).candidates
    if frame.empty:
        raise BadInput(f"run {found.invocation.id} has no valid measurement to choose from")
    asked = {"mode": mode, "precision": precision, "batch_size": batch_size}
    cells = _narrowed(frame, {name: value for name, value in asked.items() if value is not None})
    if sort == "energy" and cells["joules_per_image"].isna().all():
        raise BadInput(f"--sort energy: run {found.invocation.id} holds no energy of these cells")
    choice = picked(cells, _limits(given), sort)
    answer_choice(Answer(found, choice, memory_column(cells), sort), as_json=as_json)


def _limits(given: Mapping[str, float]) -> "list[Limit]":
    from effprof.analysis.picking import Limit

    return [Limit(name, value * _LIMITS[name].unit) for name, value in given.items()]


def _bad_numbers(given: Mapping[str, float]) -> list[str]:
    return [
        f"{limit.flag} is {value:g}; give a number above 0"
        + (f", at most {limit.highest:g}" if math.isfinite(limit.highest) else "")
        for limit, value in ((_LIMITS[name], value) for name, value in given.items())
        if not (math.isfinite(value) and 0 < value <= limit.highest)
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
