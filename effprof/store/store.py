"""The store: every run with its raw samples, in SQLite or PostgreSQL."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pydantic import ValidationError
from sqlalchemy import Connection, select, update

from effprof.core.accuracies import AccuracyFile, DataSetId
from effprof.core.costs import StaticCost
from effprof.core.errors import BadInput, StorageError, suggestion
from effprof.core.events import Event, EventState
from effprof.core.outcomes import Repeat
from effprof.core.runs import Calibration, EarlierRun, Invocation, Peak, Run, RunStatus
from effprof.store import accuracies, events, rows, schema, series
from effprof.store.codec import explain, normalise
from effprof.store.engine import Database, locate
from effprof.store.events import EventChange
from effprof.store.migrate import bring_up_to_date
from effprof.store.rows import RunSummary

if TYPE_CHECKING:  # it loads pandas, which most commands do without
    from effprof.store.history import Absence, History

#: What people write for the newest run.
LATEST = "latest"


class Store:
    """Runs, each with its fingerprint, cells, outcomes, samples, peaks, calibrations and costs.

    Beside them what others say of the accuracy of weights.

    Consistency: every method is one transaction. When a writing method returns, its effect
    survives `kill -9` and a power cut; when it raises, nothing of it is there. Readers see one
    snapshot and wait for nobody. Writers, in this process or another, take turns and wait up to
    `engine.LOCK_SECONDS` for each other, then raise `StorageError`; none of them loses rows of
    another. An outcome is never changed, save by `add_repeat(replace=True)`. What is read back
    equals what was written to the last bit of every sample; only lone surrogates, which are not
    text, come back as question marks. Nothing is ever deleted because it cannot be read.

    The SQLite file must not lie on a network file system, where its locks do not hold.
    """

    def __init__(self, database: Database) -> None:
        """Use `database`, whose schema is current; `open_store` makes sure of that."""
        self.location = database.location
        self._database = database

    def __enter__(self) -> Self:
        """Use the store in a `with` block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Release what is held; everything was committed before."""
        self._database.close()

    def begin(self, invocation: Invocation) -> None:
        """Write a run that starts now. Raises `StorageError` when its id is taken."""
        asked = normalise(invocation)
        with self._database.writing() as connection:
            if self._exists(connection, asked.id):
                raise StorageError(f"store {self.location}: run {asked.id} is already there")
            rows.insert_invocation(connection, asked, "running", None)
            series.begin_night(connection, asked)

    def add_peaks(self, run_id: str, peaks: Iterable[Peak]) -> None:
        """Add measured peaks; the same peak measured again replaces the earlier value."""
        checked = [normalise(peak) for peak in peaks]
        with self._writing_to(run_id) as connection:
            rows.insert_peaks(connection, run_id, checked)

    def add_calibrations(self, run_id: str, calibrations: Iterable[Calibration]) -> None:
        """Add what neutral sentinels took at a moment of a run."""
        checked = [normalise(each) for each in calibrations]
        with self._writing_to(run_id) as connection:
            rows.insert_calibrations(connection, run_id, checked)

    def set_earlier(self, run_id: str, earlier: Iterable[EarlierRun]) -> None:
        """Set what earlier runs of the same machine found; what was known before is forgotten."""
        checked = [normalise(each) for each in earlier]
        with self._writing_to(run_id) as connection:
            rows.insert_earlier(connection, run_id, checked)

    def add_costs(self, run_id: str, costs: Iterable[StaticCost]) -> None:
        """Add static costs; the same workload counted again replaces the earlier count."""
        checked = [normalise(cost) for cost in costs]
        with self._writing_to(run_id) as connection:
            rows.insert_costs(connection, run_id, checked)
            series.add_counted(connection, run_id, checked)

    def add_repeat(self, run_id: str, repeat: Repeat, *, replace: bool = False) -> None:
        """Add the outcome of one repeat of one planned cell.

        A repeat has one outcome: a second one raises `StorageError` unless `replace` says that
        it takes the place of the first. NaN or infinity in it raises `ValueError`.
        """
        checked = normalise(repeat)
        with self._writing_to(run_id) as connection:
            rows.insert_repeat(connection, run_id, checked, replace)
            series.add_measured(connection, run_id, checked, replace)

    def amend(self, invocation: Invocation) -> None:
        """Record that a run measured less than it began with: repeats, hash and recorded fields."""
        asked = normalise(invocation)
        with self._writing_to(asked.id) as connection:
            rows.amend_invocation(connection, asked)

    def finish(self, run_id: str, status: RunStatus, finished_at: str) -> None:
        """Record how and when the run ended (UTC, ISO 8601)."""
        self._set_status(run_id, status, finished_at)

    def resume(self, run_id: str) -> None:
        """Record that the run goes on."""
        self._set_status(run_id, "running", None)

    def add_runs(self, runs: Iterable[Run]) -> tuple[bool, ...]:
        """Add whole runs, all or none, and say of each whether it is new.

        A run that is there with the same content is left alone. Raises `BadInput` when it is
        there with other content.
        """
        checked = [normalise(run) for run in runs]
        with self._database.writing() as connection:
            return tuple(self._add_run(connection, run) for run in checked)

    def add_accuracies(self, files: Iterable[AccuracyFile]) -> tuple[bool, ...]:
        """Add files of accuracies, all or none, and say of each whether it is new.

        A file whose content is there already for its data set is left alone.
        """
        checked = [normalise(file) for file in files]
        with self._database.writing() as connection:
            return tuple(accuracies.insert_accuracies(connection, file) for file in checked)

    def accuracies(self, data_set: DataSetId) -> list[AccuracyFile]:
        """Read the files of accuracies of a data set, the earliest read first."""
        with self._database.reading() as connection:
            return list(accuracies.select_accuracies(connection, data_set))

    def runs(self) -> list[RunSummary]:
        """List the runs, newest first."""
        with self._database.reading() as connection:
            return rows.select_summaries(connection)

    def resolve(self, text: str | None) -> str:
        """Find the id that a person means: "latest" or None, an id, or a unique beginning of one.

        Raises `BadInput` with suggestions otherwise.
        """
        ids = [summary.id for summary in self.runs()]
        if not ids:
            raise BadInput(f"store {self.location} holds no runs; make one with: effprof run")
        if text is None or text == LATEST:
            return ids[0]
        return self._resolve(text, ids, "run", "effprof runs")

    def load(self, run_id: str) -> Run:
        """Read a run with every sample. Raises `BadInput` when it is not there."""
        with self._database.reading() as connection, self._undamaged(run_id):
            run = rows.select_run(connection, run_id)
        if run is None:
            raise self._unknown(run_id)
        return run

    def history(
        self,
        device: str,
        host: str,
        *,
        suite: str | None = None,
        nights: int = 365,
        until: str | None = None,
    ) -> "History":
        """Read the newest `nights` runs of a device and host with their readings, oldest first.

        `device` and `host` are those of `effprof.core.machines.place_of`; `suite` is a name, since
        a suite that grows stays the same. Runs that have not ended are left out, save `until`, the
        id of the last run to look at. Every valid measurement has a reading per metric
        (`effprof.core.metrics`), every counted cell one per exact metric at repeat 0.
        Raises `BadInput` when `until` is no run here.
        """
        from effprof.store.history import WhichNights, select_history

        which = WhichNights(device, host, suite, nights, until)
        with self._database.reading() as connection:
            if until is not None and not self._exists(connection, until):
                raise self._unknown(until)
            return select_history(connection, which)

    def absences(self, run_ids: Sequence[str]) -> "list[Absence]":
        """List the cells that these runs planned and have no valid measurement of, and why.

        A cell that has neither a measured reading nor an absence in a run was not planned there.
        """
        from effprof.store.history import select_absences

        with self._database.reading() as connection, self._undamaged(", ".join(run_ids)):
            return select_absences(connection, run_ids)

    def events(
        self,
        device: str | None = None,
        host: str | None = None,
        state: EventState | None = None,
    ) -> list[Event]:
        """List events, the newest first, of one device, host or state if given."""
        asked = {"device": device, "host": host, "state": state}
        which = {name: value for name, value in asked.items() if value is not None}
        with self._database.reading() as connection:
            return events.select_events(connection, **which)

    def save_events(self, found: Iterable[Event]) -> None:
        """Add events that are new and update the others; all or none.

        State and reason of an event that is there stay as they are: they belong to people.
        """
        checked = [events.normalised_event(event) for event in found]
        with self._database.writing() as connection:
            events.upsert_events(connection, checked)

    def resolve_event(self, text: str) -> str:
        """Find the id of the event that a person means by it or by a unique beginning of it.

        Raises `BadInput` with suggestions otherwise.
        """
        ids = [event.id for event in self.events()]
        return self._resolve(text, ids, "event", "effprof events")

    def set_event_state(
        self, event_id: str, state: EventState, reason: str, changed_at: str
    ) -> None:
        """Record what a person says of an event, and when (UTC, ISO 8601).

        Raises `BadInput` for an event that is not here.
        """
        change = EventChange(changed_at, state, normalise(reason))
        with self._database.writing() as connection:
            if connection.scalar(select(schema.event.c.id).filter_by(id=event_id)) is None:
                raise BadInput(f"no event {event_id!r} in {self.location} (see: effprof events)")
            events.change_state(connection, event_id, change)

    def event_changes(self, event_id: str) -> list[EventChange]:
        """List the states that people gave an event, oldest first."""
        with self._database.reading() as connection:
            return events.select_changes(connection, event_id)

    def _resolve(self, text: str, ids: Sequence[str], noun: str, command: str) -> str:
        found = [text] if text in ids else [each for each in ids if each.startswith(text)]
        if not found or not text:
            close = suggestion(text, [*ids, LATEST] if noun == "run" else ids)
            raise BadInput(f"no {noun} {text!r} in {self.location} (see: {command}){close}")
        if len(found) > 1:
            raise BadInput(f"{text!r} begins the id of {len(found)} {noun}s: {', '.join(found)}")
        return found[0]

    def _add_run(self, connection: Connection, run: Run) -> bool:
        run_id = run.invocation.id
        with self._undamaged(run_id):
            present = rows.select_run(connection, run_id)
        if present is not None:
            if differing := _differing(present, run):
                raise BadInput(
                    f"run {run_id} is already in {self.location} with other content"
                    f" ({differing}); nothing was imported"
                )
            return False
        rows.insert_invocation(connection, run.invocation, run.status, run.finished_at)
        rows.insert_peaks(connection, run_id, run.peaks)
        rows.insert_calibrations(connection, run_id, run.calibrations)
        rows.insert_earlier(connection, run_id, run.earlier)
        rows.insert_costs(connection, run_id, run.costs)
        for repeat in run.repeats:
            rows.insert_repeat(connection, run_id, repeat, replace=False)
        series.add_run(connection, run)
        return True

    def _set_status(self, run_id: str, status: RunStatus, finished_at: str | None) -> None:
        change = update(schema.run).filter_by(id=run_id)
        with self._writing_to(run_id) as connection:
            connection.execute(change.values(status=status, finished_at=finished_at))

    @contextmanager
    def _writing_to(self, run_id: str) -> Iterator[Connection]:
        with self._database.writing() as connection:
            if not self._exists(connection, run_id):
                raise self._unknown(run_id)
            yield connection

    @contextmanager
    def _undamaged(self, run_id: str) -> Iterator[None]:
        try:
            yield
        except (ValidationError, struct.error, KeyError) as error:
            why = explain(error) if isinstance(error, ValidationError) else repr(error)
            raise StorageError(
                f"store {self.location}: run {run_id} is damaged ({why});"
                " nothing was changed, restore the store from a copy"
            ) from error

    def _unknown(self, run_id: str) -> BadInput:
        return BadInput(f"no run {run_id!r} in {self.location} (see: effprof runs)")

    @staticmethod
    def _exists(connection: Connection, run_id: str) -> bool:
        return connection.scalar(select(schema.run.c.id).filter_by(id=run_id)) is not None


def open_store(location: str | None = None, *, create: bool = True) -> Store:
    """Open the store at a path or a database URL; None means the default one.

    The schema is created or upgraded where needed. With `create=False` a file that is not there
    raises `BadInput`. Raises `StorageError` naming the store when it cannot be used; whatever is
    there is left as it is.
    """
    database = Database(locate(location))
    if database.file is not None:
        _check_file(database.file, create)
    bring_up_to_date(database)
    return Store(database)


def _check_file(file: Path, create: bool) -> None:
    if file.exists():
        return
    if not create:
        raise BadInput(f"there is no store at {file}; effprof run makes one, --store names another")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"store {file}: its folder cannot be made: {error}") from error


def _differing(present: Run, other: Run) -> str:
    names = (field.name for field in fields(Run))
    return ", ".join(n for n in names if getattr(present, n) != getattr(other, n))
