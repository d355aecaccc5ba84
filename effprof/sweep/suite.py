"""A suite: which cells to measure, how often and how exactly; and the plan that it expands to."""

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path
from typing import Protocol

from effprof.core.axes import AXES, AxisValue, unique
from effprof.core.cells import Cell
from effprof.core.errors import BadInput, suggestion
from effprof.core.runs import MeasureOptions
from effprof.models.names import is_glob
from effprof.sweep.suite_file import SuiteFile, given, measure_options, read_suite_file

#: Values for some or all axes, by axis name.
Grid = Mapping[str, tuple[AxisValue, ...]]

#: Axes that vary fastest, so that the models of one comparison are measured next to each other and
#: slow drift of the machine hits them alike.
_INNERMOST = ("resolution", "model")


@dataclass(frozen=True, slots=True)
class Suite:
    """A checked suite: complete grids whose cells are measured, less what a pattern excludes.

    `grids` hold a value for every axis; their cells add up. A cell is left out if it meets every
    key of one of the `exclude` patterns, whose model names are globs.
    """

    name: str
    description: str
    reference: str
    repeats: int
    options: MeasureOptions
    grids: tuple[Grid, ...]
    exclude: tuple[Grid, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expansion:
    """The plan of a suite: its cells, each once and in measuring order, and notes for the user.

    `whole` holds the cells of the whole suite where `cells` are a shard of it.
    """

    cells: tuple[Cell, ...]
    reference: str
    notes: tuple[str, ...] = ()
    whole: tuple[Cell, ...] = ()


class Resolver(Protocol):
    """What a plan must know of models, so that it can be made without loading any."""

    def canonical(self, name: str) -> str:
        """Return the stable name of a model; raises `BadInput` for one nobody knows."""

    def resolution(self, name: str, wanted: str | int) -> tuple[int, str | None]:
        """Return pixels for `native`, `paper` or a number, and a note where it fell back."""

    def matching(self, pattern: str) -> tuple[str, ...]:
        """Return the names of the zoos that a glob takes, each network once."""


def suite_names() -> list[str]:
    """Names of the suites that come with effprof."""
    files = resources.files("effprof.suites").iterdir()
    return sorted(Path(f.name).stem for f in files if f.name.endswith(".toml"))


def load_suite(name_or_path: str) -> Suite:
    """Load a suite by the name of a packaged one, or from a TOML file, and check all of it.

    Raises `BadInput` for an unknown name, an unreadable file, or naming every bad key of the file.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml" and path.name == name_or_path:
        return _load_packaged(name_or_path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(f"cannot read suite {name_or_path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{name_or_path}: not UTF-8 text (byte {error.start})") from error
    return _checked(read_suite_file(text, name_or_path), path.stem, name_or_path)


def apply_overrides(suite: Suite, overrides: Mapping[str, Sequence[AxisValue]]) -> Suite:
    """Return the suite with whole axes replaced, in its own grid and in those it includes."""
    chosen = {name: tuple(values) for name, values in overrides.items()}
    return replace(suite, grids=tuple({**grid, **chosen} for grid in suite.grids))


def expand(suite: Suite, resolver: Resolver) -> Expansion:
    """Expand a suite to its cells: names resolved, exclusions applied, equal cells joined.

    The batch and the way of execution vary slowest and models fastest, so that what is compared
    is measured close in time. Raises `BadInput` naming all models that are unknown, or if no cell
    is left.
    """
    suite = _without_globs(suite, resolver)
    names = _Names(resolver)
    names.resolve(suite)
    by_setting: dict[tuple[AxisValue, ...], dict[Cell, None]] = {}
    for wanted in itertools.chain.from_iterable(_points(grid) for grid in suite.grids):
        cell = names.cell(wanted)
        if not any(_meets(cell, wanted, pattern) for pattern in suite.exclude):
            by_setting.setdefault(_setting(wanted), {})[cell] = None
    cells = tuple(itertools.chain.from_iterable(by_setting.values()))
    if not cells:
        raise BadInput(f"suite {suite.name} has no cell: name models, or exclude fewer")
    reference = names.canonical[suite.reference]
    notes = [*suite.notes, *names.notes]
    if reference not in {cell.model for cell in cells}:
        notes.append(f"the reference {reference} is not swept: no speed-up will be compared")
    return Expansion(cells, reference, tuple(dict.fromkeys(notes)))


def suite_hash(cells: Iterable[Cell], repeats: int, options: MeasureOptions) -> str:
    """SHA-256 of an expanded suite: cells in order, repeats, and how each cell is measured."""
    plan = {
        "cells": [cell.key for cell in cells],
        "repeats": repeats,
        "options": asdict(options),
    }
    return hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()


def _load_packaged(name: str) -> Suite:
    known = suite_names()
    if name not in known:
        raise BadInput(
            f"unknown suite {name!r}; there are {', '.join(known)}, and your own as FILE.toml"
            f"{suggestion(name, known)}"
        )
    text = resources.files("effprof.suites").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return _checked(read_suite_file(text, f"{name}.toml"), name, f"{name}.toml")


def _checked(file: SuiteFile, name: str, place: str) -> Suite:
    notes: list[str] = []

    def grid(values: dict[str, list[AxisValue]], where: str) -> dict[str, tuple[AxisValue, ...]]:
        kept = {axis: unique(v, f"{place}: {where}.{axis}") for axis, v in values.items()}
        notes.extend(itertools.chain.from_iterable(dropped for _, dropped in kept.values()))
        return {axis: once for axis, (once, _) in kept.items()}

    defaults = {axis.name: axis.default for axis in AXES.values()}
    own = defaults | grid(given(file.axes), "axes")
    included = [own | grid(given(g), f"include[{i}]") for i, g in enumerate(file.include)]
    return Suite(
        name=name,
        description=file.description,
        reference=file.reference,
        repeats=file.repeats,
        options=measure_options(file),
        grids=(own, *included),
        exclude=tuple(grid(given(g), f"exclude[{i}]") for i, g in enumerate(file.exclude)),
        notes=tuple(notes),
    )


def _points(grid: Grid) -> Iterator[dict[str, AxisValue]]:
    order = [*(name for name in AXES if name not in _INNERMOST), *_INNERMOST]
    for values in itertools.product(*(grid[name] for name in order)):
        yield dict(zip(order, values, strict=True))


def _setting(wanted: Mapping[str, AxisValue]) -> tuple[AxisValue, ...]:
    return tuple(wanted[name] for name in AXES if name not in _INNERMOST)


def _meets(cell: Cell, wanted: Mapping[str, AxisValue], pattern: Grid) -> bool:
    """Whether a cell, or what was written for it, meets every key of a pattern."""
    short = cell.model.rpartition("/")[2]
    for name, values in pattern.items():
        if name == "model":
            names = (str(wanted[name]), cell.model, short)
            met = any(fnmatchcase(n, str(glob)) for n in names for glob in values)
        else:
            met = wanted[name] in values or getattr(cell, name) in values
        if not met:
            return False
    return True


def _without_globs(suite: Suite, resolver: Resolver) -> Suite:
    """Put the networks that a glob takes in its place, and note how many these are."""
    notes: dict[str, None] = {}

    def taken(name: AxisValue) -> tuple[AxisValue, ...]:
        pattern = str(name)
        if not is_glob(pattern):
            return (name,)
        found = resolver.matching(pattern)
        if not found:
            raise BadInput(
                f"no model of timm or torchvision matches {pattern!r}"
                "\nlist names with: effprof models PATTERN"
            )
        notes[f"{pattern!r} takes {len(found)} networks: {', '.join(found)}"] = None
        return found

    grids = tuple(
        {
            **grid,
            "model": tuple(dict.fromkeys(itertools.chain.from_iterable(map(taken, grid["model"])))),
        }
        for grid in suite.grids
    )
    return replace(suite, grids=grids, notes=(*suite.notes, *notes))


@dataclass
class _Names:
    """Every name and size of a suite, each asked of the resolver once."""

    resolver: Resolver
    canonical: dict[str, str] = field(default_factory=dict)
    pixels: dict[tuple[AxisValue, AxisValue], int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def resolve(self, suite: Suite) -> None:
        """Ask for all of them; raises `BadInput` with all that was refused, one a line."""
        problems: list[str] = []
        swept = [str(name) for grid in suite.grids for name in grid["model"]]
        for name in dict.fromkeys([*swept, suite.reference]):
            try:
                self.canonical[name] = self.resolver.canonical(name)
            except BadInput as error:
                problems.append(str(error))
        pairs = ((m, r) for grid in suite.grids for m in grid["model"] for r in grid["resolution"])
        for model, wanted in dict.fromkeys(pairs):
            if model not in self.canonical:
                continue
            try:
                size, note = self.resolver.resolution(self.canonical[str(model)], wanted)
            except BadInput as error:
                problems.append(str(error))
            else:
                self.pixels[model, wanted] = size
                self.notes += [note] if note else []
        if problems:
            raise BadInput("\n".join(dict.fromkeys(problems)))

    def cell(self, wanted: Mapping[str, AxisValue]) -> Cell:
        """Return the cell of one point of a grid."""
        settled = {
            "model": self.canonical[str(wanted["model"])],
            "resolution": self.pixels[wanted["model"], wanted["resolution"]],
        }
        return Cell(**{**wanted, **settled})  # type: ignore[arg-type]  # each value was read by its axis
