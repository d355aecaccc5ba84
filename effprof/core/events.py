"""Series and events: what is followed from night to night, and the changes found in it."""

from dataclasses import dataclass
from typing import Literal

EventKind = Literal["regression", "improvement", "machine", "failure"]
EventState = Literal["new", "acknowledged", "fixed", "invalid"]


@dataclass(frozen=True, slots=True, order=True)
class SeriesKey:
    """What makes two numbers of different nights comparable.

    Versions of the driver, torch or the project are attributes of the night, never part of the key:
    they are what may have caused a change. `metric` is a name of `effprof.core.metrics.METRICS`, or
    `role_seconds:ROLE`; `method` the version of the way numbers are taken.
    """

    device: str
    host: str
    cell: str
    metric: str
    method: str


@dataclass(frozen=True, slots=True)
class Event:
    """A change that was found: in one series, or (kind `machine`) of a whole device and host.

    `old` and `new` are medians in the metric's unit, `change` is new / old - 1 with its 95 %
    interval (None where none can be given), `n` the nights on either side. `first_bad` and
    `last_good` are run ids. `cell` and `metric` are empty for a machine event. The id stays the
    same for as long as the event does; `reason` is what a person said when setting the state.
    """

    id: str
    kind: EventKind
    device: str
    host: str
    cell: str
    metric: str
    method: str
    first_bad: str
    last_good: str | None
    old: float | None
    new: float | None
    change: float | None
    low: float | None
    high: float | None
    n: tuple[int, int]
    state: EventState = "new"
    reason: str = ""
    recovered: str | None = None
