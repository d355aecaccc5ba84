"""`effprof pick`: the networks of a run that meet limits, the front they form, and near misses."""

import functools
from collections.abc import Callable, Mapping
from inspect import Parameter, Signature, signature
from typing import Annotated, TypeVar

import typer

from effprof.cli.options import JsonOption, StoreOption
from effprof.session.choice import LIMITS, OPTIONS, Wish, choose

T = TypeVar("T")


def _with_limits(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for everything that can be limited, after its argument.

    It gets their values by name, as they were given; None for those that were not.
    """

    @functools.wraps(command)
    def limited(*args: object, **options: object) -> None:
        limits = {name: options.pop(option) for name, option in OPTIONS.items()}
        command(*args, limits=limits, **options)

    own = [each for each in signature(command).parameters.values() if each.name != "limits"]
    added = [
        Parameter(
            OPTIONS[name],
            Parameter.POSITIONAL_OR_KEYWORD,
            default=None,
            annotation=Annotated[float | None, typer.Option(limit.flag, help=limit.help)],
        )
        for name, limit in LIMITS.items()
    ]
    limited.__signature__ = Signature([*own[:1], *added, *own[1:]])  # type: ignore[attr-defined]
    return limited


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
    asked = {"mode": mode, "precision": precision, "batch_size": batch_size}
    wish = Wish(_given(limits), _given(asked), sort)
    # These load pandas, scipy, SQLAlchemy and Rich.
    from effprof.cli.pick_answer import Answer, answer_choice
    from effprof.store.runs_given import load_run
    from effprof.study.study import Study

    found = load_run(run, store)
    answer_choice(Answer(found, choose(Study(found), wish)), as_json=as_json)


def _given(values: Mapping[str, T | None]) -> dict[str, T]:
    return {name: value for name, value in values.items() if value is not None}
