"""Speed ratios: what is paired, what batches do, and how often the interval covers the truth."""

import math

import numpy as np
import pytest
from scipy import stats

from effprof.analysis.statistics import ratio_interval
from effprof.claims.claim import NotMeasured
from effprof.claims.evidence import Wanted, evidence_of
from effprof.claims.ratios import speed_ratio, unmeasured
from effprof.core.cells import Cell
from effprof.core.outcomes import Measurement, Repeat, Timing
from effprof.core.runs import Invocation, Run
from effprof.study.study import Study
from tests.runs import fingerprint

FAST, SLOW = Cell("timm/fast", 224), Cell("timm/slow", 224)
SIMULATIONS = 2000


def run(seconds, run_id="20261121-080000-a", samples=40, **gating):
    """A run whose cells took these seconds per step, one number per process."""
    repeats = tuple(
        Repeat(
            cell,
            index,
            Measurement(Timing((step,) * samples, (step,), (), step)),
            "2026-11-21T08:00:00+00:00",
            1.0,
        )
        for cell, steps in seconds.items()
        for index, step in enumerate(steps)
        if step is not None
    )
    marks = fingerprint(**({"device kind": "cpu"} | gating))
    invocation = Invocation(
        *(run_id, "2026-11-21T08:00:00+00:00", "effprof run", "zoo", "0" * 64, "timm/slow"),
        *("Some CPU", marks, tuple(seconds), max(map(len, seconds.values()))),
    )
    return Run(invocation, "complete", repeats=repeats)


def ratio(*runs, above=FAST, below=SLOW):
    (evidence,) = evidence_of([Study(each) for each in runs])
    return speed_ratio(evidence.find(wanted(above)), evidence.find(wanted(below)))


def wanted(cell):
    return Wanted(cell.model, cell.resolution, batch_size=cell.batch_size)


def test_the_ratio_is_that_of_images_per_second_with_students_interval_of_the_pairs():
    fast, slow = (0.010, 0.012, 0.011), (0.030, 0.033, 0.036)
    found = ratio(run({FAST: fast, SLOW: slow}))
    logs = [math.log(s / f) for f, s in zip(fast, slow, strict=True)]
    half = stats.t.ppf(0.975, 2) * np.std(logs, ddof=1) / math.sqrt(3)
    assert found.estimate.value == pytest.approx(math.exp(np.mean(logs)))
    assert (found.estimate.low, found.estimate.high) == pytest.approx(
        (math.exp(np.mean(logs) - half), math.exp(np.mean(logs) + half))
    )
    assert (found.estimate.n, found.of, found.note) == (3, "processes", "")


def test_batches_may_differ():
    one, many = Cell("timm/fast", 224, batch_size=1), Cell("timm/fast", 224, batch_size=64)
    found = ratio(run({one: (0.01, 0.01), many: (0.32, 0.32)}), above=many, below=one)
    assert found.estimate.value == pytest.approx(64 * 0.01 / 0.32)


def test_turning_the_ratio_over_turns_the_interval_over():
    both = run({FAST: (0.010, 0.012, 0.011), SLOW: (0.030, 0.033, 0.036)})
    found, turned = ratio(both), ratio(both, above=SLOW, below=FAST)
    assert turned.estimate.value == pytest.approx(1 / found.estimate.value)
    assert (turned.estimate.low, turned.estimate.high) == pytest.approx(
        (1 / found.estimate.high, 1 / found.estimate.low)
    )


def test_repeats_pair_within_a_run_and_never_across_runs():
    # The machine was twice as slow in the second run: pairs do not see it.
    one = run({FAST: (0.010, 0.010), SLOW: (0.030, 0.0301)})
    two = run({FAST: (0.020, 0.020), SLOW: (0.060, 0.0602)}, run_id="20261122-080000-b")
    found = ratio(one, two)
    assert found.estimate.n == 4
    assert 2.9 < found.estimate.low < found.estimate.value < found.estimate.high < 3.1


def test_a_repeat_that_only_one_side_has_is_left_out():
    fast, slow = (0.010, None, 0.010, 0.010, 0.010), (0.030, 9.0, 0.031, None, 0.030)
    found = ratio(run({FAST: fast, SLOW: slow}))
    assert (found.estimate.method, found.estimate.n) == ("paired", 3)
    assert found.estimate.value == pytest.approx(3.0, rel=0.05)


def test_two_common_repeats_are_too_few_for_pairs():
    found = ratio(run({FAST: (0.010, 0.011, 0.012), SLOW: (0.030, 0.031)}))
    welch = stats.ttest_ind(
        np.log((0.030, 0.031)), np.log((0.010, 0.011, 0.012)), equal_var=False
    ).confidence_interval()
    assert (found.estimate.method, found.estimate.n) == ("welch", 2)
    assert (found.estimate.low, found.estimate.high) == pytest.approx(
        (math.exp(welch.low), math.exp(welch.high))
    )


def test_one_process_says_that_its_interval_is_too_narrow():
    found = ratio(run({FAST: (0.010,), SLOW: (0.030,)}))
    assert (found.estimate.n, "too narrow" in found.note) == (1, True)


def test_a_single_number_has_no_interval():
    found = ratio(run({FAST: (0.010,), SLOW: (0.030,)}, samples=1))
    assert found.estimate.value == pytest.approx(3.0)
    assert math.isnan(found.estimate.low)
    assert "interval" in found.note


def test_what_is_not_there_is_named():
    (evidence,) = evidence_of([Study(run({FAST: (0.010,)}))])
    answer = unmeasured(evidence, (wanted(FAST), wanted(SLOW)))
    assert isinstance(answer, NotMeasured)
    assert answer.wanted == (wanted(SLOW),)
    assert "timm/slow@224" in answer.reason


def test_scaling_moves_value_and_interval_alike():
    found = ratio(run({FAST: (0.010, 0.011), SLOW: (0.030, 0.030)}))
    half = found.estimate.scaled(0.5)
    assert (half.value, half.low, half.high) == pytest.approx(
        (found.estimate.value / 2, found.estimate.low / 2, found.estimate.high / 2)
    )


def simulated(rng, n=5, true=3.0, between=0.05, drift=0.1):
    """Process medians of two cells: drift of the machine is common to the pairs."""
    common = rng.normal(0, drift, n)
    fast = 0.01 * np.exp(common + rng.normal(0, between, n))
    slow = 0.01 * true * np.exp(common + rng.normal(0, between, n))
    return {i: [x] for i, x in enumerate(slow)}, {i: [x] for i, x in enumerate(fast)}


def test_the_interval_of_five_processes_covers_the_true_ratio():
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(SIMULATIONS):
        found = ratio_interval(*simulated(rng))
        hits += found.low <= 3.0 <= found.high
    assert 0.93 <= hits / SIMULATIONS <= 0.97


def test_a_percentile_bootstrap_of_five_processes_would_cover_far_less():
    """Why Student's t: five values resampled know too little of the spread they come from."""
    rng = np.random.default_rng(6)
    draws = rng.integers(0, 5, (400, 5))
    hits = 0
    for _ in range(SIMULATIONS):
        slow, fast = simulated(rng)
        logs = np.array([math.log(slow[i][0] / fast[i][0]) for i in slow])
        low, high = np.percentile(logs[draws].mean(axis=1), (2.5, 97.5))
        hits += low <= math.log(3.0) <= high
    assert 0.78 <= hits / SIMULATIONS <= 0.88
