"""A cell: one point of a sweep, and its key, the stable text that names it everywhere."""

import re
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any, Literal, get_args

from effprof.core.errors import BadInput

Mode = Literal["infer", "train"]
Precision = Literal["fp32", "tf32", "amp-fp16", "amp-bf16"]
MemoryFormat = Literal["nchw", "nhwc"]
Execution = Literal["eager", "compile", "cudagraph", "bn-folded"]
Allocator = Literal["kept", "default"]

MODES: tuple[Mode, ...] = get_args(Mode)
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
MEMORY_FORMATS: tuple[MemoryFormat, ...] = get_args(MemoryFormat)
EXECUTIONS: tuple[Execution, ...] = get_args(Execution)
ALLOCATORS: tuple[Allocator, ...] = get_args(Allocator)

#: Executions in which Python calls one module and one operator after the other: hooks see the
#: modules, and a dispatch mode the operators.
BY_OPERATOR: frozenset[Execution] = frozenset({"eager", "bn-folded"})

#: The loader of a cell whose images lie on the device from the start: there is none to wait for.
SYNTHETIC = "synthetic"

_JPEG = re.compile(r"jpeg-([1-9]\d{0,2})w")


@dataclass(frozen=True, slots=True)
class Unsaid:
    """An axis that goes unsaid at its default: how keys and configurations write another value.

    `key` and `words` are formats of the value; `pattern` matches the value in a key.
    """

    axis: str
    key: str
    pattern: str
    words: str


#: The axes that keys leave out at their default, in the order of keys; new ones come last.
UNSAID = (
    Unsaid("threads", "t{}", r"\d+", "{} threads"),
    Unsaid("loader", "{}", r"jpeg-[1-9]\d{0,2}w", "fed by {}"),
    Unsaid("allocator", "{}-malloc", "default", "{} allocator"),
)


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One point of the sweep: a model at a resolution, and how it is executed.

    `model` is a canonical name (see `effprof.models.names`), `resolution` is in pixels,
    `batch_size` in images per step, `threads` counts the CPU threads of the worker. `loader` says
    where images come from: `synthetic`, or `jpeg-2w` for JPEG files that two processes decode.
    `allocator` says what becomes of host memory that a step frees: `kept` for the next step, or
    given back as the C library sees fit by `default`.
    """

    model: str
    resolution: int
    mode: Mode = "infer"
    batch_size: int = 1
    precision: Precision = "fp32"
    memory_format: MemoryFormat = "nchw"
    execution: Execution = "eager"
    threads: int = 1
    loader: str = SYNTHETIC
    allocator: Allocator = "kept"

    @property
    def setting(self) -> "Cell":
        """What must be equal to compare two cells: all but the network and its size."""
        return replace(self, model="", resolution=0)

    @property
    def key(self) -> str:
        """The text that names this cell; what `UNSAID` lists is left out at its default.

        >>> Cell("timm/efficientnet_b0", 224, batch_size=64, precision="amp-fp16").key
        'timm/efficientnet_b0@224 infer b64 amp-fp16 nchw eager'
        """
        said = "".join(f" {axis.key.format(value)}" for axis, value in self._said())
        return (
            f"{self.model}@{self.resolution} {self.mode} b{self.batch_size} {self.precision}"
            f" {self.memory_format} {self.execution}{said}"
        )

    @property
    def configuration(self) -> str:
        """How it is executed, in words; what `UNSAID` lists goes unsaid at its default.

        >>> Cell("timm/resnet50", 224, threads=2, loader="jpeg-2w").configuration
        'fp32 nchw eager, 2 threads, fed by jpeg-2w'
        """
        said = "".join(f", {axis.words.format(value)}" for axis, value in self._said())
        return f"{self.precision} {self.memory_format} {self.execution}{said}"

    def _said(self) -> Iterator[tuple[Unsaid, str | int]]:
        """Give the axes of `UNSAID` that are not at their default, with their values."""
        for axis in UNSAID:
            value = getattr(self, axis.axis)
            if value != DEFAULTS[axis.axis]:
                yield axis, value

    @classmethod
    def from_key(cls, key: str) -> "Cell":
        """Read a key back; `Cell.from_key(cell.key) == cell`. Raises `BadInput` otherwise."""
        match = _KEY.fullmatch(key)
        if match is None:
            raise BadInput(f"not a cell key: {key!r}")
        for name, allowed in _CHOICES.items():
            if match[name] not in allowed:
                raise BadInput(f"cell key {key!r}: {name} is not one of {', '.join(allowed)}")
        said: dict[str, Any] = {
            each.axis: type(DEFAULTS[each.axis])(value)
            for each in UNSAID
            if (value := match[each.axis]) is not None
        }
        return cls(
            model=match["model"],
            resolution=int(match["resolution"]),
            mode=match["mode"],  # type: ignore[arg-type]  # checked against _CHOICES above
            batch_size=int(match["batch_size"]),
            precision=match["precision"],  # type: ignore[arg-type]
            memory_format=match["memory_format"],  # type: ignore[arg-type]
            execution=match["execution"],  # type: ignore[arg-type]
            **said,
        )


def loader_workers(loader: str) -> int | None:
    """Count the processes that decode for a loader; None for a text that is none.

    >>> loader_workers("jpeg-2w"), loader_workers("synthetic"), loader_workers("jpeg")
    (2, 0, None)
    """
    found = _JPEG.fullmatch(loader)
    if found is None:
        return 0 if loader == SYNTHETIC else None
    return int(found[1])


#: What a cell takes where nothing is said of an axis; models and sizes have no default.
DEFAULTS: dict[str, str | int] = {
    each.name: each.default for each in fields(Cell) if each.default is not MISSING
}

_KEY = re.compile(
    r"(?P<model>\S+)@(?P<resolution>\d+) (?P<mode>\S+) b(?P<batch_size>\d+) (?P<precision>\S+)"
    r" (?P<memory_format>\S+) (?P<execution>\S+)"
    + "".join(f"(?: {each.key.format(f'(?P<{each.axis}>{each.pattern})')})?" for each in UNSAID)
)

_CHOICES: dict[str, tuple[str, ...]] = {
    "mode": MODES,
    "precision": PRECISIONS,
    "memory_format": MEMORY_FORMATS,
    "execution": EXECUTIONS,
}
