"""One night as detection sees it: levels before it, suspects, and what was measured again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from effprof.core.errors import BadInput
from effprof.core.events import TOGETHER, Event, SeriesKey
from effprof.core.machines import place_text
from effprof.core.metrics import METRICS, metric_named
from effprof.regressions.assessment import Change
from effprof.regressions.baselines import Baseline, baseline
from effprof.regressions.changes import Found, change_at, first_shifted
from effprof.regressions.common_noise import CommonNoise, common_noise
from effprof.regressions.levels import Levels, levels_of
from effprof.regressions.null_distribution import largest_p
from effprof.regressions.policies import RECENT_NIGHTS, SAME_STEP_NIGHTS, STEPS
from effprof.regressions.series import Bools, Floats, History, Ints
from effprof.regressions.stepped_series import steps_of
from effprof.regressions.wandering import Wandering, wandering

Again = Mapping[SeriesKey, Sequence[float]]


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """The last night of a history; arrays over the noisy series, whose rows are `noisy`.

    `first` and `again` are logarithms of tonight's value and of the one measured again (NaN where
    there is none); `history` holds the latter where there is one, as no rule has selected it.
    Both, `history`, `levels` and `before` are without the noise that all cells have in `common`;
    `all_again` and `all_levels`, which are cut at the same places, are with it. `before` is the
    level before tonight, `leads` the index of one series for each cell: its step time. Sentinel
    cells are none of these where nothing else watches the machine. `wandering` tells what levels
    do of their own.
    """

    history: History
    common: CommonNoise
    noisy: Ints
    levels: Levels
    all_levels: Levels
    before: Baseline
    first: Floats
    again: Floats
    leads: Ints
    all_again: Floats
    wandering: Wandering

    @property
    def tonight(self) -> int:
        """Index of the night that is judged."""
        return len(self.history.nights) - 1

    @property
    def suspects(self) -> Bools:
        """Which noisy series are so far off that they should be measured again."""
        return self.before.suspect(self.first)

    @property
    def alarms(self) -> Bools:
        """Which suspects moved: confirmed, and further than their level goes by itself."""
        return self._confirmed & ~self._by_itself(self._confirmed)

    @property
    def wanders(self) -> Bools:
        """Which series moved, tonight or lately, but no further than they go by themselves."""
        wanders = self._by_itself(self._confirmed)
        for row, places in self._stepped_lately():
            wanders[row] |= any(self._explained(row, place) for place in places)
        return wanders

    @property
    def _confirmed(self) -> Bools:
        """Which suspects new values confirm, and few enough false ones over the night.

        The p value of a night is Student's on the nights before; that of a suspect rests on the
        mean of both its values, which a badly known level makes wrong alike.
        """
        score = self.before.score(self.first)
        both = self.before.score((self.first + self.again) / 2, takes=2)
        score = np.where(np.isfinite(both), both, score)
        judged = np.isfinite(score)
        chances = np.ones(len(score))
        chances[judged] = 2 * special.stdtr(self.before.freedom, -np.abs(score))[judged]
        few = chances <= largest_p(chances[judged])
        return self.before.confirmed(self.first, self.again) & few

    def _by_itself(self, moved: Bools) -> Bools:
        """Which of some series lie tonight where their level goes by itself."""
        usual = np.zeros_like(moved)
        for row in np.flatnonzero(moved).tolist():
            stop = int(self.levels.packed.count[row])
            usual[row] = self.wandering.explains(row, stop - 1, stop)
        return usual

    def logs_of(self, night: int) -> Floats:
        """Logarithms of the noisy series on one night."""
        return _logs(self.history.values[self.noisy, night])

    def all_of(self, night: int) -> Floats:
        """Logarithms of the noisy series on one night as first measured, common noise included."""
        logs = self.first if night == self.tonight else self.logs_of(night)
        return logs + self.common.taken[:, night]

    def change_from(self, row: int, night: int, shared: bool = False) -> Change | None:
        """Measure a step of a noisy series (a row of the history) at a night against before.

        `shared`: with what all share.
        """
        index, before, after = self._around(row, night)
        levels = self.all_levels if shared else self.levels
        values = np.exp(levels.packed.logs[index])
        return change_at(values, before.start, after.start, after.stop)

    def size_from(self, row: int, night: int) -> float:
        """Find the logarithm of a noisy series' step, what all share included.

        NaN where one side has no night.
        """
        index, before, after = self._around(row, night)
        logs = self.all_levels.packed.logs[index]
        if not len(logs[before]) or not len(logs[after]):
            return np.nan
        return float(np.median(logs[after]) - np.median(logs[before]))

    def _around(self, row: int, night: int) -> tuple[int, slice, slice]:
        index = int(np.searchsorted(self.noisy, row))
        place = int((self.levels.packed.nights[index] < night).sum())
        return index, *self.levels.segment(index, place)

    def found(self) -> list[Found]:
        """List every step that can be news tonight, oldest first, by rows."""
        noisy = [*self._slow(), *self._fast()]
        return sorted([*noisy, *self._stepped()], key=lambda each: (each.night, each.row))

    def _slow(self) -> list[Found]:
        return [
            self._step(row, place)
            for row, places in self._stepped_lately()
            for place in places
            if not self._explained(row, place)
        ]

    def _stepped_lately(self) -> list[tuple[int, list[int]]]:
        """List the rows that the slow path cuts, with the places that can still be news."""
        nights, first = self.levels.packed.nights, self.tonight - RECENT_NIGHTS
        found = self.levels.found.items()
        return [
            (row, [each for each in places if nights[row, each] >= first]) for row, places in found
        ]

    def _explained(self, row: int, place: int) -> bool:
        """Tell whether a step of the slow path is no further than its level goes by itself."""
        return self.wandering.explains(row, place, self.levels.segment(row, place)[1].stop)

    def _fast(self) -> list[Found]:
        steps = []
        packed = self.levels.packed
        for row in np.flatnonzero(self.alarms).tolist():
            if self._slow_explains(row):
                continue
            stop = int(packed.count[row])
            start = stop - 1 - int(self.before.level_nights[row])
            level = float(self.before.level[row])
            place = start + first_shifted(packed.logs[row, start:stop], level)
            new = float(np.exp(np.median(packed.logs[row, place:stop])))
            night = int(packed.nights[row, place])
            steps.append(Found(int(self.noisy[row]), night, float(np.exp(level)), new))
        return steps

    def _slow_explains(self, row: int) -> bool:
        """Whether the slow path put a step within a few nights of tonight already."""
        places = self.levels.found.get(row, ())
        late = int(self.levels.packed.count[row]) - 1 - SAME_STEP_NIGHTS
        return any(place >= late for place in places)

    def _step(self, row: int, place: int) -> Found:
        packed = self.levels.packed
        before, after = self.levels.segment(row, place)
        old, new = (float(np.exp(np.median(packed.logs[row, part]))) for part in (before, after))
        return Found(int(self.noisy[row]), int(packed.nights[row, place]), old, new)

    def _stepped(self) -> list[Found]:
        return [
            Found(int(rows[row]), night, old, new)
            for noise, policy in STEPS.items()
            for rows in (self.history.rows(noise),)
            for row, night, old, new in steps_of(self.history.values[rows], policy).steps
            if night >= self.tonight - RECENT_NIGHTS
        ]


def view_of(
    history: History, known: Sequence[Event], again: Again, sentinels: frozenset[str]
) -> View:
    """Look at the last night of a history of one device and host. Raises `BadInput` for more."""
    if len(places := {(key.device, key.host) for key in history.keys}) > 1:
        named = ", ".join(place_text(device, host) for device, host in sorted(places))
        raise BadInput(f"a night is that of one device and host, not of {named}; assess each apart")
    noisy = history.rows("noisy")
    keys = [history.keys[row] for row in noisy]
    steps = _known_steps(history, noisy, known)
    common = common_noise(history, steps)
    all_again = _logs(_medians(keys, again))
    new = _medians(history.keys, common.without(again))
    values = common.history.values.copy()
    first = _logs(values[noisy, -1])
    values[:, -1] = np.where(np.isfinite(new), new, values[:, -1])
    history = replace(history, values=values)
    levels = levels_of(values[noisy], steps)
    stayed = [event for event in known if event.recovered is None or event.state == "fixed"]
    wander = wandering(levels, [key.metric for key in keys], _known_steps(history, noisy, stayed))
    return View(
        history=history,
        common=common,
        noisy=noisy,
        levels=levels,
        all_levels=_with_noise(levels, common),
        before=baseline(levels, len(history.nights) - 1),
        first=first,
        again=_logs(new[noisy]),
        leads=_leads(keys, frozenset() if history.nights[-1].paces else sentinels),
        all_again=all_again,
        wandering=wander,
    )


def _with_noise(levels: Levels, common: CommonNoise) -> Levels:
    """Give the levels of series as they were measured."""
    if not common.factor:
        return levels
    packed = levels.packed
    nights = np.minimum(packed.nights, common.taken.shape[1] - 1)
    noise = np.take_along_axis(common.taken, nights, axis=1)
    logs = replace(packed, logs=packed.logs + noise)
    return replace(levels, packed=logs, residuals=levels.residuals + noise)


def same_kind(one: str, other: str) -> bool:
    """Tell whether two noisy metrics move for one reason: both of memory, or both of speed."""
    return (metric_named(one).quantity.unit == "B") == (metric_named(other).quantity.unit == "B")


def _known_steps(history: History, noisy: Ints, known: Sequence[Event]) -> list[tuple[int, int]]:
    """List (index among the noisy series, night) of every step that known events explain."""
    order = {night.run_id: index for index, night in enumerate(history.nights)}
    by_cell: dict[str, list[int]] = {}
    for index, row in enumerate(noisy.tolist()):
        by_cell.setdefault(history.keys[row].cell, []).append(index)
    steps = []
    for event in known:
        nights = [order[run] for run in (event.first_bad, event.recovered) if run in order]
        if event.kind in TOGETHER:
            touched = list(range(len(noisy)))
        elif event.kind == "failure":
            touched = []
        else:
            touched = [
                index
                for index in by_cell.get(event.cell, [])
                if same_kind(history.keys[int(noisy[index])].metric, event.metric)
            ]
        steps += [(index, night) for index in touched for night in nights]
    return steps


def _leads(keys: Sequence[SeriesKey], watching: frozenset[str]) -> Ints:
    """Choose for each cell that does not watch the machine the first noisy metric as presented."""
    order = {name: place for place, name in enumerate(METRICS)}
    best: dict[str, int] = {}
    for index, key in enumerate(keys):
        if key.cell in watching or key.metric not in order:
            continue
        held = best.setdefault(key.cell, index)
        if order[key.metric] < order[keys[held].metric]:
            best[key.cell] = index
    return np.array(sorted(best.values()), dtype=np.int64)


def _medians(keys: Sequence[SeriesKey], again: Again) -> Floats:
    """Median of what was measured again of each series; NaN for the others."""
    found = [again.get(key, ()) for key in keys]
    return np.array([float(np.median(values)) if len(values) else np.nan for values in found])


def _logs(values: Floats) -> Floats:
    positive = values > 0
    return np.where(positive, np.log(np.where(positive, values, 1.0)), np.nan)
