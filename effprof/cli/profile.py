"""`effprof profile`: where the time of a step goes, by role, module and kernel."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from effprof.cli import completion
from effprof.cli.options import AXES_IN_HELP, Made, given_command, in_forms, with_options
from effprof.cli.output import Form, loading, note
from effprof.core.axes import AXES, Axis, read_flags
from effprof.core.errors import BadInput, suggestion

#: Exit statuses beside those of errors (as `effprof run`).
ALL_DONE = 0
SOME_FAILED = 3

#: What is said instead of the trace's name where the step could not be profiled.
NO_TRACE = "trace: none was written, since there is no profile"

#: What `--by` splits a step by; `all` shows every table.
SPLITS = ("role", "module", "kernel", "all")


def _flag(axis: str) -> str:
    """Write the option of an axis, which here takes one value."""
    return f"--{axis.replace('_', '-')}"


#: Axis -> its help, where that of `effprof run` does not fit one value.
_HELP = {
    "batch_size": "Images per step, e.g. 1 or 1,8,64.",
    "resolution": "Input size: native, paper or pixels.",
}


def _help(axis: Axis) -> str:
    """Phrase the help of an axis; one that has none is told by its choices."""
    *others, last = axis.choices or ("",)
    return _HELP.get(axis.name) or axis.help or f"{', '.join(others)} or {last}."


#: An option for every axis but the model, which is the argument, and loaders: no fed step is split.
_AXES = [
    Made(name, str, _flag(name), _help(axis), str(axis.default[0]))
    for name, axis in AXES_IN_HELP.items()
    if name not in {"model", "loader"}
]


@with_options(_AXES, into="axes", after="cpu")
@in_forms()
def profile(
    model: Annotated[
        str,
        typer.Argument(
            help="timm/x, torchvision/x or module:callable.", autocompletion=completion.models
        ),
    ],
    compare: Annotated[
        str | None,
        typer.Option(
            metavar="OTHER",
            help="Put another model's roles beside it.",
            autocompletion=completion.models,
        ),
    ] = None,
    gpu: Annotated[str | None, typer.Option(help="GPU to profile: index or UUID.")] = None,
    cpu: Annotated[bool, typer.Option("--cpu", help="Profile the CPU.")] = False,
    by: Annotated[str, typer.Option(help="Tables to show: role, module, kernel or all.")] = "all",
    depth: Annotated[int, typer.Option(help="Levels of the module tree.")] = 2,
    top: Annotated[int, typer.Option(help="Rows of the table by kernel.")] = 15,
    trace: Annotated[
        Path | None,
        typer.Option(metavar="FILE.json.gz", help="Write a trace for ui.perfetto.dev."),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(help="clock or profiler. Default: clock on a CPU in eager mode."),
    ] = None,
    allow_busy: Annotated[
        bool, typer.Option("--allow-busy", help="Accept results measured while other programs run.")
    ] = False,
    *,
    axes: Mapping[str, str],
    form: Form,
) -> None:
    """Show where the time of a step goes: by role, by module and by kernel."""
    values, problems = _read(model, compare, axes)
    problems += _problems(by, depth, top)
    if gpu is not None and cpu:
        problems.append("--gpu and --cpu exclude each other; give one of them")
    if compare is not None and by in {"module", "kernel"}:
        problems.append(f"--compare puts roles side by side; leave --by {by} out")
    if not problems:
        loading(form)
    # These load rich, pydantic and the model registry.
    from effprof.cli.profile_answer import Shown, answer_profiles
    from effprof.cli.progress import Progress
    from effprof.session.profiles import ProfileRequest, problems_of, profile_cells
    from effprof.sweep.plan import Asked

    problems += problems_of(values, method, trace)
    if problems:
        raise BadInput("\n".join(problems))

    comparing = compare is not None
    asked = Asked(given_command(), gpu, cpu)
    with Progress(asks=form == "text") as shown:
        request = ProfileRequest(asked, values, comparing, method, trace, allow_busy)
        plan, profiled = profile_cells(request, shown)
    answer_profiles(plan, profiled, Shown(comparing, by, depth, top, form))
    if trace is not None:
        kept = profiled[0].profile is not None
        note(f"trace: {trace} (open it in https://ui.perfetto.dev)" if kept else NO_TRACE)
    failed = any(one.is_accident or one.is_invalid for one in profiled)
    raise typer.Exit(SOME_FAILED if failed else ALL_DONE)


def _read(
    model: str, compare: str | None, axes: Mapping[str, str]
) -> tuple[dict[str, tuple[str | int, ...]], list[str]]:
    """Read the axes: one value each, several batch sizes; the second part are the problems.

    An axis that has no option here takes its default.
    """
    values = {name: axis.default for name, axis in AXES.items() if name not in {"model", *axes}}
    problems: list[str] = []
    names = [("MODEL", model), *([("--compare", compare)] if compare is not None else [])]
    for place, name in names:
        try:
            values["model"] = (*values.get("model", ()), AXES["model"].read(name))
        except BadInput as error:
            problems.append(f"{place}: {error}")
    for axis, text in axes.items():
        flag = _flag(axis)
        try:
            read = read_flags({axis: text})
        except BadInput as error:
            problems.append(str(error).replace(f"{AXES[axis].flag}:", f"{flag}:"))
            continue
        values[axis] = read.values[axis]
        for dropped in read.notes:
            note(f"note: {dropped.replace(AXES[axis].flag, flag)}")
        if axis != "batch_size" and len(values[axis]) > 1:
            problems.append(f"{flag}: {text!r} holds several values; give one")
    return values, problems


def _problems(by: str, depth: int, top: int) -> list[str]:
    """Check the options that say what is shown."""
    problems = []
    if by not in SPLITS:
        hint = suggestion(by, SPLITS)
        problems.append(f"--by: {by!r} is not one of {', '.join(SPLITS)}{hint}")
    for flag, number, noun in (("--depth", depth, "levels"), ("--top", top, "rows")):
        if number < 1:
            problems.append(f"{flag}: {number} is not a number of {noun}; give 1 or more")
    return problems
