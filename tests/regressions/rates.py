"""Rates of detection, counted night after night: for the tests, and for the benchmark."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from effprof.core.events import Event
from effprof.regressions.assessment import Assessment
from effprof.regressions.policies import SAME_STEP_NIGHTS
from effprof.regressions.series import History
from tests.regressions.simulated import (
    Nights,
    Noise,
    cell_key,
    nights_named,
    replay,
    series_keys,
    simulate,
)

NIGHTS = 60

#: The first night that can be judged: eleven are before it.
START = 11

#: A change counts as found when it is told on one of so many nights, its own first.
FOUND_WITHIN = 7

#: A night counts as named when the event begins at most so many nights off.
NAMED_WITHIN = 2

#: First night of a change: the level before it is known well.
EARLIEST = 30


@dataclass(frozen=True)
class Tally:
    """Some of many; tallies of several histories add up."""

    some: int = 0
    many: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.some + other.some, self.many + other.many)

    @property
    def rate(self) -> float:
        return self.some / self.many


@dataclass(frozen=True)
class Planted:
    """Of the planted steps those that were found, and of these those whose night was named."""

    found: Tally = Tally()
    named: Tally = Tally()

    def __add__(self, other: "Planted") -> "Planted":
        return Planted(self.found + other.found, self.named + other.named)


@dataclass(frozen=True)
class Counted:
    """Changes of an exact metric that were not told at once, and events that no change explains."""

    changes: int
    missed: frozenset[tuple[str, str]]
    false: tuple[tuple[str, str], ...]


def false_alarms(noise: Noise, series: int, seed: int) -> Tally:
    """Events among series-nights in which nothing changed, each event counted once."""
    simulated = simulate(np.random.default_rng(seed), series, NIGHTS, noise)
    events, _, _ = replay(simulated, START)
    return Tally(len(events), series * (NIGHTS - START))


def plant(noise: Noise, drop: float, seed: int, series: int = 500, changing: int = 50) -> Planted:
    """Change some of the series by `drop`, either way, each on a night of its own."""
    rng = np.random.default_rng(seed)
    hit = rng.choice(series, changing, replace=False)
    night = rng.integers(EARLIEST, NIGHTS - FOUND_WITHIN, len(hit))
    slower = rng.random(len(hit)) < 0.5
    steps = np.ones((series, NIGHTS))
    for row, first, worse in zip(hit, night, slower, strict=True):
        steps[row, first:] = 1 / (1 - drop) if worse else 1 - drop
    events, told, _ = replay(simulate(rng, series, NIGHTS, noise, steps), START)
    off = []
    for row, first, worse in zip(hit.tolist(), night.tolist(), slower.tolist(), strict=True):
        kind = "regression" if worse else "improvement"
        own = [
            abs(night_of(event) - first)
            for event in events.values()
            if (event.cell, event.kind) == (cell_key(row), kind)
            and first <= told[event.id] < first + FOUND_WITHIN
        ]
        off += own[:1]
    named = sum(nights <= NAMED_WITHIN for nights in off)
    return Planted(Tally(len(off), len(hit)), Tally(named, len(off)))


def exact_changes(seed: int, series: int = 300) -> Counted:
    """Change a third of the series of an exact metric twice, with 2 % of all nights missing."""
    rng = np.random.default_rng(seed)
    values = np.repeat(rng.integers(10**6, 10**9, (series, 1)), NIGHTS, axis=1).astype(float)
    for row in range(0, series, 3):
        for first in rng.choice(np.arange(1, NIGHTS), 2, replace=False).tolist():
            values[row, first:] += rng.integers(1, 100)
    values[rng.random(values.shape) < 0.02] = np.nan
    history = History(nights_named(NIGHTS), series_keys(series, "params"), values)
    events, told, _ = replay(Nights(history, values), 1)
    expected = {(cell_key(row), f"run{night:03}") for row, night in _changes(values)}
    found = Counter((event.cell, event.first_bad) for event in events.values())
    late = {
        (event.cell, event.first_bad)
        for event in events.values()
        if told[event.id] != night_of(event)
    }
    false = tuple((found - Counter(expected)).elements())
    return Counted(len(expected), frozenset(expected - (found.keys() - late)), false)


def machine_shift(
    size: float, seed: int, remeasure: bool = True, series: int = 500
) -> tuple[dict[str, Event], dict[str, int], Assessment]:
    """Multiply all series by `size` from the 36th of fifty nights on, and live through them."""
    steps = np.ones((series, 50))
    steps[:, 35:] = size
    simulated = simulate(np.random.default_rng(seed), series, 50, Noise(), steps)
    return replay(simulated, 25, remeasure=remeasure)


def beside_the_machine(events: dict[str, Event]) -> list[Event]:
    """Events of single series that begin where the machine's do: it should explain them."""
    machine = [night_of(event) for event in events.values() if event.kind == "machine"]
    return [
        event
        for event in events.values()
        if event.kind != "machine"
        and any(abs(night_of(event) - night) <= SAME_STEP_NIGHTS for night in machine)
    ]


def night_of(event: Event) -> int:
    return int(event.first_bad.removeprefix("run"))


def _changes(values: np.ndarray) -> list[tuple[int, int]]:
    """Row and night of every value that differs from the one before it, gaps left out."""
    found = []
    for row, nights in enumerate(values):
        there = np.flatnonzero(np.isfinite(nights)).tolist()
        found += [(row, now) for then, now in pairwise(there) if nights[now] != nights[then]]
    return found
