"""Results: what is known of each cell of a run, quantity by quantity, and the one that is meant."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import pandas as pd

from effprof.analysis.breakdown import Breakdown
from effprof.analysis.comparison import ratio_of, reference_cells
from effprof.analysis.estimate_columns import estimate_of
from effprof.analysis.frames import plain_value
from effprof.analysis.pooling import MEASURED, PooledCell
from effprof.analysis.split import Split
from effprof.core.axes import AXES, AxisValue
from effprof.core.cells import Cell
from effprof.core.errors import BadInput, suggestion
from effprof.core.estimates import Absent, Estimate
from effprof.core.profiles import Profile
from effprof.core.quantities import OF_CELLS
from effprof.core.units import estimate_text
from effprof.models.names import bare_name, is_bare
from effprof.study.absence import Circumstances, why_absent

#: What a quantity of a cell is: an estimate or plain, or absent for a reason. Never NaN, nor None.
Known = Estimate | Absent | str | float | bool

#: Follows the name of a network wherever a rough cell of it is told.
ROUGH_MARK = "(rough)"

T = TypeVar("T")


class Quantities:
    """The quantities that code reads by name, and what type checkers make of them."""

    __slots__ = ()

    if TYPE_CHECKING:
        model: str
        family: str
        resolution: int
        mode: str
        batch_size: int
        precision: str
        memory_format: str
        execution: str
        threads: int
        loader: str
        allocator: str
        device: str
        status: str
        reason: str
        repeats: int
        valid: bool
        rough: bool
        params: float | Absent
        macs: float | Absent
        flops: float | Absent
        activations: float | Absent
        bytes_moved: float | Absent
        images_per_second: Estimate | Absent
        next_images_per_second: Estimate | Absent
        latency_p50_seconds: float | Absent
        latency_p90_seconds: float | Absent
        joules_per_image: float | Absent
        peak_allocated_bytes: float | Absent
        peak_reserved_bytes: float | Absent
        device_used_bytes: float | Absent
        peak_rss_bytes: float | Absent
        flops_per_second: float | Absent
        promise: float | Absent
        realised: Estimate | Absent
        realised_efficiency: float | Absent
        regime: str | Absent
        flop_invisible_share: float | Absent
        roofline_seconds: float | Absent


@dataclass(frozen=True, slots=True, repr=False)
class Result(Quantities):
    """What is known of one cell: an attribute for every quantity of a cell, named by its id.

    What is estimated is an `Estimate`, anything else plain, in SI units; what is not known is an
    `Absent` that says why. `dir` lists the quantities. `label` is the shortest name of the network
    that no other one of the run has; `pooled` holds its repeats, `part` says where its time went
    (`part.wall` is the step in seconds), `split` where the promised speed-up went.
    """

    cell: Cell
    label: str
    values: Mapping[str, Known]
    pooled: PooledCell
    part: Breakdown
    split: Split | Absent

    def __repr__(self) -> str:
        """Name the cell in one line, and its speed or what became of it."""
        speed, told = self.images_per_second, self.status
        if self.valid and isinstance(speed, Estimate):
            told = f"{estimate_text(speed)} images/s"
        elif told == MEASURED:
            told = "invalid"
        return f"<Result {self.cell.key}: {told}>"

    def __getattr__(self, name: str) -> Known:
        """Give a quantity; raises `AttributeError` with suggestions for what is none."""
        if name not in OF_CELLS:
            raise AttributeError(
                f"{name!r} is not a quantity of a cell{suggestion(name, OF_CELLS)}"
            )
        return self.values[name]

    def __dir__(self) -> list[str]:
        """List the fields and the quantities."""
        return ["cell", "label", "values", "pooled", "part", "split", "profile", *OF_CELLS]

    @property
    def profile(self) -> Profile | Absent:
        """The time of a step by operator, pooled over repeats: `profile.by_role` sums it."""
        return self.part.profile

    def speed_over(self, other: "Result") -> Estimate | None:
        """Estimate its images/s over another's, whatever their batches.

        None where one of them has no valid repeat.
        """
        above, below = self.pooled, other.pooled
        if not above.answered or not below.answered:
            return None
        return ratio_of(below, above).scaled(above.cell.batch_size / below.cell.batch_size)


def known(value: T | Absent) -> T | None:
    """Give what is known, or None."""
    return None if isinstance(value, Absent) else value


@dataclass(frozen=True, slots=True)
class Explained:
    """What a cell's numbers are explained by: its repeats, its time, its loss."""

    pooled: PooledCell
    part: Breakdown
    split: Split | Absent
    label: str


def results_of(
    frame: pd.DataFrame, explained: Sequence[Explained], reference: str
) -> tuple[Result, ...]:
    """Read the results of all cells from their frame, in plan order."""
    alone = {
        each.pooled.cell: Circumstances(each.pooled, each.part, reference) for each in explained
    }
    partners = reference_cells(tuple(alone), reference)
    rows = zip(explained, frame.to_dict("records"), strict=True)
    return tuple(
        Result(
            cell := each.pooled.cell,
            each.label,
            _values(row, replace(alone[cell], against=_of(alone, partners[cell]))),
            each.pooled,
            each.part,
            each.split,
        )
        for each, row in rows
    )


def labels(cells: Iterable[Cell]) -> dict[Cell, str]:
    """Name the network of every cell as shortly as no other of them is named; not escaped.

    Without the provider where one provider has the name, with `@pixels` where the model was
    planned at several sizes.
    """
    there = tuple(cells)
    models = dict.fromkeys(cell.model for cell in there)
    owners: dict[str, int] = {}
    for model in models:
        owners[_bare(model)] = owners.get(_bare(model), 0) + 1
    sizes = {model: set[int]() for model in models}
    for cell in there:
        sizes[cell.model].add(cell.resolution)
    named = {model: _bare(model) if owners[_bare(model)] == 1 else model for model in models}
    return {
        cell: named[cell.model] + (f"@{cell.resolution}" if len(sizes[cell.model]) > 1 else "")
        for cell in there
    }


def _bare(model: str) -> str:
    return model.partition("/")[2] if "/" in model else model


def _of(alone: Mapping[Cell, Circumstances], partner: Cell | None) -> Circumstances | None:
    return None if partner is None else alone[partner]


def _values(row: Mapping[str, str | float | bool], found: Circumstances) -> dict[str, Known]:
    values: dict[str, Known] = {}
    for name, quantity in OF_CELLS.items():
        value = plain_value(name, row[name])
        if value is None:
            values[name] = why_absent(name, found)
        else:
            values[name] = estimate_of(row, name) if quantity.interval else value
    return values


def find(results: Iterable[Result], text: str, axes: Mapping[str, AxisValue]) -> Result:
    """Find the one result that is meant: by the key of its cell, or by its model and some axes.

    Raises `BadInput` for a model or an axis that is not there, with suggestions, and for words that
    mean several cells, with the axes that tell them apart.
    """
    there = tuple(results)
    if known := [each for each in there if each.cell.key == text]:
        return known[0]
    meant = narrowed(there, {"model": text, **axes})
    if len(meant) > 1:
        raise BadInput(_ambiguous(meant, axes))
    return meant[0]


def narrowed(results: Iterable[Result], axes: Mapping[str, AxisValue]) -> tuple[Result, ...]:
    """Keep the results whose cells have the values of some axes; a model may be a bare name.

    Raises `BadInput` for a model, an axis or a value that is not there, with suggestions.
    """
    meant = tuple(results)
    if strange := [name for name in axes if name not in AXES]:
        raise BadInput(f"{strange[0]!r} is not an axis{suggestion(strange[0], AXES)}")
    asked = dict(axes)
    if "model" in asked:
        models = dict.fromkeys(each.cell.model for each in meant)
        asked["model"] = _model(str(asked["model"]), models)
    said = f" for {asked['model']}" if "model" in asked else ""
    for name, value in asked.items():
        planned = _planned(meant, name)
        if value not in planned:
            told = ", ".join(map(str, planned))
            raise BadInput(f"{name} {value!r} was not planned{said} so; planned: {told}")
        meant = tuple(each for each in meant if getattr(each.cell, name) == value)
    return meant


def _model(text: str, models: Iterable[str]) -> str:
    """Find the model that a canonical name means, or a bare one that fits one model only."""
    canonical = list(models)
    if text in canonical:
        return text
    fitting = [model for model in canonical if bare_name(model) == text]
    if len(fitting) > 1:
        raise BadInput(f"{text!r} is {' or '.join(fitting)}; name one of them")
    if not fitting:
        bare = dict.fromkeys(map(bare_name, canonical))
        close = suggestion(text, bare if is_bare(text) else canonical)
        raise BadInput(f"no model {text!r} was planned in this run{close}")
    return fitting[0]


def _planned(results: Iterable[Result], axis: str) -> list[AxisValue]:
    return list(dict.fromkeys(getattr(each.cell, axis) for each in results))


def _ambiguous(meant: Sequence[Result], axes: Mapping[str, AxisValue]) -> str:
    model = meant[0].cell.model
    choices = {name: values for name in AXES if len(values := _planned(meant, name)) > 1}
    told = "; ".join(f"{name} {' or '.join(map(str, each))}" for name, each in choices.items())
    asked = dict(axes) | {name: values[0] for name, values in choices.items()}
    words = ", ".join([repr(model), *(f"{name}={value!r}" for name, value in asked.items())])
    return f"{model} names {len(meant)} cells of this run: {told}; name one: study.result({words})"
