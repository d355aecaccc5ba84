"""`effprof pick`: the networks of a run that meet limits, the front they form, and near misses."""

from collections.abc import Mapping
from typing import Annotated, cast

import typer

from effprof.cli.options import JsonOption, Made, StoreOption, given, with_options
from effprof.core.accuracies import ACCURACIES, AccuracyKind
from effprof.session.choice import LIMITS, Wish, choose

#: An option for everything that can be limited.
_LIMITS = [Made(name, float | None, limit.flag, limit.help) for name, limit in LIMITS.items()]


@with_options(_LIMITS, into="limits", after="run")
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
    accuracy: Annotated[
        str,
        typer.Option(
            metavar="|".join(ACCURACIES),
            help="Whose accuracy ranks, limits and makes the front: that of the publication, of"
            " the best weights of today trained on ImageNet-1k alone, or of the best whatever data"
            " trained them. The first two are shown in any case.",
        ),
    ] = "paper",
    store: StoreOption = None,
    as_json: JsonOption = False,
    *,
    limits: Mapping[str, float | None],
) -> None:
    """Choose a network: who meets limits on speed, memory and energy, by quoted accuracy."""
    asked = {"mode": mode, "precision": precision, "batch_size": batch_size}
    wish = Wish(given(limits), given(asked), sort, cast(AccuracyKind, accuracy))
    # These load pandas, scipy, SQLAlchemy and Rich.
    from effprof.cli.pick_answer import Answer, answer_choice
    from effprof.store.runs_given import load_run
    from effprof.store.weights_given import load_weights
    from effprof.study.study import Study

    found = load_run(run, store)
    study = Study(found, load_weights(store, run))
    answer_choice(Answer(found, choose(study, wish)), as_json=as_json)
