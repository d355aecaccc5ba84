"""The frame that pages, JSON and CSV are made of: one row per planned cell, SI units."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from effprof.analysis.breakdown import Breakdown
from effprof.analysis.comparison import Comparison, compare
from effprof.analysis.estimate_columns import estimate_values
from effprof.analysis.pooling import PooledCell
from effprof.analysis.roofline import product_peaks
from effprof.analysis.run_effects import RunEffect
from effprof.analysis.statistics import Samples, next_run_interval, step_interval
from effprof.analysis.summaries import summary
from effprof.core.axes import AXES
from effprof.core.cells import Cell
from effprof.core.columns import COLUMNS, kind_of
from effprof.core.costs import StaticCost, cost_key
from effprof.core.errors import BadInput
from effprof.core.estimates import Absent, Estimate
from effprof.core.quantities import Kind
from effprof.core.runs import Run
from effprof.models.registry import family

#: Family of a model whose name is not one of ours.
UNKNOWN_FAMILY = "unknown"

#: Kind of a column -> its type in a frame. Whole numbers that may be missing are floats there.
_TYPES: Mapping[Kind, type] = {
    "text": str,
    "count": int,
    "flag": bool,
    "whole": float,
    "number": float,
}
_WHOLE: frozenset[Kind] = frozenset({"count", "whole"})

#: Texts that are empty where nothing is known, as numbers are NaN.
_NULLABLE_TEXT = ("regime", "_method")

#: What the speed of a rough cell may be off by, as a standard deviation: without what it waited, a
#: step still pays for the caches that others used meanwhile.
ROUGH_SPEED = 0.15

Value = str | float | bool | None


def cells_frame(
    run: Run,
    pooled: Sequence[PooledCell],
    costs: Mapping[Cell, StaticCost],
    parts: Mapping[Cell, Breakdown],
    effect: RunEffect,
) -> pd.DataFrame:
    """Frame a run: one row per planned cell in plan order, columns and units of `COLUMNS`.

    The index `cell` holds the cell keys. Static costs are per image. Repeats are pooled: only
    valid ones count where there is one. A cell with invalid repeats only keeps its numbers, with
    `valid` False, and takes no part in `realised`; numbers that are not there are NaN and a regime
    that cannot be told is empty.
    """
    flops = {cell: cost.total.flops / cell.batch_size for cell, cost in costs.items()}
    compared = compare(pooled, flops, run.invocation.reference)
    peaks = product_peaks(run)
    rows = [
        _axes(each.cell)
        | {"device": run.invocation.device, "status": each.status, "reason": each.reason}
        | {"repeats": len(each.used), "valid": bool(each.answered), "rough": each.is_rough}
        | _static(costs.get(each.cell), each.cell.batch_size)
        | summary(list(each.used.values()))
        | _speed(each, flops.get(each.cell), peaks)
        | _next_run(each, None if run.imported else effect)
        | _compared(compared[each.cell])
        | _explained(parts[each.cell])
        for each in pooled
    ]
    keys = pd.Index([each.cell.key for each in pooled], name="cell")
    return _typed(pd.DataFrame(rows, columns=list(COLUMNS), index=keys))


def records(frame: pd.DataFrame) -> list[dict[str, Value]]:
    """Turn a frame into rows for JSON: the cell key first, integers as such, None for NaN."""
    rows: list[dict[str, Value]] = []
    for key, row in zip(frame.index, frame.to_dict("records"), strict=True):
        plain = {str(name): plain_value(str(name), value) for name, value in row.items()}
        rows.append({"cell": str(key), **plain})
    return rows


def static_costs(run: Run) -> dict[Cell, StaticCost]:
    """Map every planned cell to its static cost, where that is known."""
    known = {cost.key: cost for cost in run.costs}
    return {cell: known[key] for cell in run.invocation.cells if (key := cost_key(cell)) in known}


def _axes(cell: Cell) -> dict[str, Value]:
    return {"family": _family(cell.model)} | {name: getattr(cell, name) for name in AXES}


def _family(model: str) -> str:
    """Name the family; an imported run may hold names that this version cannot read."""
    try:
        return family(model)
    except BadInput:
        return UNKNOWN_FAMILY


def _static(cost: StaticCost | None, batch_size: int) -> dict[str, Value]:
    if cost is None:
        return {}
    return {
        "params": cost.parameters,
        "macs": cost.total.macs / batch_size,
        "flops": cost.total.flops / batch_size,
        "activations": None if cost.activations is None else cost.activations / batch_size,
        # Every network moves bytes: none means that they were not counted.
        "bytes_moved": cost.total.bytes_moved / batch_size or None,
    }


def _speed(
    pooled: PooledCell, flops: float | None, peaks: dict[tuple[str, int], float]
) -> dict[str, Value]:
    if not pooled.used:
        return {**estimate_values("images_per_second", None)}
    cell = pooled.cell
    step = _widened(pooled, step_interval(_samples(pooled)))
    images = step.through(lambda seconds: cell.batch_size / seconds)
    achieved = flops * images.value if flops else None
    peak = peaks.get((cell.precision, cell.threads))
    return {
        "step_seconds": step.value,
        **estimate_values("images_per_second", images),
        "flops_per_second": achieved,
        "peak_share": achieved / peak if achieved and peak else None,
    }


def _samples(pooled: PooledCell) -> list[Samples]:
    return [done.timing.throughput for done in pooled.used.values()]


def _widened(pooled: PooledCell, step: Estimate) -> Estimate:
    if pooled.is_unbounded:
        return Estimate.bare(step.value, step.n)
    return step.widened(ROUGH_SPEED) if pooled.is_rough else step


def _next_run(pooled: PooledCell, effect: RunEffect | None) -> dict[str, Value]:
    if not pooled.answered or effect is None:
        return {**estimate_values("next_images_per_second", None)}
    step = next_run_interval(_samples(pooled), effect.deviation, effect.freedom)
    step = _widened(pooled, step)
    images = step.through(lambda seconds: pooled.cell.batch_size / seconds)
    return {**estimate_values("next_images_per_second", images)}


def _compared(comparison: Comparison) -> dict[str, Value]:
    return {
        "promise": comparison.promise,
        "realised_efficiency": comparison.efficiency,
        **estimate_values("realised", comparison.realised),
    }


def _explained(part: Breakdown) -> dict[str, Value]:
    row: dict[str, Value] = {"regime": ""}
    if not isinstance(part.profile, Absent):
        row["op_seconds"] = part.profile.op_seconds
        row["flop_invisible_share"] = part.profile.flop_invisible_share
    if not isinstance(part.roofline, Absent):
        row["roofline_seconds"] = part.roofline.seconds
    if not isinstance(part.regime, Absent):
        row["regime"] = part.regime.name
    return row


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype({name: _TYPES[kind_of(name)] for name in frame.columns})


def plain_value(name: str, value: Value) -> Value:
    """Make a value of a column plain: whole numbers as such, None where nothing is known."""
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if kind_of(name) in _WHOLE and value.is_integer() else value
    return None if name.endswith(_NULLABLE_TEXT) and not value else value
