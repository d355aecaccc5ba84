"""The axes of a sweep: one table that the command line, suite files and the plan share.

An axis is one row here and one field of `effprof.core.cells.Cell`; CONTRIBUTING.md lists the rest.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from effprof.core.cells import (
    ALLOCATORS,
    EXECUTIONS,
    MEMORY_FORMATS,
    MODES,
    PRECISIONS,
    SYNTHETIC,
    loader_workers,
)
from effprof.core.errors import BadInput, suggestion

AxisValue = str | int

#: Largest whole number an axis takes; beyond it a value is a slip of the keyboard, not a request.
LARGEST = 1_000_000

_WHOLE_NUMBER = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Axis:
    """One swept dimension: its name in cells and suites, its flag, and how a token is read.

    `default` are the values taken when nobody says otherwise; `choices` are the words it
    knows, empty where any word is allowed or where it takes only numbers. `read` turns one
    token into a value and raises `BadInput` naming the token. `help` is for the command line,
    empty where the choices say it all.
    """

    name: str
    flag: str
    default: tuple[AxisValue, ...]
    meaning: str
    read: Callable[[str], AxisValue]
    choices: tuple[str, ...] = ()
    help: str = ""


@dataclass(frozen=True, slots=True)
class AxisValues:
    """Values given for some axes, each once and in order, with notes on what was dropped."""

    values: dict[str, tuple[AxisValue, ...]]
    notes: tuple[str, ...] = ()


def unique(values: Iterable[AxisValue], place: str) -> tuple[tuple[AxisValue, ...], list[str]]:
    """Keep the first of equal values; the second part notes each value that was dropped.

    >>> unique((8, 1, 8), "--batch-sizes")
    ((8, 1), ['--batch-sizes: 8 is given more than once and used once'])
    """
    kept: dict[AxisValue, int] = {}
    for value in values:
        kept[value] = kept.get(value, 0) + 1
    notes = [
        f"{place}: {value} is given more than once and used once"
        for value, times in kept.items()
        if times > 1
    ]
    return tuple(kept), notes


def read_flags(texts: Mapping[str, str]) -> AxisValues:
    """Read what the command line says of the axes, such as `{"batch_size": "1,8,64"}`.

    Raises `BadInput` with every bad token of every axis, one a line.
    """
    values: dict[str, tuple[AxisValue, ...]] = {}
    notes: list[str] = []
    problems: list[str] = []
    for name, text in texts.items():
        axis = AXES[name]
        read: list[AxisValue] = []
        for position, token in enumerate(text.split(","), start=1):
            try:
                read.append(_read_token(axis, token.strip(), position, text))
            except BadInput as error:
                problems.append(f"{axis.flag}: {error}")
        values[name], dropped = unique(read, axis.flag)
        notes += dropped
    if problems:
        raise BadInput("\n".join(problems))
    return AxisValues(values, tuple(notes))


def _read_token(axis: Axis, token: str, position: int, text: str) -> AxisValue:
    if not token:
        raise BadInput(f"value {position} of {text!r} is empty; separate values by single commas")
    return axis.read(token)


def _word(choices: tuple[str, ...]) -> Callable[[str], AxisValue]:
    def read(token: str) -> AxisValue:
        if token not in choices:
            raise BadInput(
                f"{token!r} is not one of {', '.join(choices)}{suggestion(token, choices)}"
            )
        return token

    return read


def _number(noun: str) -> Callable[[str], AxisValue]:
    def read(token: str) -> AxisValue:
        if not _WHOLE_NUMBER.fullmatch(token) or not 1 <= int(token) <= LARGEST:
            raise BadInput(f"{token!r} is not a {noun}; give a whole number from 1 to {LARGEST}")
        return int(token)

    return read


def _resolution(token: str) -> AxisValue:
    if token in RESOLUTIONS:
        return token
    try:
        return _number("number of pixels")(token)
    except BadInput as error:
        words = ", ".join(RESOLUTIONS)
        raise BadInput(f"{error}, or {words}{suggestion(token, RESOLUTIONS)}") from None


def _model(token: str) -> AxisValue:
    if not token or re.search(r"\s", token):
        raise BadInput(f"{token!r} is not a model name; names have no spaces")
    return token


def _loader(token: str) -> AxisValue:
    if loader_workers(token) is None:
        raise BadInput(
            f"unknown loader {token!r}; give {SYNTHETIC}, or jpeg-Nw with the number of processes"
            " that decode, such as jpeg-2w"
        )
    return token


#: Resolutions by name: the model's default in its library, and the one its paper reports.
RESOLUTIONS = ("native", "paper")

_TABLE = (
    Axis(
        "model",
        "--models",
        (),
        "models to sweep",
        _model,
        help="Models, e.g. resnet50,timm/x or 'resnet*'.",
    ),
    Axis(
        "resolution",
        "--resolution",
        ("native",),
        "input size: native (the library's default), paper (the publication's), or pixels",
        _resolution,
        RESOLUTIONS,
        "Input size: native, paper, or pixels.",
    ),
    Axis("mode", "--mode", ("infer",), "forward pass or training step", _word(MODES), MODES),
    Axis(
        "batch_size",
        "--batch-sizes",
        (1,),
        "images per step",
        _number("batch size"),
        help="Images per step, e.g. 1,8,64.",
    ),
    Axis(
        "precision",
        "--precision",
        ("fp32",),
        "number format of the arithmetic",
        _word(PRECISIONS),
        PRECISIONS,
    ),
    Axis(
        "memory_format",
        "--memory-format",
        ("nchw",),
        "order of an image's dimensions in memory",
        _word(MEMORY_FORMATS),
        MEMORY_FORMATS,
    ),
    Axis(
        "execution",
        "--execution",
        ("eager",),
        "how the step is run: as it stands, compiled, as a CUDA graph, or with batch norms folded",
        _word(EXECUTIONS),
        EXECUTIONS,
    ),
    Axis(
        "threads",
        "--threads",
        (1,),
        "CPU threads of the worker",
        _number("thread count"),
        help="CPU threads of the worker.",
    ),
    Axis(
        "loader",
        "--loader",
        (SYNTHETIC,),
        "where images come from: synthetic (on the device), or jpeg-2w (files, two processes)",
        _loader,
        help="synthetic, or jpeg-Nw: fed from JPEG files by N processes.",
    ),
    Axis(
        "allocator",
        "--allocator",
        ("kept",),
        "CPU memory that a step frees: kept for the next step, or given back as malloc does",
        _word(ALLOCATORS),
        ALLOCATORS,
        "CPU memory that a step frees: kept, or default as plain Python programs run.",
    ),
)

#: Every axis by name, in the order of a cell's fields.
AXES: dict[str, Axis] = {axis.name: axis for axis in _TABLE}

#: The axes that say what is computed; all others, how: they make up a configuration.
WORK = ("model", "resolution", "mode", "batch_size")
CONFIGURATION = tuple(name for name in AXES if name not in WORK)
