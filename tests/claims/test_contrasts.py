"""Contrasts equal their plain forms, pair what shares the machine, and cover the truth."""

import math

import numpy as np
import pytest
from scipy import stats

from effprof.claims.contrasts import Term, contrast, from_logs, step_seconds, unpaired
from effprof.claims.evidence import Wanted, evidence_of
from effprof.claims.ratios import speed_ratio
from effprof.core.cells import Cell
from effprof.study.study import Study
from tests.evidence import evidence, run_of

CELLS = [Cell(f"timm/{name}", 224) for name in "abcd"]
TIMES = [
    (0.010, 0.012, 0.011, 0.013, 0.011),
    (0.030, 0.033, 0.036, 0.031, 0.030),
    (0.020, 0.022, 0.021, 0.023, 0.025),
    (0.050, 0.053, 0.051, 0.050, 0.049),
]
HALVES = (0.5, 0.5, -0.5, -0.5)
SIMULATIONS = 1500


def terms(known, powers, cells=CELLS):
    return [
        Term(power, known.find(Wanted(cell.model)))
        for power, cell in zip(powers, cells, strict=False)
    ]


def known(times=TIMES):
    return evidence(dict(zip(CELLS, times, strict=False)))


def ends(estimate):
    return estimate.estimate.value, estimate.estimate.low, estimate.estimate.high


def test_powers_of_one_and_minus_one_are_a_ratio_of_times():
    found = contrast(terms(known(), (1, -1)))
    a, b = (known().find(Wanted(cell.model)) for cell in CELLS[:2])
    assert ends(found) == pytest.approx(ends(speed_ratio(b, a)))
    assert (found.estimate.method, found.estimate.n, found.of) == ("paired", 5, "processes")


def test_a_main_effect_is_the_mean_of_both_conditional_effects_process_by_process():
    logs = np.log(np.array(TIMES))
    conditional = np.stack([logs[0] - logs[2], logs[1] - logs[3]])
    effect = conditional.mean(axis=0)
    half = stats.t.ppf(0.975, 4) * stats.sem(effect)
    found = contrast(terms(known(), HALVES))
    assert [math.log(end) for end in ends(found)] == pytest.approx(
        [effect.mean(), effect.mean() - half, effect.mean() + half]
    )


def test_a_drift_that_all_share_does_not_matter():
    drift = (1, 1.5, 2, 3, 5)
    drifted = [[t * d for t, d in zip(times, drift, strict=True)] for times in TIMES]
    plain, found = (contrast(terms(known(each), HALVES)) for each in (TIMES, drifted))
    assert ends(found) == pytest.approx(ends(plain))


def test_cells_of_different_runs_are_compared_unpaired_as_welch_does():
    both = evidence_of(
        [
            Study(run_of({CELLS[0]: TIMES[0]}, run_id="a")),
            Study(run_of({CELLS[1]: TIMES[1][:4]}, run_id="b")),
        ]
    )
    found = contrast(terms(both[0], (1, -1)))
    welch = stats.ttest_ind(np.log(TIMES[0]), np.log(TIMES[1][:4]), equal_var=False)
    low, high = welch.confidence_interval()
    assert (found.estimate.low, found.estimate.high) == pytest.approx(
        (math.exp(low), math.exp(high))
    )
    assert found.estimate.n == 4


def test_one_process_has_no_interval():
    found = contrast(terms(known([times[:1] for times in TIMES]), HALVES))
    assert (found.estimate.n, math.isnan(found.estimate.low), math.isnan(found.estimate.high)) == (
        1,
        True,
        True,
    )


def test_a_number_that_was_not_taken_gives_nothing():
    assert contrast(terms(known(), (1, -1)), lambda done: None) is None


@pytest.mark.parametrize("processes", [5, 8])
@pytest.mark.parametrize("paired", [True, False])
def test_the_interval_covers_a_simulated_main_effect(processes, paired):
    rng = np.random.default_rng(11)
    covered = 0
    for _ in range(SIMULATIONS):
        logs = rng.normal(0, 0.05, (4, processes)) + np.array([[0.08], [0.0], [0.0], [0.0]])
        found = from_logs(np.array(HALVES) @ logs) if paired else unpaired(HALVES, logs)
        covered += found.estimate.low <= math.exp(0.04) <= found.estimate.high
    assert 0.93 <= covered / SIMULATIONS <= 0.97


def test_the_median_of_a_process_stands_for_it():
    (measured,) = known().find(Wanted(CELLS[0].model))
    assert step_seconds(measured.pooled.valid[0]) == TIMES[0][0]
