"""Events to rows and back, inside a transaction that the caller owns."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, insert, select, update

from effprof.core.events import Event, EventState, change_kept, plain_change
from effprof.store import schema
from effprof.store.codec import normalise

#: Columns that belong to people: what a detector finds anew leaves them as they are.
SET_BY_PEOPLE = frozenset({"state", "reason"})

_PLAIN = tuple(field.name for field in fields(Event) if field.name not in ("n", "change"))


class EventChange(NamedTuple):
    """A state that a person gave an event: when (UTC, ISO 8601), which, and why."""

    changed_at: str
    state: EventState
    reason: str


@dataclass(frozen=True, slots=True)
class _KeptChange:
    """A relative change as it is kept; the ends are None where none can be given."""

    change: float | None
    low: float | None
    high: float | None


def normalised_event(event: Event) -> Event:
    """Return an event as it will be read back; raises as `effprof.store.codec.normalise` does."""
    kept = normalise(_KeptChange(**plain_change(event.change)))
    change = change_kept(kept.change, kept.low, kept.high, event.n)
    return replace(normalise(replace(event, change=None)), change=change)


def upsert_events(connection: Connection, events: Iterable[Event]) -> None:
    """Insert new events and update known ones, save for what people set."""
    table = schema.event
    known = set(connection.scalars(select(table.c.id)))
    for event in events:
        columns = _columns(event)
        if event.id in known:
            found = {name: value for name, value in columns.items() if name not in SET_BY_PEOPLE}
            connection.execute(update(table).filter_by(id=event.id).values(found))
        else:
            connection.execute(insert(table), columns)
            known.add(event.id)


def select_events(connection: Connection, **which: str) -> list[Event]:
    """Read events whose columns equal `which`, newest first."""
    table = schema.event
    newest = (table.c.first_bad.desc(), table.c.id)
    rows = connection.execute(select(table).filter_by(**which).order_by(*newest))
    return [_event(row) for row in rows]


def change_state(connection: Connection, event_id: str, change: EventChange) -> None:
    """Set state and reason of an event, and remember when."""
    values = {"state": change.state, "reason": change.reason}
    connection.execute(update(schema.event).filter_by(id=event_id).values(values))
    connection.execute(
        insert(schema.event_change),
        values | {"event_id": event_id, "changed_at": change.changed_at},
    )


def select_changes(connection: Connection, event_id: str) -> list[EventChange]:
    """Read the states that people gave an event, oldest first."""
    table = schema.event_change
    rows = connection.execute(select(table).filter_by(event_id=event_id).order_by(table.c.id))
    return [EventChange(row.changed_at, row.state, row.reason) for row in rows]


def _columns(event: Event) -> dict[str, Any]:
    plain = event.plain()
    before, after = plain.pop("n")
    return plain | {"nights_before": before, "nights_after": after}


def _event(row: Row[tuple[object, ...]]) -> Event:
    plain = {name: getattr(row, name) for name in _PLAIN}
    n = row.nights_before, row.nights_after
    return Event(**plain, change=change_kept(row.change, row.low, row.high, n), n=n)
