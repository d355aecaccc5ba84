"""The assessment of a night: the state of every series, and the events, ready to be shown.

It is what the pages of a night are rendered from, and its JSON twin.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from effprof.analysis.split import Cause
from effprof.core.estimates import Estimate
from effprof.core.events import Event, SeriesKey
from effprof.core.metrics import ROLE_PREFIX
from effprof.core.runs import Work
from effprof.regressions.reasons import SeriesReason

State = Literal[
    "regression", "improvement", "ok", "suspicious", "cannot tell", "not comparable", "missing"
]


#: The metric that the times of roles are parts of.
STEP_METRIC = "step_seconds"


@dataclass(frozen=True, slots=True)
class Night:
    """One run of a nightly suite: `attributes` are both parts of its fingerprint, by field.

    `paces` maps the works of neutral sentinels to the seconds of a unit; runs of before have none.
    """

    run_id: str
    started_at: str
    attributes: Mapping[str, str]
    paces: Mapping[Work, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """Old and new median of a series, the estimate of new / old - 1, nights on each side."""

    old: float
    new: float
    estimate: Estimate
    n: tuple[int, int]

    @property
    def relative(self) -> float:
        """New / old - 1."""
        return self.estimate.value


@dataclass(frozen=True, slots=True)
class SeriesState:
    """Where one series stands tonight.

    `reason` says why it could not be judged, or that an event explains it: `event` is its id.
    """

    key: SeriesKey
    state: State
    change: Change | None = None
    reason: SeriesReason | None = None
    event: str = ""


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """An event with what a reader needs to act on it.

    `medians` holds the value of each night of the assessment (None where there was none), `step`
    the index of the first bad night. `attributes` maps each field of the fingerprint that changed
    at the step to (before, after); `roles` the change in seconds of each role whose time moved,
    largest first; `flags` what was wrong with clocks or the machine; `members` the series of a
    group that moved together. `command` reproduces the cell. `causes` say how many times as long
    the whole step of the cell takes for each, where profiles of nights before and since are there.
    `new` tells that no night before this one found it.
    """

    event: Event
    medians: tuple[float | None, ...]
    step: int
    attributes: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)
    roles: Mapping[str, float] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    members: tuple[SeriesKey, ...] = ()
    command: str = ""
    causes: Mapping[Cause, Estimate] = field(default_factory=dict)
    new: bool = False


@dataclass(frozen=True, slots=True)
class Assessment:
    """One night against its history: nights oldest first, the last one is tonight.

    `events` are those that are open tonight, by effect size; `recovered` those that went back.
    `missing` maps cells that earlier nights had and tonight lacks to the reason. `remarks` say in
    words what holds for the whole night ("everything moved together").
    """

    nights: tuple[Night, ...]
    series: tuple[SeriesState, ...]
    events: tuple[ShownEvent, ...]
    recovered: tuple[ShownEvent, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @property
    def new(self) -> tuple[ShownEvent, ...]:
        """The open events that no night before found."""
        return tuple(each for each in self.events if each.new)

    @property
    def still_open(self) -> tuple[ShownEvent, ...]:
        """The open events that an earlier night found."""
        return tuple(each for each in self.events if not each.new)

    @property
    def recovered_tonight(self) -> tuple[ShownEvent, ...]:
        """The events that went back tonight."""
        tonight = self.nights[-1].run_id if self.nights else None
        return tuple(each for each in self.recovered if each.event.recovered == tonight)

    def step_of(self, shown: ShownEvent) -> SeriesState | None:
        """Find the whole step of the cell of an event that was found in one of its roles."""
        event = shown.event
        if not event.metric.startswith(ROLE_PREFIX):
            return None
        steps = (each for each in self.series if each.key.metric == STEP_METRIC and each.change)
        return next((each for each in steps if each.key.cell == event.cell), None)

    @property
    def counts(self) -> dict[State, int]:
        """How many series are in each state, all states named."""
        order: tuple[State, ...] = State.__args__  # type: ignore[attr-defined]
        return {state: sum(each.state == state for each in self.series) for state in order}
