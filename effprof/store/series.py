"""Readings: the numbers that nights are compared by, written as outcomes and costs come in.

They repeat what outcomes say, in a form that a year of nights can be read from in seconds.
"""

import math
import struct
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple

from pydantic import ValidationError
from sqlalchemy import Connection, Row, delete, insert, select

from effprof.core.cells import Cell
from effprof.core.costs import StaticCost, cost_key
from effprof.core.machines import place_of
from effprof.core.methods import method_of, method_of_count
from effprof.core.metrics import METRICS, counted_metrics, measured_metrics
from effprof.core.outcomes import Measurement, Repeat
from effprof.core.runs import Invocation, Run
from effprof.store import schema
from effprof.store.rows import select_cells, select_run

#: Columns that the series of a night are told by, beside the method that each number was last moved
#: by. The host is empty where machines of one kind share their series (`place_of`).
SERIES_FIELDS = ("device", "host")

#: What stands for the repeat of a number that is counted, not measured.
COUNTED_REPEAT = 0

#: Metrics that static costs tell; all others are measured.
COUNTED = tuple(name for name, metric in METRICS.items() if metric.count is not None)


class _Reading(NamedTuple):
    cell: str
    metric: str
    method: str
    repeat: int
    value: float


def begin_night(connection: Connection, asked: Invocation) -> None:
    """Give a run its place in the series of its device.

    A run that does not say where it was made, or how, has none: its numbers come from no machine
    that will measure again.
    """
    place, method = place_of(asked.fingerprint), asked.fingerprint.gating.get("method")
    if place is not None and method is not None:
        columns = dict(zip(SERIES_FIELDS, place, strict=True))
        night = columns | {"run_id": asked.id, "method": method}
        connection.execute(insert(schema.night), night)


def add_measured(connection: Connection, run_id: str, repeat: Repeat, replace: bool) -> None:
    """Write the readings of one outcome; `replace` drops those of the outcome before it.

    A failure and an invalid measurement have none.
    """
    night = _night(connection, run_id)
    if night is None:
        return
    if replace:
        _forget(connection, night, repeat.index, [repeat.cell.key], counted=False)
    _write(connection, night, _measured(repeat, night.method))


def add_counted(connection: Connection, run_id: str, costs: Sequence[StaticCost]) -> None:
    """Write the readings of static costs for every planned cell that they belong to."""
    night = _night(connection, run_id)
    if night is None:
        return
    readings = _counted(select_cells(connection, run_id).values(), costs, night.method)
    cells = sorted({reading.cell for reading in readings})
    _forget(connection, night, COUNTED_REPEAT, cells, counted=True)
    _write(connection, night, readings)


def add_run(connection: Connection, run: Run) -> None:
    """Write the place and all readings of a whole run."""
    begin_night(connection, run.invocation)
    night = _night(connection, run.invocation.id)
    if night is not None:
        method = night.method
        readings = [reading for repeat in run.repeats for reading in _measured(repeat, method)]
        _write(connection, night, readings + _counted(run.invocation.cells, run.costs, method))


def derive_all(connection: Connection) -> None:
    """Write the readings of runs from before there were any."""
    for run_id in connection.scalars(select(schema.run.c.id)).all():
        # A damaged run keeps nobody from the others; whoever loads it is told.
        with suppress(ValidationError, struct.error, KeyError):
            run = select_run(connection, run_id)
            assert run is not None  # its id was read in this transaction
            add_run(connection, run)


def _measured(repeat: Repeat, method: str) -> list[_Reading]:
    done = repeat.outcome
    if not isinstance(done, Measurement) or not done.valid:
        return []
    return [
        _Reading(repeat.cell.key, metric, method_of(method, metric, done), repeat.index, value)
        for metric, value in measured_metrics(done).items()
        if math.isfinite(value)
    ]


def _counted(cells: Iterable[Cell], costs: Iterable[StaticCost], method: str) -> list[_Reading]:
    counted = {cost.key: cost for cost in costs}
    found = ((cell.key, counted[key]) for cell in cells if (key := cost_key(cell)) in counted)
    return [
        _Reading(cell, metric, method_of_count(method, metric, cost), COUNTED_REPEAT, value)
        for cell, cost in found
        for metric, value in counted_metrics(cost).items()
    ]


def _night(connection: Connection, run_id: str) -> Row[tuple[object, ...]] | None:
    return connection.execute(select(schema.night).filter_by(run_id=run_id)).one_or_none()


def _write(
    connection: Connection, night: Row[tuple[object, ...]], readings: Sequence[_Reading]
) -> None:
    if not readings:
        return
    ids = _series_ids(connection, night, {each[:3] for each in readings})
    rows = [
        {
            "night_id": night.id,
            "series_id": ids[each[:3]],
            "repeat": each.repeat,
            "value": each.value,
        }
        for each in readings
    ]
    connection.execute(insert(schema.reading), rows)


def _series_ids(
    connection: Connection, night: Row[tuple[object, ...]], keys: set[tuple[str, str, str]]
) -> dict[tuple[str, str, str], int]:
    """Find the series of (cell, metric, method) triples, making those that are new."""
    columns = schema.series.c
    where = {name: getattr(night, name) for name in SERIES_FIELDS}
    known = (
        select(columns.cell, columns.metric, columns.method, columns.id)
        .filter_by(**where)
        .where(columns.cell.in_(sorted({cell for cell, *_ in keys})))
    )

    def found() -> dict[tuple[str, str, str], int]:
        rows = connection.execute(known)
        return {(row.cell, row.metric, row.method): row.id for row in rows}

    ids = found()
    if new := sorted(keys - ids.keys()):
        named = [dict(zip(("cell", "metric", "method"), key, strict=True)) for key in new]
        connection.execute(insert(schema.series), [where | names for names in named])
        ids = found()
    return ids


def _forget(
    connection: Connection,
    night: Row[tuple[object, ...]],
    repeat: int,
    cells: Sequence[str],
    *,
    counted: bool,
) -> None:
    series, reading = schema.series, schema.reading
    of_cells = (
        select(series.c.id)
        .filter_by(**{name: getattr(night, name) for name in SERIES_FIELDS})
        .where(series.c.cell.in_(cells), series.c.metric.in_(COUNTED) == counted)
    )
    connection.execute(
        delete(reading)
        .filter_by(night_id=night.id, repeat=repeat)
        .where(reading.c.series_id.in_(of_cells))
    )
