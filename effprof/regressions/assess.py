"""The assessment of a night: every series judged, changes turned into events with a stable id."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from effprof.core.events import Event, SeriesKey
from effprof.core.methods import said_of
from effprof.regressions.assessment import Assessment, SeriesState, ShownEvent
from effprof.regressions.baselines import baseline
from effprof.regressions.bulk_shift import moved_with
from effprof.regressions.common_noise import FOLLOWS
from effprof.regressions.ledger import Ledger, ledger_of
from effprof.regressions.machine import MachineStep, bulk_tonight, machine_step
from effprof.regressions.policies import RECENT_NIGHTS
from effprof.regressions.series import History, has_value
from effprof.regressions.shown_events import Tonight, shown
from effprof.regressions.states import missing_cells, states_of
from effprof.regressions.view import Again, View, view_of

__all__ = ["Tonight", "assess", "suspects"]

#: Cells that are measured again when everything moved together, beside sentinels, and where all
#: cells share noise, beside suspects.
WITNESSES = 10


def suspects(
    history: History, known: Sequence[Event] = (), tonight: Tonight | None = None
) -> tuple[SeriesKey, ...]:
    """Name the series of the last night that should be measured again the same night.

    When everything moved together these are the sentinels, the few cells that moved most, and
    those that moved for a reason of their own. Raises `BadInput` as `assess` does.
    """
    sentinels = (tonight or Tonight()).sentinels
    view = view_of(history, known, {}, sentinels)
    chosen = set(np.flatnonzero(view.suspects).tolist())
    if (shift := bulk_tonight(view)) is not None:
        change = view.all_of(view.tonight) - baseline(view.all_levels, view.tonight).level
        chosen = {index for index in chosen if not moved_with(shift, float(change[index]))}
        far = np.where(np.isfinite(change[view.leads]), np.abs(change[view.leads]), -1.0)
        chosen |= set(view.leads[np.argsort(-far, kind="stable")[:WITNESSES]].tolist())
        keys = enumerate(view.noisy.tolist())
        chosen |= {index for index, row in keys if history.keys[row].cell in sentinels}
    elif chosen and view.common.factor:
        chosen |= set(_calm(view))
    return tuple(history.keys[int(view.noisy[index])] for index in sorted(chosen))


def _calm(view: View) -> list[int]:
    """Choose series that tell what noise all cells share when they are measured again."""
    calm = np.abs(view.before.score(view.first)[view.leads]) < 1
    calm &= view.common.loading[view.leads] > FOLLOWS
    leads = view.leads[calm]
    steady = np.argsort(view.before.sigma[leads], kind="stable")
    chosen: list[int] = leads[steady[:WITNESSES]].tolist()
    return chosen


def assess(
    history: History,
    known: Sequence[Event] = (),
    remeasured: Again | None = None,
    tonight: Tonight | None = None,
) -> Assessment:
    """Judge the last night of a history of one device and host.

    `known` are the events that were found before, in any state; `remeasured` the values of the
    processes that measured suspects again. Save the events of `events` and `recovered` afterwards:
    known ones keep their id and the state that a person gave them. Raises `BadInput` for a history
    of several devices or hosts.
    """
    tonight = tonight or Tonight()
    if not history.keys:
        return Assessment(history.nights, (), (), remarks=("no series has a value yet",))
    view = view_of(history, known, remeasured or {}, tonight.sentinels)
    ledger = ledger_of(view.common.history, known)
    found = view.found()
    if (step := machine_step(view, found, tonight.sentinels)) is not None:
        ledger.take_machine(step)
    elif (shift := bulk_tonight(view)) is not None:
        held = MachineStep(view.tonight, shift)  # found again when the machine's step is certain
        found = [each for each in found if not held.explains(each)]
    ledger.note_recoveries(view)
    ledger.take(found)
    ledger.take_failures()
    ended = _ended(history)
    opened = [
        each
        for each in ledger.events.values()
        if is_open(each) and (each.cell, each.metric, each.method) not in ended
    ]
    states = states_of(view, ledger, opened)
    by_cell: dict[str, list[SeriesState]] = {}
    for state in states:
        by_cell.setdefault(state.key.cell, []).append(state)

    earlier, last = {event.id for event in known}, history.nights[-1].run_id

    def show(event: Event) -> ShownEvent:
        found = shown(event, view, ledger, by_cell.get(event.cell, ()), tonight)
        # A night that is judged again knows its own events.
        return replace(found, new=event.id not in earlier or event.first_bad == last)

    events = sorted(map(show, opened), key=_effect, reverse=True)
    recent = [each for each in ledger.events.values() if _recently_recovered(each, ledger)]
    recovered = sorted(map(show, recent), key=_effect, reverse=True)
    missing = missing_cells(view)
    remarks = (*_begun_anew(history), *_together(view, step, ledger), *_grouped(events))
    return Assessment(history.nights, states, tuple(events), tuple(recovered), missing, remarks)


def is_open(event: Event) -> bool:
    """Tell whether an event still asks for somebody."""
    return event.state == "new" and event.recovered is None


def _recently_recovered(event: Event, ledger: Ledger) -> bool:
    night = ledger.night_of(event.recovered)
    recent = len(ledger.history.nights) - 1 - RECENT_NIGHTS
    return event.state != "invalid" and night is not None and night >= recent


def _effect(shown_event: ShownEvent) -> tuple[bool, float, str]:
    """Order events by effect size; what has none, such as a cell that stopped working, is first."""
    event = shown_event.event
    size = abs(event.change.value) if event.change else 0.0
    return event.change is None, size, event.id


def _begun_anew(history: History) -> list[str]:
    """Say which methods took the first numbers of a series tonight, and what they changed."""
    tonight = np.isfinite(history.values[:, -1])
    earlier = has_value(history.values[:, :-1], axis=1)
    before = {
        (key.cell, key.metric): key.method
        for key, there in zip(history.keys, earlier, strict=True)
        if there
    }
    begun = Counter(
        (before[key.cell, key.metric], key.method)
        for row, key in enumerate(history.keys)
        if tonight[row] and not earlier[row] and (key.cell, key.metric) in before
    )
    return [
        f"method {new} instead of {old} from tonight on: {count} of {int(tonight.sum())} series"
        f" begin anew{_because(new)}"
        for (old, new), count in sorted(begun.items())
    ]


def _ended(history: History) -> set[tuple[str, str, str]]:
    """Name (cell, metric, method) of the series whose number another method takes by now.

    They get no values any more, so what was found in them can neither recover nor be seen again.
    """
    last = {
        row: int(np.flatnonzero(there)[-1])
        for row, there in enumerate(np.isfinite(history.values))
        if there.any()
    }
    latest: dict[tuple[str, str], int] = {}
    for row, night in last.items():
        key = history.keys[row]
        latest[key.cell, key.metric] = max(night, latest.get((key.cell, key.metric), night))
    return {
        (key.cell, key.metric, key.method)
        for row, night in last.items()
        for key in [history.keys[row]]
        if night < latest[key.cell, key.metric]
    }


def _because(method: str) -> str:
    return f", since {said}" if (said := said_of(method)) else ""


def _together(view: View, step: MachineStep | None, ledger: Ledger) -> list[str]:
    shift = bulk_tonight(view)
    if shift is None:
        return []
    percent = f"{np.expm1(shift):+.1%}"
    if step is not None and step.night == view.tonight:
        kept = ", and the machine kept its pace" if step.kind == "software" else ""
        return [f"everything moved together: {percent} (median of all cells){kept}"]
    return [f"everything moved together tonight, {percent} (median of all cells): not confirmed"]


def _grouped(events: Sequence[ShownEvent]) -> list[str]:
    """Say which events began on the same night, and what else changed then."""
    groups: dict[tuple[str, str], list[ShownEvent]] = {}
    for each in events:
        if each.event.kind in ("regression", "improvement"):
            groups.setdefault((each.event.first_bad, each.event.kind), []).append(each)
    remarks = []
    for (run, kind), members in groups.items():
        if len(members) < 2:
            continue
        cells = len({each.event.cell for each in members})
        changed = [f"{name} {old} → {new}" for name, (old, new) in members[0].attributes.items()]
        cause = f", when {', '.join(changed)}" if changed else ""
        noun = "cell" if cells == 1 else "cells"
        remarks.append(f"{cells} {noun}: {kind} since {run}{cause}")
    return remarks
