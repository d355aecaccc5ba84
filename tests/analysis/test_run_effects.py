"""How far whole runs lie apart, and the interval that should hold the next run."""

import math
import statistics
from dataclasses import replace

import numpy as np
import pytest

from effprof.analysis.run_effects import ASSUMED, RunEffect, run_effect
from effprof.analysis.statistics import next_run_interval, step_interval
from effprof.core.runs import EarlierRun

OWN = {"a": 0.02, "b": 0.08, "c": 0.5}


def earlier(*factors, changed=None):
    """Make earlier runs that took so many times as long; `changed` cells took what is said."""
    return [
        EarlierRun(f"run {n}", "", {key: s * factor for key, s in OWN.items()} | (changed or {}))
        for n, factor in enumerate(factors)
    ]


def test_without_earlier_runs_a_run_effect_is_assumed():
    assert run_effect(OWN, []) == ASSUMED
    assert run_effect(OWN, [EarlierRun("of other cells", "", {"z": 1.0})]) == ASSUMED


def test_runs_that_lie_apart_raise_it_and_runs_that_agree_lower_it():
    apart, alike = (run_effect(OWN, earlier(*f)) for f in ((0.6, 1.5), (1.0, 1.001)))
    assert apart.deviation > ASSUMED.deviation > alike.deviation > 0
    assert apart.freedom == alike.freedom == ASSUMED.freedom + 2
    assert apart.runs == 2


def test_from_three_earlier_runs_on_they_alone_tell():
    found = run_effect(OWN, earlier(1.01, 0.99, 1.0))
    assert found.deviation == pytest.approx(
        statistics.stdev([0.0, math.log(1.01), math.log(0.99), 0.0])
    )
    assert found.freedom == found.runs == 3


def test_one_cell_that_was_changed_meanwhile_is_no_run_effect():
    changed = run_effect(OWN, earlier(1.0, 1.001, 0.999, changed={"c": 5.0}))
    assert changed == pytest.approx(run_effect(OWN, earlier(1.0, 1.001, 0.999)))


@pytest.mark.parametrize("unit", [1e-3, 1.0, 7.0])
def test_a_run_effect_has_no_unit(unit):
    scaled = {key: seconds * unit for key, seconds in OWN.items()}
    runs = [
        replace(each, step_seconds={k: s * unit for k, s in each.step_seconds.items()})
        for each in earlier(0.9, 1.05)
    ]
    expected = run_effect(OWN, earlier(0.9, 1.05))
    found = run_effect(scaled, runs)
    assert found.deviation == pytest.approx(expected.deviation)


def test_the_next_run_is_less_certain_than_this_one():
    processes = [(0.020, 0.021), (0.022, 0.021), (0.020, 0.0205), (0.0215, 0.0210)]
    within = step_interval(processes)
    following = next_run_interval(processes, ASSUMED.deviation, ASSUMED.freedom)
    assert following.value == pytest.approx(within.value)
    assert following.low < within.low < within.high < following.high
    assert following.method == "next run"


@pytest.mark.parametrize("count", [1, 2, 3, 8])
@pytest.mark.parametrize("deviation", [0.001, 0.1])
def test_the_next_run_is_never_more_certain_than_this_one(count, deviation):
    """Of two processes Student's t is so wide that a known run effect adds nothing."""
    generator = np.random.default_rng(count)
    for _ in range(50):
        processes = [tuple(0.02 * np.exp(generator.normal(0, 0.1, 9))) for _ in range(count)]
        within, following = step_interval(processes), next_run_interval(processes, deviation, 4)
        assert following.low <= within.low <= within.high <= following.high
        assert following.value == pytest.approx(within.value)


def test_one_process_has_an_interval_for_the_next_run():
    found = next_run_interval([(0.02, 0.021, 0.02)], 0.04, 4)
    half = 2.776 * math.sqrt(2) * 0.04
    assert found.high / found.value == pytest.approx(math.exp(half), rel=1e-3)


@pytest.mark.parametrize("known", [0, 3])
@pytest.mark.parametrize("deviation", [0.01, 0.05, 0.10])
def test_it_holds_the_next_run_of_a_machine_that_is_no_worse_than_assumed(known, deviation):
    """Of 600 simulated machines with four processes of 3 % in each run."""
    generator = np.random.default_rng(1)

    def run():
        effect = generator.normal(0, deviation)
        return {key: [s * math.exp(effect + e) for e in generator.normal(0, 0.03, 4)]
                for key, s in OWN.items()}  # fmt: skip

    held = []
    for _ in range(600):
        runs = [run() for _ in range(known + 2)]
        steps = [{k: step_interval([(v,) for v in vs]).value for k, vs in r.items()} for r in runs]
        effect = run_effect(steps[0], [EarlierRun(str(n), "", s) for n, s in enumerate(steps[2:])])
        found = next_run_interval([(v,) for v in runs[0]["a"]], effect.deviation, effect.freedom)
        held.append(found.low <= steps[1]["a"] <= found.high)
    assert np.mean(held) >= 0.9


def test_a_run_effect_is_plain():
    assert RunEffect(0.1, 5.0).runs == 0
