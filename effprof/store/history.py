"""Nights read back: the readings of a device over time, and what was planned and did not come."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Row, or_, select, tuple_

from effprof.core.calibrations import paces
from effprof.core.outcomes import Failure, Measurement
from effprof.core.runs import Calibration, Work
from effprof.store import schema
from effprof.store.codec import decode, unpack
from effprof.store.rows import MEASURED

#: Status of a cell whose measurements are all invalid, and of one without any outcome.
INVALID = "invalid"
MISSING = "missing"

#: Ids named in one query; SQLite takes at most 32,766 parameters.
_CHUNK = 10_000

_READ = np.dtype([("series", np.int64), ("repeat", np.int16), ("value", np.float64)])


@dataclass(frozen=True, slots=True)
class WhichNights:
    """The newest `nights` runs of a device and host, of one suite if named, none after `until`."""

    device: str
    host: str
    suite: str | None
    nights: int
    until: str | None


class NightRow(NamedTuple):
    """One night: `attributes` are the gating and the recorded fields of its fingerprint.

    `paces` maps the works of neutral sentinels to what a unit of each took, in seconds.
    """

    run_id: str
    started_at: str
    attributes: dict[str, str]
    paces: dict[Work, float]


class History(NamedTuple):
    """Nights, oldest first, and their readings.

    `frame` has a row per reading: `run_id, cell, metric, method` (categorical; the categories of
    `run_id` are the nights in order), `repeat` (int16) and `value` in the unit of the metric.
    """

    nights: list[NightRow]
    frame: pd.DataFrame


class Absence(NamedTuple):
    """A cell that a night planned and that has no valid measurement.

    `status` is the kind of its first failure, else `invalid`, else `missing` where no process
    finished; `reason` says more, if there is more.
    """

    run_id: str
    cell: str
    status: str
    reason: str


def select_history(connection: Connection, which: WhichNights) -> History:
    """Read nights with their attributes and readings."""
    nights = _nights(connection, which)
    attributes = _attributes(connection, [night.run_id for night in nights])
    taken = _paces(connection, [night.run_id for night in nights])
    rows = [
        NightRow(n.run_id, n.started_at, attributes.get(n.run_id, {}), taken.get(n.run_id, {}))
        for n in nights
    ]
    return History(rows, _frame(connection, nights))


def select_absences(connection: Connection, run_ids: Sequence[str]) -> list[Absence]:
    """Read the absences of some runs, in their order and that of their plans."""
    return [absence for run_id in run_ids for absence in _absences(connection, run_id)]


def _nights(connection: Connection, which: WhichNights) -> list[Row[tuple[object, ...]]]:
    night, run = schema.night, schema.run
    found = (
        select(night.c.id, night.c.run_id, run.c.started_at)
        .join(run, run.c.id == night.c.run_id)
        .where(night.c.device == which.device, night.c.host == which.host)
        # A run that is going on, or was killed, is no whole night, unless it is the one asked for.
        .where(or_(run.c.status != "running", run.c.id == which.until))
        .order_by(run.c.started_at.desc(), run.c.id.desc())
        .limit(which.nights)
    )
    if which.suite is not None:
        found = found.where(run.c.suite == which.suite)
    if which.until is not None:
        last = select(run.c.started_at, run.c.id).where(run.c.id == which.until)
        found = found.where(tuple_(run.c.started_at, run.c.id) <= last.scalar_subquery())
    return list(reversed(connection.execute(found).all()))


def _attributes(connection: Connection, run_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    table = schema.fingerprint
    found: dict[str, dict[str, str]] = {}
    for start in range(0, len(run_ids), _CHUNK):
        rows = connection.execute(
            select(table)
            .where(table.c.run_id.in_(run_ids[start : start + _CHUNK]))
            .where(table.c.part.in_(("gating", "recorded")))
            .order_by(table.c.run_id, table.c.part, table.c.position)
        )
        for row in rows:
            found.setdefault(row.run_id, {})[row.name] = row.value
    return found


def _paces(connection: Connection, run_ids: Sequence[str]) -> dict[str, dict[Work, float]]:
    table = schema.calibration
    found: dict[str, list[Calibration]] = {}
    for start in range(0, len(run_ids), _CHUNK):
        chosen = select(table).where(table.c.run_id.in_(run_ids[start : start + _CHUNK]))
        for row in connection.execute(chosen.order_by(table.c.id)):
            taken = Calibration(row.work, row.moment, row.taken_at, unpack(row.seconds))
            found.setdefault(row.run_id, []).append(taken)
    return {
        run_id: {pace.work: pace.middle for pace in paces(taken)} for run_id, taken in found.items()
    }


def _frame(connection: Connection, nights: Sequence[Row[tuple[object, ...]]]) -> pd.DataFrame:
    """Read night by night, each into an array at once: a year of rows would not fit as objects."""
    parts = [_readings(connection, night.id) for night in nights]
    read = np.concatenate([*parts, np.empty(0, _READ)])
    number = np.repeat(np.arange(len(nights), dtype=np.int32), [len(part) for part in parts])
    table = schema.series
    ids = np.unique(read["series"])
    of_ids = (select(table).where(table.c.id.in_(chunk)) for chunk in _chunks(ids))
    series = pd.DataFrame(
        [row for found in of_ids for row in connection.execute(found.order_by(table.c.id))],
        columns=list(table.c.keys()),
    )
    position = np.searchsorted(ids, read["series"])
    columns: dict[str, object] = {
        "run_id": pd.Categorical.from_codes(number, categories=[n.run_id for n in nights])
    }
    for name in ("cell", "metric", "method"):
        codes, categories = pd.factorize(series[name], sort=True)
        columns[name] = pd.Categorical.from_codes(codes[position], categories=categories)
    return pd.DataFrame(columns | {"repeat": read["repeat"], "value": read["value"]})


def _chunks(ids: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> Iterator[list[int]]:
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK].tolist()


def _readings(connection: Connection, night_id: int) -> "np.ndarray[tuple[int], np.dtype[np.void]]":
    table = schema.reading
    rows = connection.execute(
        select(table.c.series_id, table.c.repeat, table.c.value)
        .where(table.c.night_id == night_id)
        .order_by(table.c.series_id, table.c.repeat)
    )
    return np.array([tuple(row) for row in rows], dtype=_READ)


def _absences(connection: Connection, run_id: str) -> Iterator[Absence]:
    cell, outcome = schema.cell, schema.outcome
    believed = select(outcome.c.cell).where(outcome.c.run_id == run_id, outcome.c.valid.is_(True))
    rows = connection.execute(
        select(cell.c.key, outcome.c.status, outcome.c.document)
        .outerjoin(
            outcome, (outcome.c.run_id == cell.c.run_id) & (outcome.c.cell == cell.c.position)
        )
        .where(cell.c.run_id == run_id, cell.c.position.not_in(believed))
        .order_by(cell.c.position, outcome.c.repeat)
    )
    for key, outcomes in groupby(rows, lambda row: row.key):
        found = list(outcomes)
        told = next((row for row in found if row.status != MEASURED), found[0])
        yield Absence(run_id, key, *_status(told.status, told.document))


def _status(status: str | None, document: str) -> tuple[str, str]:
    if status is None:
        return MISSING, ""
    if status == MEASURED:
        return INVALID, "; ".join(decode(Measurement, document).invalid_reasons)
    return status, decode(Failure, document).reason
