"""Series and events: what is followed from night to night, and the changes found in it."""

from dataclasses import dataclass, fields
from typing import Any, Literal

from effprof.core.estimates import Estimate, Method

EventKind = Literal["regression", "improvement", "machine", "software", "failure"]
EventState = Literal["new", "acknowledged", "fixed", "invalid"]

#: Kinds of what all cells did together.
TOGETHER: frozenset[EventKind] = frozenset({"machine", "software"})


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
    """A change that was found: in one series, or of all cells of a device and host.

    All cells changed by the `machine`, whose own fixed work moved too or was not timed, or by
    `software`, while that kept its pace.

    `old` and `new` are medians in the metric's unit, `change` estimates new / old - 1 (None where
    there is no ratio), `n` counts the nights on either side. `first_bad` and `last_good` are run
    ids. `cell` and `metric` are empty for an event of all cells. The id stays the
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
    change: Estimate | None
    n: tuple[int, int]
    state: EventState = "new"
    reason: str = ""
    recovered: str | None = None

    @property
    def counts_as(self) -> EventKind:
        """The kind that an exit status takes it for: software makes cells slower or faster."""
        if self.kind != "software":
            return self.kind
        return "improvement" if self.change and self.change.value < 0 else "regression"

    def plain(self) -> dict[str, Any]:
        """Give all fields as plain values, the change as `change`, `low`, `high`, null if unknown.

        It is the shape in which events are kept and told to other programs.
        """
        flat: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            flat |= plain_change(value) if field.name == "change" else {field.name: value}
        return flat


#: Nights that a side has at least where its own spread counts; with fewer both sides share one.
OWN_SPREAD_NIGHTS = 3


def change_method(n: tuple[int, int]) -> Method:
    """Tell how the interval of a change between two levels is found, by the nights of each."""
    return "pooled" if min(n) < OWN_SPREAD_NIGHTS else "welch"


def plain_change(change: Estimate | None) -> dict[str, float | None]:
    """Give a relative change as `change`, `low` and `high`; None where nothing is known."""
    if change is None:
        return {"change": None, "low": None, "high": None}
    low, high = change.interval or (None, None)
    return {"change": change.value, "low": low, "high": high}


def change_kept(
    change: float | None, low: float | None, high: float | None, n: tuple[int, int]
) -> Estimate | None:
    """Read back a relative change that is kept without its method: the nights tell that."""
    if change is None:
        return None
    if low is None or high is None:
        return Estimate.bare(change, min(n))
    return Estimate(change, low, high, change_method(n), min(n))
