"""The rates that detection must reach, lived through night by night on fixed seeds."""

import time

import numpy as np
import pytest

from effprof.regressions.assess import assess
from tests.regressions.rates import (
    Planted,
    beside_the_machine,
    exact_changes,
    false_alarms,
    machine_shift,
    plant,
)
from tests.regressions.simulated import Noise, cell_key, replay, simulate

QUIET = Noise(sigma=0.01)
OUTLYING = Noise(sigma=0.01, outliers=0.01)
NOISY = Noise(sigma=0.03)


@pytest.mark.parametrize(
    ("noise", "series", "most"),
    [(QUIET, 400, 1.0), (QUIET, 10, 1.0), (OUTLYING, 400, 4.0)],
    ids=["quiet", "a few quiet series", "outlier nights"],
)
def test_unchanged_series_are_left_alone(noise, series, most):
    assert 1000 * false_alarms(noise, series, seed=11).rate <= most


@pytest.mark.parametrize(
    ("noise", "drop", "least"),
    [(QUIET, 0.03, 0.95), (QUIET, 0.05, 0.99), (OUTLYING, 0.05, 0.95), (NOISY, 0.10, 0.90)],
    ids=["3 % in 1 %", "5 % in 1 %", "5 % among outliers", "10 % in 3 %"],
)
def test_a_drop_is_found_within_seven_nights_and_its_night_is_named(noise, drop, least):
    planted = plant(noise, drop, seed=12)
    assert planted.found.rate >= least
    assert planted.named.rate >= 0.9


#: Nights that resemble each other, or move together: (noise, most false alarms, drop, least found).
SHARED = {
    "common": (Noise(common=0.015, common_correlation=0.5), 4.0, 0.05, 0.95),
    "weekends": (Noise(weekend=0.03, loadings=0.4), 4.0, 0.05, 0.95),
    "run effects": (Noise(0.039, common=0.117, per_run=True), 4.0, 0.10, 0.85),
    "two modes": (Noise(modes=0.03), 4.0, 0.10, 0.95),
    "one in ten with two modes": (Noise(modes=0.03, wandering=0.1), 4.0, 0.05, 0.95),
    "random walk": (Noise(walk=0.003), 4.0, 0.10, 0.95),
}


@pytest.mark.parametrize(("noise", "most", "drop", "least"), SHARED.values(), ids=SHARED)
def test_nights_that_depend_on_each_other_neither_alarm_nor_hide(noise, most, drop, least):
    assert 1000 * false_alarms(noise, 150, seed=17).rate <= most
    assert plant(noise, drop, seed=18, series=300, changing=30).found.rate >= least


@pytest.mark.parametrize("share", [0.3, 0.6])
def test_a_step_of_many_cells_that_was_never_judged_is_not_taken_for_noise(share):
    steps = np.ones((50, 40))
    steps[: int(50 * share), 25:] = 1.1
    history = simulate(np.random.default_rng(21), 50, 40, QUIET, steps).history
    found = {shown.event.cell for shown in assess(history).events}
    assert found == {cell_key(row) for row in range(int(50 * share))}


def test_a_series_that_went_to_and_fro_among_quiet_ones_is_known_by_its_own_nights():
    steps = np.ones((30, 84))
    steps[3] = np.where(np.arange(84) // 6 % 2, 1.03, 1.0)
    history = simulate(np.random.default_rng(19), 30, 84, QUIET, steps).history
    assert assess(history).events == ()


@pytest.mark.parametrize("seed", [77, 116])
def test_the_noise_of_one_run_is_no_step_of_the_machine(seed):
    """Histories with a night far off, which another run the same night does not show that far."""
    noise = Noise(0.039, common=0.117, per_run=True)
    events, _, _ = replay(simulate(np.random.default_rng(seed), 30, 40, noise), 14)
    assert not [event for event in events.values() if event.kind == "machine"]


def test_a_shift_of_most_cells_is_no_change_of_the_others_the_other_way():
    steps = np.ones((50, 40))
    steps[:30, 30:] = 1.05
    events, _, _ = replay(simulate(np.random.default_rng(20), 50, 40, QUIET, steps), 28)
    assert {event.kind for event in events.values()} == {"regression"}
    assert {event.cell for event in events.values()} == {cell_key(row) for row in range(30)}


def test_a_small_drop_that_is_alone_is_found_within_seven_nights():
    """Few changes leave little room among many series: the hardest night of all."""
    planted = sum((plant(QUIET, 0.03, seed, changing=5) for seed in range(20, 28)), Planted())
    assert planted.found.rate >= 0.95


def test_a_drop_in_one_of_very_many_series_is_found():
    rng = np.random.default_rng(13)
    steps = np.ones((3000, 50))
    steps[1234, 40:] = 1.05
    events, told, _ = replay(simulate(rng, 3000, 50, QUIET, steps), 39)
    (event,) = (event for event in events.values() if event.cell == cell_key(1234))
    assert told[event.id] <= 46


def test_every_change_of_an_exact_metric_is_told_once_and_nothing_else():
    counted = exact_changes(seed=14)
    assert counted.changes > 150
    assert counted.missed == frozenset()
    assert counted.false == ()


@pytest.mark.parametrize("size", [1.05, 1.025, 1 / 1.05])
@pytest.mark.parametrize("remeasure", [True, False], ids=["measured again", "measured once"])
def test_a_shift_of_the_machine_is_one_event(size, remeasure):
    events, told, last = machine_shift(size, 15, remeasure)
    (event,) = (event for event in events.values() if event.kind == "machine")
    assert event.first_bad == "run035"
    assert event.change.value == pytest.approx(size - 1, abs=0.005)
    assert told[event.id] == (35 if remeasure else 37)
    assert beside_the_machine(events) == []
    assert len(events) <= 2, "a false alarm on another night may happen; two would be too many"
    assert last.counts["regression"] + last.counts["improvement"] == len(last.events) - 1


def judging_seconds(series: int, nights: int) -> float:
    """Processor seconds that judging the last night takes, the better of two."""
    history = simulate(np.random.default_rng(16), series, nights, QUIET).history
    taken = []
    for _ in range(2):
        start = time.process_time()
        assess(history)
        taken.append(time.process_time() - start)
    return min(taken)


@pytest.mark.quiet
@pytest.mark.parametrize(
    ("more", "times"),
    [((1000, 60), 5), ((200, 300), 25)],
    ids=["linear in series", "quadratic in nights"],
)
def test_time_grows_no_faster_than_the_distances_between_nights(more, times):
    """What keeps 5,000 series in bounds; the benchmark takes the seconds."""
    assert judging_seconds(*more) < 2 * times * judging_seconds(200, 60)
