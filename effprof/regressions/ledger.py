"""The ledger of events: steps are matched with what is known, and what is left is news."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from effprof.core.estimates import Estimate
from effprof.core.events import TOGETHER, Event, EventKind, SeriesKey
from effprof.core.metrics import METRICS, ROLE_PREFIX, metric_named
from effprof.regressions.changes import Found
from effprof.regressions.machine import MachineStep
from effprof.regressions.policies import (
    MIN_SEGMENT,
    ROLE_CHANGE,
    SAME_STEP_NIGHTS,
    SLOW_CHANGE,
    SLOW_SIGMAS,
    STEPS,
)
from effprof.regressions.series import History, has_value
from effprof.regressions.view import View, same_kind

#: States in which a series may still go back to where it was.
RECOVERABLE = frozenset({"new", "fixed"})

#: A series is back when it is within this share of the change from its old level.
BACK = 0.25

#: Least nights that a noisy series must be back for, and most.
BACK_NIGHTS = (2, 7)

#: A step has faded when, over this many nights, it is below this share of the least that counts.
FADED_NIGHTS = 5
FADED = 0.25

#: Digits of an id: two events of ten thousand collide with a chance below 1 in 20,000.
ID_DIGITS = 10


@dataclass(slots=True)
class Ledger:
    """All events of one device and host by id, while a night is assessed."""

    history: History
    events: dict[str, Event]
    order: dict[str, int] = field(init=False)
    rows: dict[SeriesKey, int] = field(init=False)
    by_cell: dict[str, list[str]] = field(init=False)

    def __post_init__(self) -> None:
        """Index nights, series and events."""
        self.order = {night.run_id: index for index, night in enumerate(self.history.nights)}
        self.rows = {key: row for row, key in enumerate(self.history.keys)}
        self.by_cell = {}
        for event in self.events.values():
            self.by_cell.setdefault(event.cell, []).append(event.id)

    def night_of(self, run_id: str | None) -> int | None:
        """Find the index of a run among the nights; None for one that is older."""
        return None if run_id is None else self.order.get(run_id)

    def machine_steps(self) -> list[MachineStep]:
        """List the known steps of the machine that lie within the nights, and those back."""
        return [
            MachineStep(night, sign * float(np.log1p(event.change.value)))
            for event in self.events.values()
            if event.kind in TOGETHER and event.change is not None
            for run_id, sign in ((event.first_bad, 1), (event.recovered, -1))
            if (night := self.night_of(run_id)) is not None
        ]

    def take_machine(self, step: MachineStep) -> None:
        """Enter a step of all cells, unless it is known or takes a known one back."""
        for event in self.events.values():
            if event.kind not in TOGETHER or event.change is None:
                continue
            night, size = self.night_of(event.first_bad), float(np.log1p(event.change.value))
            if night is not None and abs(night - step.night) <= SAME_STEP_NIGHTS:
                return
            back = abs(size + step.shift) <= BACK * abs(size)
            if back and event.recovered is None and event.state in RECOVERABLE:
                self._recover(event, step.night)
                return
        key = self.history.keys[0]
        self._enter(
            step.kind,
            SeriesKey(key.device, key.host, "", "", key.method),
            step.night,
            change=float(np.expm1(step.shift)),
        )

    def take(self, found: Iterable[Found]) -> None:
        """Enter steps of series, oldest first: those that nothing known explains are news."""
        machine = self.machine_steps()
        rank = {name: place for place, name in enumerate(METRICS)}
        keys = self.history.keys
        for each in sorted(
            found, key=lambda one: (one.night, rank.get(keys[one.row].metric, len(rank)), one.row)
        ):
            key = keys[each.row]
            if metric_named(key.metric).noise == "noisy" and any(
                step.explains(each) for step in machine
            ):
                continue
            own = [
                event
                for name in self.by_cell.get(key.cell, ())
                for event in [self.events[name]]
                if event.kind in ("regression", "improvement")
            ]
            if any(self._explains(event, key, each) for event in own) or _too_small(key, each):
                continue
            self._enter(
                *("regression" if each.rises else "improvement", key, each.night),
                old=each.old,
                new=each.new,
                change=each.new / each.old - 1 if each.old else None,
            )

    def take_failures(self) -> None:
        """Enter cells that gave values on the last night that planned them and failed tonight."""
        tonight = self.history.nights[-1].run_id
        failed = [cell for run, cell in self.history.failures if run == tonight]
        for cell in sorted(set(failed) - self._failing()):
            rows = [row for row, key in enumerate(self.history.keys) if key.cell == cell]
            good = has_value(self.history.values[rows, :-1], axis=0)
            bad = [(night.run_id, cell) in self.history.failures for night in self.history.nights]
            planned = np.flatnonzero(good | np.array(bad[:-1], dtype=bool))
            if len(planned) and good[planned[-1]]:
                key = self.history.keys[rows[0]]
                place = SeriesKey(key.device, key.host, cell, "", key.method)
                self._enter("failure", place, len(self.history.nights) - 1)

    def note_recoveries(self, view: View) -> None:
        """Mark the events whose series are back at their old level by themselves.

        So is one whose step is no longer there, with all nights since: chance had brought it.
        """
        for event in list(self.events.values()):
            if event.recovered is not None or event.state not in RECOVERABLE:
                continue
            if (night := self._back_since(event)) is not None:
                self._recover(event, night)
            elif self._faded(view, event):
                self._recover(event, len(self.history.nights) - 1)

    def _faded(self, view: View, event: Event) -> bool:
        """Tell whether the nights since a noisy step say that there was none."""
        row, step = self.rows.get(_series(event)), self.night_of(event.first_bad)
        if row is None or step is None or metric_named(event.metric).noise != "noisy":
            return False
        change = view.change_from(row, step)
        if change is None or change.estimate.interval is None:
            return False
        low, high = change.estimate.interval
        sigma = float(view.before.sigma[np.searchsorted(view.noisy, row)])
        small = abs(change.relative) <= FADED * max(SLOW_CHANGE, SLOW_SIGMAS * sigma)
        return small and low < 0 < high and change.n[1] >= FADED_NIGHTS

    def _explains(self, event: Event, key: SeriesKey, found: Found) -> bool:
        """Tell whether an event stands for a step already; one that takes it back recovers it."""
        same_series = event.metric == key.metric and event.method == key.method
        noise = metric_named(key.metric).noise
        kin = noise == "noisy" == metric_named(event.metric).noise
        if not same_series and not (kin and same_kind(event.metric, key.metric)):
            return False
        room = SAME_STEP_NIGHTS if noise == "noisy" else 0
        began, ended = self.night_of(event.first_bad), self.night_of(event.recovered)
        near = began is not None and abs(began - found.night) <= room
        if (event.kind == "regression") == found.rises:
            return near
        if event.recovered is not None:
            return ended is not None and abs(ended - found.night) <= room
        if not same_series or event.state not in RECOVERABLE or not _is_back(event, found.new):
            return False
        self._recover(event, found.night)
        return True

    def _back_since(self, event: Event) -> int | None:
        """Find the night from which on a series is back, if it is."""
        if event.kind == "failure":
            rows = [row for row, key in enumerate(self.history.keys) if key.cell == event.cell]
            there = np.isfinite(self.history.values[rows, -1])
            return len(self.history.nights) - 1 if there.any() else None
        row = self.rows.get(_series(event))
        if row is None or event.old is None or event.new is None:
            return None
        values = self.history.values[row]
        began = self.night_of(event.first_bad)
        nights = np.flatnonzero(np.isfinite(values))
        nights = nights[nights > began] if began is not None else nights
        needed = 1 if metric_named(event.metric).noise != "noisy" else _nights_back(values, event)
        if len(nights) < needed:
            return None
        last = values[nights[-needed:]]
        halfway = (event.old + event.new) / 2
        nearer = bool(np.all((last > halfway) == (event.old > halfway)))
        return int(nights[-needed]) if nearer and _is_back(event, float(last.mean())) else None

    def _failing(self) -> set[str]:
        return {
            event.cell
            for event in self.events.values()
            if event.kind == "failure" and event.recovered is None and event.state != "invalid"
        }

    def _recover(self, event: Event, night: int) -> None:
        self.events[event.id] = replace(event, recovered=self.history.nights[night].run_id)

    def _enter(
        self,
        kind: EventKind,
        key: SeriesKey,
        night: int,
        old: float | None = None,
        new: float | None = None,
        change: float | None = None,
    ) -> None:
        nights = self.history.nights
        first_bad = nights[night].run_id
        text = "\n".join([kind, key.device, key.host, key.cell, key.metric, key.method, first_bad])
        event = Event(
            id=hashlib.sha256(text.encode()).hexdigest()[:ID_DIGITS],
            kind=kind,
            **{name: getattr(key, name) for name in ("device", "host", "cell", "metric", "method")},
            first_bad=first_bad,
            last_good=self._last_good(key, night),
            old=old,
            new=new,
            change=None if change is None else Estimate.bare(change, 0),
            n=(0, 0),
        )
        self.events[event.id] = event
        self.by_cell.setdefault(event.cell, []).append(event.id)

    def _last_good(self, key: SeriesKey, night: int) -> str | None:
        """Name the last night before a step that has a value of the series, or of the cell."""
        rows = [
            row
            for row, own in enumerate(self.history.keys)
            if (not key.cell or own.cell == key.cell) and (not key.metric or own == key)
        ]
        before = np.flatnonzero(np.isfinite(self.history.values[rows, :night]).any(axis=0))
        return self.history.nights[before[-1]].run_id if len(before) else None


def ledger_of(history: History, known: Sequence[Event]) -> Ledger:
    """Open the ledger of a night with the events that are known."""
    return Ledger(history, {event.id: event for event in known})


def _too_small(key: SeriesKey, found: Found) -> bool:
    """Tell whether a role's time moved by less than is news by itself."""
    alone = key.metric.startswith(ROLE_PREFIX)
    return alone and abs(found.new / found.old - 1) < ROLE_CHANGE


def _series(event: Event) -> SeriesKey:
    return SeriesKey(event.device, event.host, event.cell, event.metric, event.method)


def _is_back(event: Event, value: float) -> bool:
    if event.old is None or event.new is None:
        return False
    policy = STEPS.get(metric_named(event.metric).noise)
    if policy is not None:
        return not bool(policy.moved(np.array(value), np.array(event.old)))
    return abs(value - event.old) <= BACK * abs(event.new - event.old)


def _nights_back(values: np.ndarray, event: Event) -> int:
    """How many nights tell that a noisy series is back: the smaller the step, the more.

    Their mean then lies 4.5 standard deviations from where chance alone could bring it: n nights,
    three quarters of a change of s standard deviations, 0.75 s sqrt(n) = 4.5.
    """
    there = values[np.isfinite(values) & (values > 0)]
    if len(there) < MIN_SEGMENT or not event.old or not event.new:
        return BACK_NIGHTS[1]
    noise = np.abs(np.diff(np.log(there)))
    sigma = float(np.median(noise)) * 1.4826 / np.sqrt(2)
    size = abs(float(np.log(event.new / event.old))) / max(sigma, 1e-9)
    return int(np.clip(np.ceil((4.5 / (1 - BACK) / max(size, 1e-9)) ** 2), *BACK_NIGHTS))
