"""How often does detection cry wolf, how much does it find, and how long does a night take?

Simulated nights are judged one by one, each with the history up to it, suspects measured again, as
`effprof nightly` does; an event counts once. Every start draws fresh seeds (`--seed` repeats one).
`--calibrate` prints the table of `effprof.regressions.null_distribution` anew.
"""

import argparse
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tabulate import tabulate

# The simulation is the tests'. At the end of the path, so that an installed effprof comes first.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from effprof.regressions.assess import assess
from effprof.regressions.null_distribution import QUANTILES, TAILS
from tests.regressions.rates import (
    FOUND_WITHIN,
    NAMED_WITHIN,
    Planted,
    Tally,
    beside_the_machine,
    exact_changes,
    false_alarms,
    machine_shift,
    plant,
)
from tests.regressions.simulated import Noise, best_null_splits, simulate

#: Least share of found steps of 5 % whose night is named.
LEAST_NAMED = 0.9
NAMED_DROP = 0.05

#: Nights -> seconds that judging one of `MANY` series may take on 2 cores.
MANY = 5000
GOALS = {60: 60.0, 365: 300.0}

#: Values that are drawn for a row of the table of chances, and the series that it has at most.
CALIBRATING_VALUES = 12_000_000
MOST_SERIES, LEAST_SERIES = 400_000, 40_000


@dataclass(frozen=True)
class Scenario:
    """Nights of one kind: the most false alarms, and drops with the least share to be found.

    None where nobody has said what is wanted: the numbers stand there to be known.
    """

    name: str
    noise: Noise
    most_alarms: float | None = None
    drops: Mapping[float, float | None] = field(default_factory=dict)


SCENARIOS = (
    Scenario("quiet: 1 % noise", Noise(0.01), 1.0, {0.03: 0.95, 0.05: 0.99}),
    Scenario("noisy: 3 %", Noise(0.03), 4.0, {0.10: 0.90}),
    Scenario("outliers: 1 %, and 1 % of nights 8-25 % off", Noise(0.01, 0.01), 4.0, {0.05: 0.95}),
    Scenario("autocorrelated: 1 %, AR 0.5", Noise(0.01, correlation=0.5), 4.0, {0.05: None}),
    Scenario("drift: 1 %, 0.02 % a night", Noise(0.01, drift=0.0002), 4.0, {0.05: None}),
    Scenario(
        "common: 1 %, and 1.5 % shared by all, AR 0.5",
        Noise(0.01, common=0.015, common_correlation=0.5),
        4.0,
        {0.05: 0.95},
    ),
    Scenario(
        "weekends: 1 %, 3 % slower with loadings 1 ± 0.4",
        Noise(0.01, weekend=0.03, loadings=0.4),
        4.0,
        {0.05: None},
    ),
    Scenario(
        "run effects as measured: 3.9 %, and 11.7 % a run shared by all",
        Noise(0.039, common=0.117, per_run=True),
        4.0,
        {0.10: 0.85},
    ),
    Scenario(
        "two modes: 1 %, 3 % apart, changed on 1 night in 10",
        Noise(0.01, modes=0.03),
        4.0,
        {0.05: None, 0.10: None},
    ),
    Scenario(
        "two modes in one series of ten, the others quiet: 1 %",
        Noise(0.01, modes=0.03, wandering=0.1),
        4.0,
        {0.05: None},
    ),
    Scenario(
        "random walk: 1 %, steps of 0.3 %", Noise(0.01, walk=0.003), 4.0, {0.05: None, 0.10: None}
    ),
)

HEADERS = (
    "scenario",
    "change",
    "false alarms per 1,000 series-nights",
    f"found within {FOUND_WITHIN} nights",
    f"night named within {NAMED_WITHIN}",
)


def main() -> None:
    """Print one table of rates, then the seconds that a night of many series takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=500, help="of a history")
    parser.add_argument("--histories", type=int, default=10, help="of each rate")
    parser.add_argument("--seed", type=int, default=np.random.SeedSequence().entropy)
    parser.add_argument("--calibrate", action="store_true", help="print the table of chances")
    asked = parser.parse_args()
    if asked.calibrate:
        calibrate(np.random.default_rng(asked.seed))
        return
    seeds = np.random.SeedSequence(asked.seed).generate_state(asked.histories).tolist()
    rows = [row for scenario in SCENARIOS for row in rates(scenario, seeds, asked.series)]
    rows += [shift_row(seeds, asked.series), exact_row(seeds)]
    print(
        f"{asked.histories} histories of {asked.series} series over 60 nights for each number;"
        f" seed {asked.seed}. In brackets what is wanted, and whether it is met.\n"
    )
    print(tabulate(rows, HEADERS, tablefmt="pipe"))
    print()
    for nights, goal in GOALS.items():
        print(timing(nights, goal))


def rates(scenario: Scenario, seeds: list[int], series: int) -> list[list[str]]:
    """Count one kind of nights: a row for each size of change."""
    alarms = sum((false_alarms(scenario.noise, series, seed) for seed in seeds), Tally())
    told = [judged(1000 * alarms.rate, scenario.most_alarms, "≤", "{:.2f}", "{:.0f}")]
    rows = []
    for drop, least in scenario.drops.items():
        planted = sum(
            (plant(scenario.noise, drop, seed, series, series // 10) for seed in seeds),
            Planted(),
        )
        named = LEAST_NAMED if least is not None and drop == NAMED_DROP else None
        found = [
            judged(planted.found.rate, least, "≥", "{:.1%}", "{:.0%}"),
            judged(planted.named.rate, named, "≥", "{:.1%}", "{:.0%}"),
        ]
        rows.append([scenario.name, f"{drop:.0%}", *told, *found])
        told = [""]  # of the same nights as the row above
    return rows


def shift_row(seeds: list[int], series: int) -> list[str]:
    """Count the events of a machine that becomes slower: one is wanted, all others are false."""
    lived = [machine_shift(1.05, seed, series=series) for seed in seeds]
    events = [events for events, _, _ in lived]
    others = sum(len(beside_the_machine(found)) for found in events)
    machine = [[e for e in found.values() if e.kind == "machine"] for found in events]
    right = [
        len(found) == 1 and not beside_the_machine(e)
        for found, e in zip(machine, events, strict=True)
    ]
    named = sum(event.first_bad == "run035" for found in machine for event in found)
    return [
        f"machine shift: {series} series at once",
        "5%",
        f"{others} events beside the machine's (0: {answer(others == 0)})",
        f"one event in {sum(right)} of {len(seeds)} (all: {answer(all(right))})",
        f"{named} of {sum(map(len, machine))}",
    ]


def exact_row(seeds: list[int]) -> list[str]:
    """Count the changes of a metric without noise: all are wanted at once, and no other."""
    counted = [exact_changes(seed) for seed in seeds]
    changes, missed = (sum(each.changes for each in counted), sum(len(e.missed) for e in counted))
    false = sum(len(each.false) for each in counted)
    return [
        "exact metric, 2 % of nights missing",
        "any",
        f"{false} events (0: {answer(not false)})",
        f"{changes - missed} of {changes} the same night (all: {answer(not missed)})",
        "all",
    ]


def judged(value: float, wanted: float | None, sign: str, shown: str, goal: str) -> str:
    """Write a number beside what is wanted of it."""
    if wanted is None:
        return shown.format(value)
    met = value <= wanted if sign == "≤" else value >= wanted
    return f"{shown.format(value)} ({sign} {goal.format(wanted)}: {answer(met)})"


def answer(met: bool) -> str:
    """Say yes or no."""
    return "yes" if met else "NO"


def timing(nights: int, goal: float) -> str:
    """Judge the last night of many series, and say what that takes."""
    history = simulate(np.random.default_rng(0), MANY, nights, Noise()).history
    start = time.perf_counter()
    assess(history)
    seconds = time.perf_counter() - start
    met = answer(seconds <= goal)
    return f"{MANY:,} series x {nights} nights judged in {seconds:.1f} s (≤ {goal:.0f} s: {met})"


def calibrate(rng: np.random.Generator) -> None:
    """Print rows of the table of chances."""
    for nights in QUANTILES:
        series = min(MOST_SERIES, max(LEAST_SERIES, CALIBRATING_VALUES // nights))
        found = np.quantile(best_null_splits(rng, nights, series), [1 - tail for tail in TAILS])
        print(f"    {nights}: ({', '.join(f'{value:.2f}' for value in found)}),", flush=True)


if __name__ == "__main__":
    main()
