"""Results: what is known of each cell of a run, quantity by quantity, and the one that is meant."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from effprof.analysis.breakdown import Breakdown
from effprof.analysis.comparison import reference_cells
from effprof.analysis.estimate_columns import estimate_of
from effprof.analysis.frames import records
from effprof.analysis.pooling import PooledCell
from effprof.core.axes import AXES, AxisValue
from effprof.core.cells import Cell
from effprof.core.errors import BadInput, suggestion
from effprof.core.estimates import Absent, Estimate
from effprof.core.quantities import OF_CELLS
from effprof.models.names import is_bare
from effprof.study.absence import Circumstances, why_absent

#: What a quantity of a cell is: an estimate or plain, or absent for a reason. Never NaN, nor None.
Known = Estimate | Absent | str | float | bool


@dataclass(frozen=True, slots=True)
class Result:
    """What is known of one cell: an attribute for every quantity of a cell, named by its id.

    What is estimated is an `Estimate`, anything else plain, in SI units; what is not known is an
    `Absent` that says why. `dir` lists the quantities.
    """

    cell: Cell
    values: Mapping[str, Known] = field(repr=False)

    def __getattr__(self, name: str) -> Known:
        """Give a quantity; raises `AttributeError` with suggestions for what is none."""
        if name not in OF_CELLS:
            raise AttributeError(f"{name!r} is no quantity of a cell{suggestion(name, OF_CELLS)}")
        return self.values[name]

    def __dir__(self) -> list[str]:
        """List the cell and the quantities."""
        return ["cell", "values", *OF_CELLS]


def results_of(
    frame: pd.DataFrame,
    pooled: Sequence[PooledCell],
    parts: Mapping[Cell, Breakdown],
    reference: str,
) -> tuple[Result, ...]:
    """Read the results of all cells from their frame, in plan order."""
    alone = {each.cell: Circumstances(each, parts[each.cell], reference) for each in pooled}
    partners = reference_cells(tuple(alone), reference)
    rows = zip(alone.items(), frame.iterrows(), records(frame), strict=True)
    return tuple(
        Result(cell, _values(row, plain, replace(found, against=_of(alone, partners[cell]))))
        for (cell, found), (_, row), plain in rows
    )


def _of(alone: Mapping[Cell, Circumstances], partner: Cell | None) -> Circumstances | None:
    return None if partner is None else alone[partner]


def _values(
    row: pd.Series, plain: Mapping[str, str | float | bool | None], found: Circumstances
) -> dict[str, Known]:
    values: dict[str, Known] = {}
    for name, quantity in OF_CELLS.items():
        value = plain[name]
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
    if strange := [name for name in axes if name not in AXES]:
        raise BadInput(f"{strange[0]!r} is no axis{suggestion(strange[0], AXES)}")
    model = _model(text, dict.fromkeys(each.cell.model for each in there))
    meant = [each for each in there if each.cell.model == model]
    for name, value in axes.items():
        planned = _planned(meant, name)
        if value not in planned:
            told = ", ".join(map(str, planned))
            raise BadInput(f"{name} {value!r} was not planned for {model} so; planned: {told}")
        meant = [each for each in meant if getattr(each.cell, name) == value]
    if len(meant) > 1:
        raise BadInput(_ambiguous(model, meant, axes))
    return meant[0]


def _model(text: str, models: Iterable[str]) -> str:
    """Find the model that a canonical name means, or a bare one that fits one model only."""
    canonical = list(models)
    if text in canonical:
        return text
    fitting = [model for model in canonical if model.partition("/")[2] == text]
    if len(fitting) > 1:
        raise BadInput(f"{text!r} is {' or '.join(fitting)}; name one of them")
    if not fitting:
        bare = [model.partition("/")[2] or model for model in canonical]
        close = suggestion(text, dict.fromkeys(bare) if is_bare(text) else canonical)
        raise BadInput(f"no model {text!r} was planned in this run{close}")
    return fitting[0]


def _planned(results: Iterable[Result], axis: str) -> list[AxisValue]:
    return list(dict.fromkeys(getattr(each.cell, axis) for each in results))


def _ambiguous(model: str, meant: Sequence[Result], axes: Mapping[str, AxisValue]) -> str:
    choices = {name: values for name in AXES if len(values := _planned(meant, name)) > 1}
    told = "; ".join(f"{name} {' or '.join(map(str, each))}" for name, each in choices.items())
    asked = dict(axes) | {name: values[0] for name, values in choices.items()}
    words = ", ".join([repr(model), *(f"{name}={value!r}" for name, value in asked.items())])
    return f"{model} names {len(meant)} cells of this run: {told}; name one: study.result({words})"
