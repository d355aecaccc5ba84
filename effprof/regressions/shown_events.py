"""Events with what a reader needs: numbers as of tonight, nights, attributes, roles, members."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from effprof.core.events import TOGETHER, Event, SeriesKey
from effprof.core.metrics import ROLE_PREFIX
from effprof.regressions.assessment import SeriesState, ShownEvent
from effprof.regressions.ledger import Ledger
from effprof.regressions.states import event_change
from effprof.regressions.view import View

#: A role is named when its time changed by at least this share of what the cell's step changed.
ROLE_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Tonight:
    """What the caller knows of the night beside its numbers.

    `sentinels` are the keys of the cells that watch the machine, `flags` what was wrong with
    clocks or the machine by cell, `commands` what reproduces a cell.
    """

    sentinels: frozenset[str] = frozenset()
    flags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    commands: Mapping[str, str] = field(default_factory=dict)


def shown(
    event: Event, view: View, ledger: Ledger, states: Sequence[SeriesState], tonight: Tonight
) -> ShownEvent:
    """Show an event; `states` are those of its cell, and of all cells for one of the machine."""
    step = ledger.night_of(event.first_bad)
    row = ledger.rows.get(
        SeriesKey(event.device, event.host, event.cell, event.metric, event.method)
    )
    if row is not None and (change := event_change(view, ledger, event, row)) is not None:
        event = replace(event, old=change.old, new=change.new, change=change.estimate, n=change.n)
    return ShownEvent(
        event,
        medians=_medians(event, row, view),
        step=step or 0,
        attributes=_attributes(event, view, ledger),
        roles={} if step is None else _roles(event, view, ledger, step),
        flags=tonight.flags.get(event.cell, ()),
        members=_members(event, view, states, step),
        command=tonight.commands.get(event.cell, ""),
    )


def _medians(event: Event, row: int | None, view: View) -> tuple[float | None, ...]:
    """Values of the event's series; of the machine, the median of cells over their usual level."""
    if event.kind in TOGETHER:
        values = view.history.values[view.noisy[view.leads]] * np.exp(view.common.taken[view.leads])
        there = np.isfinite(values).any(axis=1)
        with np.errstate(invalid="ignore"):
            levels = values[there] / np.nanmedian(values[there], axis=1, keepdims=True)
        nights = [levels[np.isfinite(levels[:, n]), n] for n in range(values.shape[1])]
        return tuple(float(np.median(night)) if len(night) else None for night in nights)
    if row is None:
        return (None,) * len(view.history.nights)
    return tuple(v if np.isfinite(v) else None for v in view.history.values[row].tolist())


def _attributes(
    event: Event, view: View, ledger: Ledger
) -> dict[str, tuple[str | None, str | None]]:
    good, bad = ledger.night_of(event.last_good), ledger.night_of(event.first_bad)
    if good is None or bad is None:
        return {}
    before, after = (view.history.nights[night].attributes for night in (good, bad))
    names = sorted(before.keys() | after.keys())
    pairs = {name: (before.get(name), after.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _roles(event: Event, view: View, ledger: Ledger, step: int) -> dict[str, float]:
    """Change in seconds of each role of the event's cell whose time moved, largest first."""
    if event.kind not in ("regression", "improvement"):
        return {}
    moved: dict[str, float] = {}
    for key, row in ledger.rows.items():
        if key.cell == event.cell and key.metric.startswith(ROLE_PREFIX):
            change = view.change_from(row, step)
            if change is None or change.estimate.interval is None:
                continue
            low, high = change.estimate.interval
            if low > 0 or high < 0:
                moved[key.metric.removeprefix(ROLE_PREFIX)] = change.new - change.old
    largest = max(map(abs, moved.values()), default=0.0)
    roles = sorted(moved.items(), key=lambda item: -abs(item[1]))
    return {name: seconds for name, seconds in roles if abs(seconds) >= ROLE_SHARE * largest}


def _members(
    event: Event, view: View, states: Sequence[SeriesState], step: int | None
) -> tuple[SeriesKey, ...]:
    if event.kind in TOGETHER:
        if step is None or event.change is None:
            return ()
        rows = view.noisy[view.leads].tolist()
        moved = [row for row in rows if view.size_from(row, step) * event.change.value > 0]
        return tuple(view.history.keys[row] for row in moved)
    return tuple(state.key for state in states if state.event == event.id)
