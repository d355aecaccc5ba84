"""The rates that detection must reach, lived through night by night on fixed seeds."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest

from effprof.regressions.assess import assess
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

QUIET = Noise(sigma=0.01)
OUTLYING = Noise(sigma=0.01, outliers=0.01)
NOISY = Noise(sigma=0.03)


def false_alarms(noise: Noise, series: int, seed: int) -> float:
    """Events per 1,000 series-nights in which nothing changed, each event counted once."""
    simulated = simulate(np.random.default_rng(seed), series, NIGHTS, noise)
    events, _, _ = replay(simulated, START)
    return 1000 * len(events) / (series * (NIGHTS - START))


@dataclass(frozen=True)
class Planted:
    """Steps of one size, either way, in a tenth of the series on nights of their own."""

    found: float
    named: float


def plant(noise: Noise, drop: float, seed: int, series: int = 500) -> Planted:
    """Shares of the steps found within 7 nights, and of those, named within 2 nights."""
    rng = np.random.default_rng(seed)
    hit = rng.choice(series, series // 10, replace=False)
    night = rng.integers(30, NIGHTS - 7, len(hit))
    slower = rng.random(len(hit)) < 0.5
    steps = np.ones((series, NIGHTS))
    for row, first, worse in zip(hit, night, slower, strict=True):
        steps[row, first:] = 1 / (1 - drop) if worse else 1 - drop
    events, told, _ = replay(simulate(rng, series, NIGHTS, noise, steps), START)
    off = []
    for row, first, worse in zip(hit.tolist(), night.tolist(), slower.tolist(), strict=True):
        kind = "regression" if worse else "improvement"
        own = [
            abs(int(event.first_bad.removeprefix("run")) - first)
            for event in events.values()
            if (event.cell, event.kind) == (cell_key(row), kind)
            and first <= told[event.id] <= first + 6
        ]
        off += own[:1]
    return Planted(len(off) / len(hit), float(np.mean(np.array(off) <= 2)))


@pytest.mark.parametrize(
    ("noise", "series", "most"),
    [(QUIET, 400, 1.0), (QUIET, 10, 1.0), (OUTLYING, 400, 4.0)],
    ids=["quiet", "a few quiet series", "outlier nights"],
)
def test_unchanged_series_are_left_alone(noise, series, most):
    assert false_alarms(noise, series, seed=11) <= most


@pytest.mark.parametrize(
    ("noise", "drop", "least"),
    [(QUIET, 0.03, 0.95), (QUIET, 0.05, 0.99), (OUTLYING, 0.05, 0.95), (NOISY, 0.10, 0.90)],
    ids=["3 % in 1 %", "5 % in 1 %", "5 % among outliers", "10 % in 3 %"],
)
def test_a_drop_is_found_within_seven_nights_and_its_night_is_named(noise, drop, least):
    planted = plant(noise, drop, seed=12)
    assert planted.found >= least
    assert planted.named >= 0.9


def test_a_drop_in_one_of_very_many_series_is_found():
    rng = np.random.default_rng(13)
    steps = np.ones((3000, 50))
    steps[1234, 40:] = 1.05
    events, told, _ = replay(simulate(rng, 3000, 50, QUIET, steps), 39)
    (event,) = (event for event in events.values() if event.cell == cell_key(1234))
    assert told[event.id] <= 46


def test_every_change_of_an_exact_metric_is_told_once_and_nothing_else():
    rng = np.random.default_rng(14)
    series = 300
    values = np.repeat(rng.integers(10**6, 10**9, (series, 1)), NIGHTS, axis=1).astype(float)
    planted = Counter()
    for row in range(0, series, 3):
        for first in rng.choice(np.arange(1, NIGHTS), 2, replace=False).tolist():
            values[row, first:] += rng.integers(1, 100)
            planted[cell_key(row), f"run{first:03}"] += 1
    values[rng.random(values.shape) < 0.02] = np.nan
    keys = series_keys(series, "params")
    history = History(nights_named(NIGHTS), keys, values)
    events, told, _ = replay(Nights(history, values), 1)
    assert {event.kind for event in events.values()} == {"regression"}
    found = Counter((event.cell, event.first_bad) for event in events.values())
    there = {
        (cell, run): count
        for (cell, run), count in planted.items()
        if np.isfinite(values[int(cell[11:15]), int(run[3:])])
    }
    assert there.items() <= found.items()
    assert all(told[event.id] == int(event.first_bad[3:]) for event in events.values())
    assert len(found) == sum(found.values())
    assert {cell for cell, _ in found} == {cell for cell, _ in planted}


@pytest.mark.parametrize("size", [1.05, 1.025, 1 / 1.05])
@pytest.mark.parametrize("remeasure", [True, False], ids=["measured again", "measured once"])
def test_a_shift_of_the_machine_is_one_event(size, remeasure):
    steps = np.ones((500, 50))
    steps[:, 35:] = size
    simulated = simulate(np.random.default_rng(15), 500, 50, QUIET, steps)
    events, told, last = replay(simulated, 25, remeasure=remeasure)
    (event,) = events.values()
    assert (event.kind, event.first_bad) == ("machine", "run035")
    assert event.change == pytest.approx(size - 1, abs=0.005)
    assert told[event.id] == (35 if remeasure else 37)
    assert last.counts["regression"] == last.counts["improvement"] == 0


def test_a_year_of_many_series_is_judged_in_seconds_not_minutes():
    """A tenth of 5,000 series, a tenth of five minutes on 2 cores; the benchmark does it all."""
    import time

    simulated = simulate(np.random.default_rng(16), 500, 365, QUIET)
    start = time.process_time()
    assess(simulated.history)
    assert time.process_time() - start < 30
