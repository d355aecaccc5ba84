"""Nouns to rows and back, inside a transaction that the caller owns."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from effprof.core.axes import AXES
from effprof.core.cells import Cell
from effprof.core.costs import StaticCost
from effprof.core.errors import BadInput, StorageError
from effprof.core.outcomes import Failure, Measurement, Outcome, Repeat
from effprof.core.runs import (
    Calibration,
    EarlierRun,
    Fingerprint,
    Invocation,
    MeasureOptions,
    Peak,
    Run,
    RunStatus,
)
from effprof.store import schema
from effprof.store.attendants import select_dead, select_tags
from effprof.store.codec import decode, encode, join_samples, pack, split_samples, unpack

#: `status` of an outcome that is a measurement; a failure's status is its kind.
MEASURED = "measured"

#: What the document of an earlier run holds: seconds of a step by the key of a cell.
_Steps = dict[str, float]

_RUN_COLUMNS = ("id", "started_at", "command", "suite", "suite_hash", "reference", "device")
_FINGERPRINT_PARTS = ("gating", "recorded", "missing")


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One line about a stored run: `outcomes` of `cells` x `repeats` are there.

    One whose process is gone though it has not ended has `died`; `tags` are names given to it.
    """

    id: str
    started_at: str
    finished_at: str | None
    status: RunStatus | Literal["died"]
    suite: str
    device: str
    cells: int
    repeats: int
    outcomes: int
    command: str
    tags: tuple[str, ...] = ()


def insert_invocation(
    connection: Connection, asked: Invocation, status: RunStatus, finished_at: str | None
) -> None:
    """Write a run that has no outcomes yet. Raises `BadInput` for a cell that is planned twice."""
    columns = {name: getattr(asked, name) for name in (*_RUN_COLUMNS, "repeats")}
    columns |= {"status": status, "finished_at": finished_at, "options": encode(asked.options)}
    connection.execute(insert(schema.run), columns)
    cells = [
        {"run_id": asked.id, "position": position, "key": cell.key}
        | {name: getattr(cell, name) for name in AXES}
        for position, cell in enumerate(asked.cells)
    ]
    planned = Counter(cell.key for cell in asked.cells)
    if twice := [key for key, times in planned.items() if times > 1]:
        raise BadInput(f"run {asked.id} plans a cell more than once: {', '.join(twice)}")
    if cells:
        connection.execute(insert(schema.cell), cells)
    _insert_fingerprint(connection, asked)


def amend_invocation(connection: Connection, asked: Invocation) -> None:
    """Write the repeats, the hash and the fingerprint of a run that is there anew."""
    changed = {"repeats": asked.repeats, "suite_hash": asked.suite_hash}
    connection.execute(update(schema.run).filter_by(id=asked.id).values(changed))
    connection.execute(delete(schema.fingerprint).filter_by(run_id=asked.id))
    _insert_fingerprint(connection, asked)


def _insert_fingerprint(connection: Connection, asked: Invocation) -> None:
    fields = [
        {"run_id": asked.id, "part": part, "name": name, "position": position, "value": value}
        for part in _FINGERPRINT_PARTS
        for position, (name, value) in enumerate(getattr(asked.fingerprint, part).items())
    ]
    if fields:
        connection.execute(insert(schema.fingerprint), fields)


def insert_peaks(connection: Connection, run_id: str, peaks: Iterable[Peak]) -> None:
    """Write peaks; the same peak measured again replaces the earlier value."""
    table = schema.peak
    for peak in peaks:
        which = {
            "run_id": run_id,
            "kind": peak.kind,
            "precision": peak.precision,
            "size": peak.size,
            "threads": peak.threads,
        }
        connection.execute(delete(table).filter_by(**which))
        connection.execute(insert(table), which | {"value": peak.value})


def insert_calibrations(
    connection: Connection, run_id: str, calibrations: Iterable[Calibration]
) -> None:
    """Write what neutral sentinels took."""
    taken = [
        {
            "run_id": run_id,
            "work": each.work,
            "moment": each.moment,
            "taken_at": each.taken_at,
            "seconds": pack(each.seconds),
        }
        for each in calibrations
    ]
    if taken:
        connection.execute(insert(schema.calibration), taken)


def insert_earlier(connection: Connection, run_id: str, earlier: Iterable[EarlierRun]) -> None:
    """Write what earlier runs found, in the place of what was known before."""
    table = schema.earlier_run
    connection.execute(delete(table).filter_by(run_id=run_id))
    known = [
        {
            "run_id": run_id,
            "earlier_id": each.id,
            "started_at": each.started_at,
            "document": encode(each.step_seconds),
        }
        for each in earlier
    ]
    if known:
        connection.execute(insert(table), known)


def insert_costs(connection: Connection, run_id: str, costs: Iterable[StaticCost]) -> None:
    """Write static costs; the same workload counted again replaces the earlier count."""
    table = schema.cost
    for cost in costs:
        which = {
            "run_id": run_id,
            "model": cost.model,
            "resolution": cost.resolution,
            "mode": cost.mode,
            "batch_size": cost.batch_size,
            "dtype": cost.dtype,
        }
        counted = {"parameters": cost.parameters, "macs": cost.total.macs}
        connection.execute(delete(table).filter_by(**which))
        connection.execute(insert(table), which | counted | {"document": encode(cost)})


def insert_repeat(connection: Connection, run_id: str, repeat: Repeat, replace: bool) -> None:
    """Write one outcome with its samples.

    Raises `StorageError` when the repeat has one already and `replace` is false, `BadInput` for
    a cell that the run did not plan.
    """
    table, cells = schema.outcome, schema.cell
    position = connection.scalar(
        select(cells.c.position).filter_by(run_id=run_id, key=repeat.cell.key)
    )
    if position is None:
        raise BadInput(f"run {run_id} did not plan the cell {repeat.cell.key!r}")
    which = {"run_id": run_id, "cell": position, "repeat": repeat.index}
    if replace:
        connection.execute(delete(table).filter_by(**which))
    elif connection.scalar(select(table.c.id).filter_by(**which)) is not None:
        raise StorageError(
            f"run {run_id} already has an outcome of {repeat.cell.key!r}, repeat {repeat.index};"
            " it is kept"
        )
    document, samples = _flatten(repeat.outcome)
    columns = document | {"started_at": repeat.started_at, "seconds": repeat.seconds}
    outcome_id = connection.scalar(insert(table).returning(table.c.id), which | columns)
    packed = [
        {"outcome_id": outcome_id, "kind": kind, "number": len(s), "seconds": pack(s)}
        for kind, s in samples.items()
        if s
    ]
    if packed:
        connection.execute(insert(schema.sample), packed)


def select_run(connection: Connection, run_id: str) -> Run | None:
    """Read a whole run, or None when it is not there."""
    row = connection.execute(select(schema.run).filter_by(id=run_id)).one_or_none()
    if row is None:
        return None
    cells = select_cells(connection, run_id)
    invocation = Invocation(
        **{name: getattr(row, name) for name in _RUN_COLUMNS},
        fingerprint=_fingerprint(connection, run_id),
        cells=tuple(cells.values()),
        repeats=row.repeats,
        options=decode(MeasureOptions, row.options),
    )
    peaks = (
        Peak(peak.kind, peak.precision, peak.size, peak.value, peak.threads)
        for peak in _of_run(connection, "peak", run_id)
    )
    costs = (decode(StaticCost, c.document) for c in _of_run(connection, "cost", run_id))
    return Run(
        invocation=invocation,
        status=row.status,
        finished_at=row.finished_at,
        peaks=tuple(peaks),
        costs=tuple(costs),
        repeats=tuple(_repeats(connection, run_id, cells)),
        calibrations=tuple(
            Calibration(each.work, each.moment, each.taken_at, unpack(each.seconds))
            for each in _of_run(connection, "calibration", run_id)
        ),
        earlier=tuple(
            EarlierRun(each.earlier_id, each.started_at, decode(_Steps, each.document))
            for each in _of_run(connection, "earlier_run", run_id)
        ),
    )


def select_cells(connection: Connection, run_id: str) -> dict[int, Cell]:
    """Read the planned cells of a run by position."""
    return {cell.position: _cell(cell) for cell in _of_run(connection, "cell", run_id)}


def select_summaries(connection: Connection) -> list[RunSummary]:
    """Read one line per run, newest first."""
    run = schema.run
    counts = (
        select(func.count()).select_from(table).where(table.c.run_id == run.c.id).scalar_subquery()
        for table in (schema.cell, schema.outcome)
    )
    cells, outcomes = counts
    rows = connection.execute(
        select(run, cells.label("cells"), outcomes.label("outcomes")).order_by(
            run.c.started_at.desc(), run.c.id.desc()
        )
    )
    dead, tags = select_dead(connection, time.time()), select_tags(connection)
    names = [name for name in RunSummary.__dataclass_fields__ if name not in {"status", "tags"}]
    return [
        RunSummary(
            **{name: getattr(row, name) for name in names},
            status="died" if row.id in dead else row.status,
            tags=tuple(tag for tag, run_id in tags.items() if run_id == row.id),
        )
        for row in rows
    ]


def _flatten(outcome: Outcome) -> tuple[dict[str, object], dict[str, tuple[float, ...]]]:
    match outcome:
        case Failure():
            return {"status": outcome.kind, "valid": None, "document": encode(outcome)}, {}
        case Measurement():
            bare, samples = split_samples(outcome)
            return {"status": MEASURED, "valid": outcome.valid, "document": encode(bare)}, samples


def _repeats(connection: Connection, run_id: str, cells: dict[int, Cell]) -> Iterator[Repeat]:
    outcome, sample = schema.outcome, schema.sample
    rows = connection.execute(
        select(sample)
        .join(outcome, outcome.c.id == sample.c.outcome_id)
        .where(outcome.c.run_id == run_id)
        .order_by(sample.c.outcome_id)
    )
    samples = {
        outcome_id: {row.kind: unpack(row.seconds) for row in group}
        for outcome_id, group in groupby(rows, lambda row: row.outcome_id)
    }
    for row in _of_run(connection, "outcome", run_id):
        found: Outcome
        if row.status == MEASURED:
            found = join_samples(decode(Measurement, row.document), samples.get(row.id, {}))
        else:
            found = decode(Failure, row.document)
        yield Repeat(cells[row.cell], row.repeat, found, row.started_at, row.seconds)


def _of_run(connection: Connection, name: str, run_id: str) -> Iterable[Row[tuple[object, ...]]]:
    """Rows of one table in the order they were written."""
    table = schema.metadata.tables[name]
    order = table.c.position if "position" in table.c else table.c.id
    return connection.execute(select(table).filter_by(run_id=run_id).order_by(order))


def _cell(row: Row[tuple[object, ...]]) -> Cell:
    return Cell(**{name: getattr(row, name) for name in AXES})


def _fingerprint(connection: Connection, run_id: str) -> Fingerprint:
    parts: dict[str, dict[str, str]] = {part: {} for part in _FINGERPRINT_PARTS}
    for row in _of_run(connection, "fingerprint", run_id):
        parts[row.part][row.name] = row.value
    return Fingerprint(**parts)
