"""The text of a suite file: read whole, checked whole, every problem named by its key."""

import re
import reprlib
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    create_model,
)
from pydantic_core import ErrorDetails

from effprof.core.axes import AXES, Axis, AxisValue
from effprof.core.errors import BadInput, suggestion
from effprof.core.runs import MeasureOptions

#: Bounds of the numbers under `[measure]`; the others may be anything from zero on.
LIMITS: dict[str, dict[str, float]] = {
    "target_width": {"gt": 0, "lt": 1},
    "min_samples": {"ge": 1},
    "time_cap_seconds": {"gt": 0},
    "timeout_seconds": {"gt": 0},
}

#: Process-level repeats where a suite names none: spread between processes exceeds the spread
#: within one, so an interval comes from at least three.
DEFAULT_REPEATS = 3

#: The model that others are compared with where a suite names none.
DEFAULT_REFERENCE = "resnet50"

#: A place in a document: the keys and positions that lead there.
Keys = Sequence[str | int]

_STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


def _reader(axis: Axis) -> Callable[[object], AxisValue]:
    def read(value: object) -> AxisValue:
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise ValueError(f"{reprlib.repr(value)} is neither a text nor a whole number")
        try:
            return axis.read(str(value))
        except BadInput as error:
            raise ValueError(str(error)) from None

    return read


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _values_of(axis: Axis) -> Any:  # noqa: ANN401  # an annotation for pydantic
    element: Any = Annotated[object, PlainValidator(_reader(axis))]
    return Annotated[list[element], BeforeValidator(_as_list), Field(min_length=1)]


def _limited(kind: Any, name: str) -> Any:  # noqa: ANN401  # annotations for pydantic
    limits: Any = LIMITS.get(name, {"ge": 0})
    return kind if kind is bool else Annotated[kind, Field(**limits)]


if TYPE_CHECKING:  # the fields come from tables, which a type checker cannot read
    Grid = BaseModel
    Measure = BaseModel
else:
    Grid = create_model(
        "Grid",
        __config__=_STRICT,
        **{axis.name: (_values_of(axis), None) for axis in AXES.values()},
    )
    Measure = create_model(
        "Measure",
        __config__=_STRICT,
        **{f.name: (_limited(f.type, f.name), f.default) for f in fields(MeasureOptions)},
    )


class SuiteFile(BaseModel):
    """The contents of a suite file; the keys that were left out are unset in each grid."""

    model_config = _STRICT

    description: str = ""
    reference: Annotated[str, Field(min_length=1)] = DEFAULT_REFERENCE
    repeats: Annotated[int, Field(ge=0, le=1000)] = DEFAULT_REPEATS  # 0: static costs only
    measure: Measure = Field(default_factory=Measure)
    axes: Grid = Field(default_factory=Grid)
    include: list[Grid] = []
    exclude: list[Grid] = []


#: The keys known at each place of the file, for suggestions.
_KEYS: dict[str, tuple[str, ...]] = {
    "": tuple(SuiteFile.model_fields),
    "measure": tuple(Measure.model_fields),
    "axes": tuple(AXES),
    "include": tuple(AXES),
    "exclude": tuple(AXES),
}


def read_suite_file(text: str, place: str) -> SuiteFile:
    """Read and check the text of a suite file that `place` names in messages.

    Raises `BadInput`: `place:line:column: …` where it is not TOML, otherwise one line for every
    key that is unknown or has a bad value: `place: axes.batch_size[2]: …`.
    """
    suite = check_suite(_parse(text, place), lambda keys: f"{place}: {_path(keys)}")
    empty = [index for index, pattern in enumerate(suite.exclude) if not given(pattern)]
    if empty:
        raise BadInput(
            "\n".join(f"{place}: exclude[{i}]: names no axis and would exclude all" for i in empty)
        )
    return suite


def check_suite(document: Mapping[str, Any], name: Callable[[Keys], str]) -> SuiteFile:
    """Check what a suite file holds; `name` says where a problem is by the keys that lead there.

    Raises `BadInput`, one line for every key that is unknown or has a bad value.
    """
    try:
        return SuiteFile.model_validate(document)
    except ValidationError as error:
        details = error.errors(include_url=False)
        lines = [f"{name(detail['loc'])}: {_explain(detail)}" for detail in details]
        raise BadInput("\n".join(lines)) from None


def given(grid: BaseModel) -> dict[str, list[AxisValue]]:
    """Return the axes that a grid of the file names, with the values as they stand there."""
    return grid.model_dump(exclude_unset=True)


def measure_options(suite: SuiteFile) -> MeasureOptions:
    """Return the options under `[measure]`, defaults filled in."""
    return MeasureOptions(**suite.measure.model_dump())


def _parse(text: str, place: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        found = re.search(r" \(at line (\d+), column (\d+)\)$", message)
        if found is None:  # "(at end of document)"
            lines = text.split("\n")
            raise BadInput(f"{place}:{len(lines)}:{len(lines[-1]) + 1}: {message}") from None
        raise BadInput(f"{place}:{found[1]}:{found[2]}: {message[: found.start()]}") from None


#: What pydantic calls an empty list and an empty text.
_EMPTY = ("too_short", "string_too_short")


def _explain(detail: ErrorDetails) -> str:
    if detail["type"] == "extra_forbidden":
        return _unknown_key(detail["loc"])
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    if detail["type"] in _EMPTY:
        return "empty; leave the key out to take its default"
    message = detail["msg"].removeprefix("Input ")
    return f"{message[:1].lower()}{message[1:]}, not {reprlib.repr(detail['input'])}"


def _path(keys: Keys) -> str:
    """Write a place in the document as its keys.

    >>> _path(("axes", "batch_size", 2))
    'axes.batch_size[2]'
    """
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in keys)
    return text.removeprefix(".")


def _unknown_key(location: Keys) -> str:
    known = _KEYS[str(location[0]) if len(location) > 1 else ""]
    listed = f"; known here are {', '.join(known)}"
    return f"unknown key{suggestion(str(location[-1]), known) or listed}"
