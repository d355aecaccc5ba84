"""`effprof pick`: the networks of runs that meet limits, the front they form, and near misses."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from effprof.cli import completion
from effprof.cli.options import Made, StoreOption, given, in_forms, with_options
from effprof.cli.output import Form, note
from effprof.cli.pictures import picture_problems, require_folder
from effprof.core.accuracies import ACCURACIES, AccuracyKind
from effprof.core.errors import BadInput
from effprof.session.choice import LIMITS, Wish, choose

if TYPE_CHECKING:
    from effprof.analysis.picking import Choice

#: An option for everything that can be limited.
_LIMITS = [Made(name, float | None, limit.flag, limit.help) for name, limit in LIMITS.items()]


#: Word of --fail-on -> what it ends with `FOUND`.
FAIL_ON = ("none",)

#: Exit status where --fail-on none meets none (the measuring standard's table).
FOUND = 4


@with_options(_LIMITS, into="limits", after="run")
@in_forms()
def pick(
    run: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN...]",
            autocompletion=completion.runs,
            show_default=False,
            help="Run ids, beginnings of ids, tags, or exported files; each is chosen from alone."
            " Default: the latest run.",
        ),
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(help="Images per step. Default: whichever suits a network best.")
    ] = None,
    precision: Annotated[
        str | None, typer.Option(help="Number format. Default: whichever suits best.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(help="CPU threads. Default: whichever suits best.")
    ] = None,
    mode: Annotated[str, typer.Option(help="infer or train.")] = "infer",
    sort: Annotated[
        str, typer.Option(help="Best first by accuracy, speed, memory or energy.")
    ] = "accuracy",
    accuracy: Annotated[
        str,
        typer.Option(
            metavar="|".join(ACCURACIES),
            help="Which accuracy ranks networks: that of the publication, of today's best weights"
            " trained on ImageNet-1k alone, or of the best weights trained on any data. The first"
            " two are always shown.",
        ),
    ] = "paper",
    fail_on: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(FAIL_ON),
            help=f"Exit {FOUND} when none meets every limit, in any of the runs.",
        ),
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Draw accuracy against speed, with the limits: PNG, SVG or PDF."
        ),
    ] = None,
    store: StoreOption = None,
    *,
    limits: Mapping[str, float | None],
    form: Form,
) -> None:
    """Choose a network by limits on speed, memory and energy, and by quoted accuracy."""
    if fail_on is not None and fail_on not in FAIL_ON:
        raise BadInput(f"--fail-on {fail_on!r} is not {FAIL_ON[0]}")
    asked = {"mode": mode, "precision": precision, "batch_size": batch_size, "threads": threads}
    wish = Wish(given(limits), given(asked), sort, cast(AccuracyKind, accuracy))
    if picture is not None:
        if problems := picture_problems(picture):
            raise BadInput(problems[0])
        require_folder(picture)
    # These load pandas, scipy and SQLAlchemy.
    from effprof.cli.pick_answer import Answer, answer_choices
    from effprof.store.runs_given import load_by_text
    from effprof.store.weights_given import load_weights
    from effprof.study.study import Study

    answers = [
        Answer(found, choose(Study(found, load_weights(store, text)), wish))
        for text, found in load_by_text(run or ["latest"], store).items()
    ]
    answer_choices(answers, form)
    if picture is not None:
        _draw([(each.place, each.choice) for each in answers], picture)
    if fail_on is not None and any(each.choice.of("meets").empty for each in answers):
        raise typer.Exit(FOUND)


def _draw(choices: "Sequence[tuple[str, Choice]]", path: Path) -> None:
    # They load matplotlib.
    from effprof.report.pictures.choice import choice_figure
    from effprof.report.pictures.file import write_figure
    from effprof.report.pictures.style import house_style

    with house_style():
        write_figure(choice_figure(choices), path)
    note(f"drew {path}")
