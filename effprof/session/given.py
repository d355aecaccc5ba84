"""What a program asks for by name: axes, repeats, how cells are measured; checked like a suite."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from os import PathLike, fspath
from typing import Any, SupportsIndex

from effprof.core.axes import AXES, AxisValue, unique
from effprof.core.errors import BadInput, suggestion
from effprof.core.runs import MeasureOptions
from effprof.models.objects import Sent, send
from effprof.session.request import Request, read_budget, read_shard
from effprof.sweep.plan import Asked
from effprof.sweep.suite import Grid, Suite
from effprof.sweep.suite_file import DEFAULT_REFERENCE, DEFAULT_REPEATS, Keys, check_suite, given

#: What the models are called: they come first, and there are several.
MODELS = "models"

#: What is asked of a suite beside its axes, and how its cells are measured.
SUITE = ("reference", "repeats")
OPTIONS = tuple(each.name for each in fields(MeasureOptions))
AXIS_NAMES = tuple(name for name in AXES if name != "model")

#: And which part of it is measured now.
PARTS = ("rounds", "shard", "budget")


@dataclass(frozen=True, slots=True)
class Given:
    """What is asked for: values of axes, fields of the suite and of how it measures, the part.

    `notes` say what was dropped.
    """

    axes: Mapping[str, tuple[AxisValue, ...]]
    changes: Mapping[str, Any]
    options: Mapping[str, Any]
    rounds: int | None
    shard: tuple[int, int] | None
    budget: float | None
    notes: tuple[str, ...]

    @property
    def grid(self) -> Grid:
        """A value or more for every axis: what was not asked for takes its default."""
        return {name: axis.default for name, axis in AXES.items()} | dict(self.axes)

    def of_suite(self, suite: Suite | None, asked: Asked, objects: Sent) -> Request:
        """Request a suite with what is asked for; without one that of the device."""
        return Request(
            replace(asked, shard=self.shard),
            suite,
            self.axes,
            self.changes,
            self.options,
            self.rounds,
            objects=objects,
            budget=self.budget,
        )

    def of_models(self, asked: Asked, objects: Sent) -> Request:
        """Request the models alone, as a suite of their own.

        Where no reference is named it is the default one, if that is among them, else the first.
        """
        models = [str(name) for name in self.axes["model"]]
        usual = [name for name in models if name.rpartition("/")[2] == DEFAULT_REFERENCE]
        suite = Suite(
            name="measure",
            description="models measured from Python",
            reference=self.changes.get("reference", (*usual, models[0])[0]),
            repeats=self.changes.get("repeats", DEFAULT_REPEATS),
            options=MeasureOptions(**self.options),
            grids=(self.grid,),
        )
        asked = replace(asked, shard=self.shard)
        return Request(asked, suite, rounds=self.rounds, objects=objects, budget=self.budget)

    def single(self) -> Grid:
        """Give the grid of one cell; raises `BadInput` for every axis that has several values."""
        problems = [
            f"{_name(name)} has {len(values)} values; give one"
            for name, values in self.grid.items()
            if len(values) != 1
        ]
        if problems:
            raise BadInput("\n".join(problems))
        return self.grid


def read_given(asked: Mapping[str, object], known: Iterable[str]) -> Given:
    """Read what is asked for by the names `known`; None asks for nothing.

    Raises `BadInput`, one line for every name that is none and every value that cannot be.
    """
    names = list(known)
    if problems := [_unknown(name, names) for name in asked if name not in names]:
        raise BadInput("\n".join(problems))
    values = {name: _plain(value) for name, value in asked.items() if value is not None}
    axes = {name: values[name] for name in AXIS_NAMES if name in values}
    if MODELS in values:
        axes["model"] = values[MODELS]
    options = {name: values[name] for name in OPTIONS if name in values}
    changes = {name: values[name] for name in SUITE if name in values}
    suite = check_suite({**changes, "axes": axes, "measure": options}, _named)
    kept = {name: unique(each, _name(name)) for name, each in given(suite.axes).items()}
    return Given(
        axes={name: once for name, (once, _) in kept.items()},
        changes=changes,
        options={name: getattr(suite.measure, name) for name in options},
        rounds=_rounds(values.get("rounds")),
        shard=None if "shard" not in values else read_shard(str(values["shard"])),
        budget=None if "budget" not in values else _budget(values["budget"]),
        notes=tuple(note for _, notes in kept.values() for note in notes),
    )


def sent_models(models: object) -> Sent:
    """Read the models that a program gives, one or several, and write what is an object to files.

    A name, a path, a module or a callable is one. Raises `BadInput` for what cannot be sent.
    """
    if isinstance(models, str | PathLike) or callable(models):
        models = [models]
    if not isinstance(models, Iterable):
        raise BadInput(f"models: {models!r:.80} is neither a model nor several")
    return send(fspath(each) if isinstance(each, PathLike) else each for each in models)


def asked_of(device: str | int | None, command: str) -> Asked:
    """Read the device that a program asks for; raises `BadInput` for what names none."""
    text = str(device)
    if device is None:
        return Asked(command)
    if text == "cpu":
        return Asked(command, cpu=True)
    if text == "gpu":
        return Asked(command, gpu="0")
    if isinstance(device, bool) or not _GPU.fullmatch(text):
        known = '"cpu", "gpu", or the index or UUID of a GPU'
        raise BadInput(f"device {device!r}: give {known}{suggestion(text, ('cpu', 'gpu'))}")
    return Asked(command, gpu=text)


def call_text(function: str, *values: object, **named: object) -> str:
    """Write a call as a program does: what a run keeps as its command.

    >>> call_text("run", "quick", device="cpu", batch_size=[1, 8], models=None)
    "effprof.run('quick', device='cpu', batch_size=[1, 8])"
    """
    words = [repr(value) for value in values if value is not None]
    words += [f"{name}={value!r}" for name, value in named.items() if value is not None]
    return f"effprof.{function}({', '.join(words)})"


#: A GPU by its index or its UUID, whole or part of a card.
_GPU = re.compile(r"\d{1,3}|(GPU|MIG)-\S+")


def _unknown(name: str, known: list[str]) -> str:
    hint = suggestion(name, known) or f"; there are {', '.join(known)}"
    return f"no parameter {name!r}{hint}"


def _plain(value: object) -> object:
    """Give a value as a suite file would hold it: a list, a text or a number of Python's own."""
    if isinstance(value, str | bool):
        return value
    if isinstance(value, PathLike):
        return fspath(value)
    if isinstance(value, SupportsIndex):  # such as a number of numpy
        return value.__index__()
    if isinstance(value, Iterable):
        return [_plain(each) for each in value]
    return value


def _name(axis: str) -> str:
    return MODELS if axis == "model" else axis


def _named(keys: Keys) -> str:
    """Name a value by its parameter, and its place where it is one of several."""
    *_, name = (key for key in keys if isinstance(key, str))
    return "".join([_name(name), *(f"[{key}]" for key in keys if isinstance(key, int))])


def _budget(value: object) -> float:
    """Read a budget: a duration, or a number of seconds."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return read_budget(f"{value}s" if number else str(value))


def _rounds(value: object) -> int | None:
    if value is None or (isinstance(value, int) and value > 0):
        return value
    raise BadInput(f"rounds is {value!r}; give a whole number from 1 on")
