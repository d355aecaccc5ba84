"""The tables of a store, as the newest migration leaves them.

Fields that people query are columns; what only the program reads is a JSON `document`. Samples
are little-endian float64, eight exact bytes each. Times are UTC in ISO 8601, durations seconds.
"""

from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

from effprof.core.cells import Cell

_VERSIONS = Path(__file__).parent / "migrations" / "versions"

#: Revision that this code reads and writes: that of the last file in `migrations/versions`.
HEAD = max(path.name.partition("_")[0] for path in _VERSIONS.glob("[0-9]*.py"))

#: Axes that the first release had; cells of before a later one have its default.
FIRST_AXES = frozenset(
    {
        *("model", "resolution", "mode", "batch_size"),
        *("precision", "memory_format", "execution", "threads"),
    }
)

#: Table that holds the revision of a store. Not Alembic's default name, so that a database of
#: another program is never taken for a store.
VERSION_TABLE = "effprof_version"

metadata = MetaData()


def _run_id(primary_key: bool = False) -> Column[str]:
    run_id = ForeignKey("run.id", ondelete="CASCADE")
    return Column("run_id", String, run_id, primary_key=primary_key, nullable=False)


def _axis(field: "Field[Any]") -> Column[Any]:
    """Give the column of a field of `Cell`."""
    default = None if field.name in FIRST_AXES else str(field.default)
    kind = Integer if field.type is int else String
    return Column(field.name, kind, nullable=False, server_default=default)


run = Table(
    "run",
    metadata,
    Column("id", String, primary_key=True),
    Column("started_at", String, nullable=False),
    Column("finished_at", String),
    Column("status", String, nullable=False),
    Column("command", String, nullable=False),
    Column("suite", String, nullable=False),
    Column("suite_hash", String, nullable=False),
    Column("reference", String, nullable=False),
    Column("device", String, nullable=False),
    Column("repeats", Integer, nullable=False),
    Column("options", String, nullable=False),
)

fingerprint = Table(
    "fingerprint",
    metadata,
    _run_id(primary_key=True),
    Column("part", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("value", String, nullable=False),
)

cell = Table(
    "cell",
    metadata,
    _run_id(primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("key", String, nullable=False),
    *map(_axis, fields(Cell)),
    UniqueConstraint("run_id", "key", name="cell_is_planned_once"),
)

outcome = Table(
    "outcome",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", String, nullable=False),
    Column("cell", Integer, nullable=False),
    Column("repeat", Integer, nullable=False),
    Column("status", String, nullable=False),
    Column("valid", Boolean),
    Column("started_at", String, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("document", String, nullable=False),
    ForeignKeyConstraint(["run_id", "cell"], ["cell.run_id", "cell.position"], ondelete="CASCADE"),
    UniqueConstraint("run_id", "cell", "repeat", name="one_outcome_per_repeat"),
)

sample = Table(
    "sample",
    metadata,
    Column("outcome_id", ForeignKey("outcome.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("seconds", LargeBinary, nullable=False),
)

peak = Table(
    "peak",
    metadata,
    Column("id", Integer, primary_key=True),
    _run_id(),
    Column("kind", String, nullable=False),
    Column("precision", String, nullable=False),
    Column("size", String, nullable=False),
    Column("threads", Integer, nullable=False),
    Column("value", Double, nullable=False),
    UniqueConstraint("run_id", "kind", "precision", "size", "threads", name="one_value_per_peak"),
)

calibration = Table(
    "calibration",
    metadata,
    Column("id", Integer, primary_key=True),
    _run_id(),
    Column("work", String, nullable=False),
    Column("moment", String, nullable=False),
    Column("taken_at", String, nullable=False),
    Column("seconds", LargeBinary, nullable=False),
    UniqueConstraint("run_id", "work", "taken_at", name="one_calibration_per_moment"),
)

#: What runs of the same machine had found before; `earlier_id` is that of a run, which this may
#: outlive.
earlier_run = Table(
    "earlier_run",
    metadata,
    Column("id", Integer, primary_key=True),
    _run_id(),
    Column("earlier_id", String, nullable=False),
    Column("started_at", String, nullable=False),
    Column("document", String, nullable=False),
    UniqueConstraint("run_id", "earlier_id", name="an_earlier_run_is_known_once"),
)

cost = Table(
    "cost",
    metadata,
    Column("id", Integer, primary_key=True),
    _run_id(),
    Column("model", String, nullable=False),
    Column("resolution", Integer, nullable=False),
    Column("mode", String, nullable=False),
    Column("batch_size", Integer, nullable=False),
    Column("dtype", String, nullable=False),
    Column("parameters", BigInteger, nullable=False),
    Column("macs", BigInteger, nullable=False),
    Column("document", String, nullable=False),
    UniqueConstraint(
        *("run_id", "model", "resolution", "mode", "batch_size", "dtype"),
        name="one_cost_per_workload",
    ),
)

series = Table(
    "series",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("device", String, nullable=False),
    Column("host", String, nullable=False),
    Column("cell", String, nullable=False),
    Column("metric", String, nullable=False),
    Column("method", String, nullable=False),
    UniqueConstraint("device", "host", "cell", "metric", "method", name="one_series_per_key"),
)

#: A run as a point of its series; its short id keeps readings small.
night = Table(
    "night",
    metadata,
    Column("id", Integer, primary_key=True),
    _run_id(),
    Column("device", String, nullable=False),
    Column("host", String, nullable=False),
    Column("method", String, nullable=False),
    UniqueConstraint("run_id", name="one_night_per_run"),
)

#: Derived from outcomes and costs. Night first in the key: a night is written, and read, as one.
reading = Table(
    "reading",
    metadata,
    Column(
        "night_id",
        ForeignKey("night.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("series_id", ForeignKey("series.id"), primary_key=True, autoincrement=False),
    Column("repeat", Integer, primary_key=True, autoincrement=False),
    Column("value", Double, nullable=False),
    sqlite_with_rowid=False,
)

#: `first_bad`, `last_good` and `recovered` are ids of runs, which an event may outlive.
event = Table(
    "event",
    metadata,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("device", String, nullable=False),
    Column("host", String, nullable=False),
    Column("cell", String, nullable=False),
    Column("metric", String, nullable=False),
    Column("method", String, nullable=False),
    Column("first_bad", String, nullable=False),
    Column("last_good", String),
    Column("old", Double),
    Column("new", Double),
    Column("change", Double),
    Column("low", Double),
    Column("high", Double),
    Column("nights_before", Integer, nullable=False),
    Column("nights_after", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("recovered", String),
)

#: Every state that a person gave an event, oldest first.
event_change = Table(
    "event_change",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("event_id", ForeignKey("event.id", ondelete="CASCADE"), nullable=False),
    Column("changed_at", String, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String, nullable=False),
)

#: A file of evaluations of weights; what it holds of which data stays as it was read.
accuracy_file = Table(
    "accuracy_file",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("git_object", String, nullable=False),
    Column("data_set", String, nullable=False),
    Column("read_at", String, nullable=False),
    UniqueConstraint("git_object", "data_set", name="an_accuracy_file_is_read_once"),
)

evaluation = Table(
    "evaluation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("file_id", ForeignKey("accuracy_file.id", ondelete="CASCADE"), nullable=False),
    Column("weights", String, nullable=False),
    Column("resolution", Integer, nullable=False),
    Column("top1", Double, nullable=False),
    Column("top5", Double, nullable=False),
    Column("parameters", BigInteger, nullable=False),
    Column("crop", Double, nullable=False),
    Column("interpolation", String, nullable=False),
    UniqueConstraint("file_id", "weights", "resolution", "crop", name="weights_are_evaluated_once"),
)
