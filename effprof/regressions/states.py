"""Where every series stands tonight."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from effprof.core.estimates import Estimate
from effprof.core.events import TOGETHER, Event, SeriesKey
from effprof.core.metrics import metric_named
from effprof.core.reasons import reason_of
from effprof.regressions.assessment import Change, SeriesState, State
from effprof.regressions.bulk_shift import moved_with
from effprof.regressions.changes import CONFIDENCE
from effprof.regressions.ledger import Ledger
from effprof.regressions.policies import MIN_NIGHTS, MIN_SEGMENT, SLOW_CHANGE, SLOW_SIGMAS
from effprof.regressions.reasons import OF_SERIES, SeriesReason, SeriesReasonId
from effprof.regressions.series import Floats, has_value
from effprof.regressions.view import View, same_kind

#: A series without a value tonight is missed when it had one this many nights back; later it is
#: taken to have left the suite.
MISSED_NIGHTS = 7

#: The metric that speaks for the speed of a cell.
STEP = "step_seconds"


@dataclass(frozen=True, slots=True, eq=False)
class _Room:
    """What all series of a night are judged by; arrays over the noisy series, by row in `index`."""

    view: View
    ledger: Ledger
    index: dict[int, int]
    change: Floats
    low: Floats
    high: Floats
    suspect: list[bool]
    alarm: list[bool]
    wanders: list[bool]
    again: list[bool]
    told: list[bool]
    open_events: dict[str, list[Event]]
    siblings: dict[tuple[str, str], list[str]]


def states_of(view: View, ledger: Ledger, opened: Sequence[Event]) -> tuple[SeriesState, ...]:
    """Tell the state of every series that has a value tonight or should have one."""
    room = _room(view, ledger, opened)
    values = view.history.values
    recent = has_value(values[:, -1 - MISSED_NIGHTS :], axis=1)
    tonight = np.isfinite(values[:, -1])
    failed = {cell for run, cell in view.history.failures if run == _run(view)}
    keys = view.history.keys
    now = {(key.cell, key.metric) for key, there in zip(keys, tonight, strict=True) if there}
    states = []
    for row, key in enumerate(keys):
        if tonight[row]:
            states.append(_state(room, row, key))
        elif (key.cell, key.metric) in now:
            continue  # another method took the number tonight: this series has ended
        elif recent[row] or (key.cell in failed and np.isfinite(values[row]).any()):
            said = view.history.failures.get((_run(view), key.cell))
            why = _because("failed", said=said) if said else _because("no_value")
            states.append(SeriesState(key, "missing", reason=why))
    return tuple(states)


def missing_cells(view: View) -> dict[str, str]:
    """Map the cells that earlier nights had and tonight lacks to the reason."""
    values, failures = view.history.values, view.history.failures
    recent = has_value(values[:, -1 - MISSED_NIGHTS : -1], axis=1)
    tonight = np.isfinite(values[:, -1])
    measured = {key.cell for key, there in zip(view.history.keys, tonight, strict=True) if there}
    had = {key.cell for key, there in zip(view.history.keys, recent, strict=True) if there}
    ever = {key.cell for key in view.history.keys}
    failed = {cell for run, cell in failures if run == _run(view) and cell in ever}
    return {
        cell: failures.get((_run(view), cell), "not planned tonight")
        for cell in sorted((had | failed) - measured)
    }


def _run(view: View) -> str:
    return view.history.nights[-1].run_id


def _room(view: View, ledger: Ledger, opened: Sequence[Event]) -> _Room:
    before = view.before
    logs = view.logs_of(view.tonight)
    error = before.sigma * np.sqrt(1 + 1 / np.maximum(before.level_nights, 1))
    reach = special.stdtrit(before.freedom, (1 + CONFIDENCE) / 2) * error
    distance = logs - before.level
    open_events: dict[str, list[Event]] = {}
    for event in opened:
        open_events.setdefault(event.cell, []).append(event)
    siblings: dict[tuple[str, str], list[str]] = {}
    for key in view.history.keys:
        siblings.setdefault((key.cell, key.metric), []).append(key.method)
    return _Room(
        view=view,
        ledger=ledger,
        index={row: index for index, row in enumerate(view.noisy.tolist())},
        change=np.expm1(distance),
        low=np.expm1(distance - reach),
        high=np.expm1(distance + reach),
        suspect=view.suspects.tolist(),
        alarm=view.alarms.tolist(),
        wanders=view.wanders.tolist(),
        again=np.isfinite(view.all_again).tolist(),
        told=before.told.tolist(),
        open_events=open_events,
        siblings=siblings,
    )


def _state(room: _Room, row: int, key: SeriesKey) -> SeriesState:
    for event in (*room.open_events.get(key.cell, ()), *room.open_events.get("", ())):
        if (change := _change_by(room, event, row, key)) is not None:
            state: State = "regression" if change.relative > 0 else "improvement"
            return SeriesState(key, state, change, _because("event", event=event.id), event.id)
    index = room.index.get(row)
    return _counted(room, row, key) if index is None else _noisy(room, row, index, key)


def _counted(room: _Room, row: int, key: SeriesKey) -> SeriesState:
    if not np.isfinite(room.view.history.values[row, :-1]).any():
        return _unjudged(room, row, key, 0, 1)
    return SeriesState(key, "ok")


def _noisy(room: _Room, row: int, index: int, key: SeriesKey) -> SeriesState:
    before = room.view.before
    earlier = int(before.earlier[index])
    if earlier + 1 < MIN_NIGHTS:
        return _unjudged(room, row, key, earlier, MIN_NIGHTS - 1)
    if not room.told[index]:
        return _since_step(room, key, int(before.level_nights[index]))
    old = float(np.exp(before.level[index]))
    nights = int(before.level_nights[index])
    relative, low, high = (float(each[index]) for each in (room.change, room.low, room.high))
    change = Change(
        old=old,
        new=old * (1 + relative),
        estimate=Estimate(relative, low, high, "prediction", nights),
        n=(nights, 1),
    )
    carried = room.suspect[index] and same_kind(key.metric, STEP)
    if carried and (moved := _all_moved(room, {_run(room.view)})) is not None:
        return SeriesState(key, "not comparable", reason=moved)
    unconfirmed = room.suspect[index] and not room.alarm[index]
    state: State = "suspicious" if unconfirmed else "ok"
    if room.wanders[index]:
        return SeriesState(key, state, change, _because("wanders"))
    if not unconfirmed:
        return SeriesState(key, state, change)
    why = _because("not_confirmed" if room.again[index] else "not_measured_again")
    return SeriesState(key, state, change, why)


def _unjudged(room: _Room, row: int, key: SeriesKey, earlier: int, needed: int) -> SeriesState:
    others = [name for name in room.siblings[key.cell, key.metric] if name != key.method]
    if not earlier and others:
        why = _because("other_method", method=key.method, others=", ".join(others))
        return SeriesState(key, "not comparable", reason=why)
    why = _because("few_nights", there=earlier + 1, needed=needed + 1)
    return SeriesState(key, "cannot tell", reason=why)


def _since_step(room: _Room, key: SeriesKey, nights: int) -> SeriesState:
    lately = {night.run_id for night in room.view.history.nights[-1 - MIN_SEGMENT :]}
    if (moved := _all_moved(room, lately)) is not None:
        return SeriesState(key, "not comparable", reason=moved)
    why = _because("few_nights_since_step", there=nights, needed=MIN_SEGMENT)
    return SeriesState(key, "cannot tell", reason=why)


def _all_moved(room: _Room, runs: set[str]) -> SeriesReason | None:
    """Say that all cells moved on one of some nights, if they did."""
    for event in room.ledger.events.values():
        if event.kind in TOGETHER and {event.first_bad, event.recovered} & runs:
            moved: SeriesReasonId = "machine_moved" if event.kind == "machine" else "all_moved"
            return _because(moved, event=event.id)
    return None


def _because(reason: SeriesReasonId, **values: object) -> SeriesReason:
    return reason_of(OF_SERIES, reason, **values)


def _change_by(room: _Room, event: Event, row: int, key: SeriesKey) -> Change | None:
    """Measure what an open event changed in a series; None where it changed nothing.

    The machine's step is no change of what is measured.
    """
    if event.kind in TOGETHER:
        return _change_with(room, event, row, key) if event.kind == "software" else None
    if (event.metric, event.method) == (key.metric, key.method):
        return event_change(room.view, room.ledger, event, row)
    step = room.ledger.night_of(event.first_bad)
    if row not in room.index or not event.metric or step is None or not _kin(event, key):
        return None
    change = room.view.change_from(row, step)
    if change is None or (change.relative > 0) != (event.kind == "regression"):
        return None
    sigma = float(room.view.before.sigma[room.index[row]])
    return change if abs(change.relative) >= max(SLOW_CHANGE, SLOW_SIGMAS * sigma) else None


def _change_with(room: _Room, event: Event, row: int, key: SeriesKey) -> Change | None:
    """Measure what software did to a series of speed; None where that moved otherwise."""
    step = room.ledger.night_of(event.first_bad)
    speed = row in room.index and same_kind(key.metric, STEP)
    if not speed or step is None or event.change is None:
        return None
    change = room.view.change_from(row, step, shared=True)
    if change is None or abs(change.relative) < SLOW_CHANGE:
        return None
    shift = float(np.log1p(event.change.value))
    return change if moved_with(shift, float(np.log1p(change.relative))) else None


def event_change(view: View, ledger: Ledger, event: Event, row: int) -> Change | None:
    """Measure an event in its own series, as of tonight; None for one that has no ratio.

    A metric without noise, or a step older than the nights, keeps what was found first.
    """
    step = ledger.night_of(event.first_bad)
    noisy = metric_named(event.metric).noise == "noisy"
    if noisy and step is not None and (change := view.change_from(row, step)) is not None:
        return change
    if event.old is None or event.new is None or event.change is None:
        return None
    values = view.history.values[row]
    here = step if step is not None else 0
    n = int(np.isfinite(values[:here]).sum()), int(np.isfinite(values[here:]).sum())
    return Change(event.old, event.new, event.change, n)


def _kin(event: Event, key: SeriesKey) -> bool:
    both_noisy = metric_named(key.metric).noise == "noisy" == metric_named(event.metric).noise
    return both_noisy and same_kind(event.metric, key.metric)
