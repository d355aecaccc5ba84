"""The table of events: what changed where and when, and what people say of it."""

from collections.abc import Iterable

from effprof.core.events import Event
from effprof.core.machines import place_text
from effprof.report.changes import CHANGE, change_text, metric_label
from effprof.report.tables.cells import Written
from effprof.report.tables.table import Column, Field, Table


def events_table(events: Iterable[Event]) -> Table:
    """Make the table of events, one row each."""
    return Table.of(_FIELDS, events)


def _where(event: Event) -> str:
    return event.cell or place_text(event.device, event.host)


def _state(event: Event) -> str:
    return f"{event.state}, recovered" if event.recovered else event.state


_FIELDS: tuple[Field[Event], ...] = (
    Field(Column("event", align="left"), lambda event: event.id),
    Field(Column("kind", align="left"), lambda event: event.kind),
    Field(Column("cell", align="left"), _where),
    Field(Column("metric", align="left", rank=1), lambda event: metric_label(event.metric)),
    Field(CHANGE, lambda event: Written(event.change, change_text) if event.change else None),
    Field(Column("first bad", align="left"), lambda event: event.first_bad),
    Field(Column("state", align="left"), _state),
    Field(Column("why", align="left", rank=2), lambda event: event.reason),
)
