"""Intervals against closed forms, an obvious slow version, scipy, and simulated truth."""

import math
import random
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from effprof.analysis.statistics import median_interval, ratio_interval, step_interval

#: Coverage is estimated from this many simulations: standard error 0.5 percentage points.
SIMULATIONS = 2000


def processes(rng, n, step=0.02, between=0.05, samples=15):
    """Draw `n` processes: each has its own level (lognormal), and noise within."""
    levels = step * np.exp(rng.normal(0, between, n))
    return {i: level * np.exp(rng.normal(0, 0.01, samples)) for i, level in enumerate(levels)}


def test_interval_between_processes_is_the_closed_form():
    medians = (0.010, 0.011, 0.013)
    found = step_interval([(m * 0.9, m, m * 1.1) for m in medians])
    logs = [math.log(m) for m in medians]
    mean = sum(logs) / 3
    deviation = math.sqrt(sum((x - mean) ** 2 for x in logs) / 2)
    half = 4.302652729696142 * deviation / math.sqrt(3)  # t quantile, 2 degrees of freedom
    assert (found.method, found.n) == ("student", 3)
    assert found.value == pytest.approx((0.010 * 0.011 * 0.013) ** (1 / 3))
    assert (found.low, found.high) == pytest.approx((math.exp(mean - half), math.exp(mean + half)))


@pytest.mark.parametrize("n", [2, 3, 5])
def test_interval_between_processes_covers_the_truth(n):
    rng = np.random.default_rng(n)
    hits = 0
    for _ in range(SIMULATIONS):
        found = step_interval(list(processes(rng, n).values()))
        hits += found.low <= 0.02 <= found.high
    assert 0.93 <= hits / SIMULATIONS <= 0.97


def test_interval_within_one_process_covers_its_median_and_is_labelled():
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(SIMULATIONS):
        found = median_interval(0.02 * np.exp(rng.normal(0, 0.05, 60)))
        assert found.method == "order statistic"
        hits += found.low <= 0.02 <= found.high
    # Ranks are whole numbers, so the coverage is at least the nominal one.
    assert 0.94 <= hits / SIMULATIONS <= 0.985


def test_interval_of_one_process_misses_the_truth_between_processes():
    """Why the label: with more spread between than within, it covers far less than 95 %."""
    rng = np.random.default_rng(2)
    hits = 0
    for _ in range(500):
        found = step_interval(list(processes(rng, 1, samples=40).values()))
        hits += found.low <= 0.02 <= found.high
    assert hits / 500 < 0.3


def test_too_few_samples_have_no_interval():
    found = median_interval([1.0, 2.0, 3.0, 4.0, 5.0])
    assert found.value == 3.0
    assert math.isnan(found.low)
    assert (found.method, found.n) == ("none", 1)


def test_paired_interval_is_that_of_a_paired_t_test():
    rng = np.random.default_rng(3)
    one, two = processes(rng, 4), processes(rng, 4)
    found = ratio_interval(one, two)
    logs = [[math.log(np.median(side[i])) for i in range(4)] for side in (one, two)]
    expected = stats.ttest_rel(*logs).confidence_interval(0.95)
    assert (found.method, found.n) == ("paired", 4)
    assert (found.low, found.high) == pytest.approx(
        (math.exp(expected.low), math.exp(expected.high))
    )


def test_unpaired_interval_is_welch():
    rng = np.random.default_rng(4)
    one = processes(rng, 3)
    two = {i + 10: samples for i, samples in processes(rng, 5, between=0.2).items()}
    found = ratio_interval(one, two)
    logs = [[math.log(np.median(samples)) for samples in side.values()] for side in (one, two)]
    expected = stats.ttest_ind(*logs, equal_var=False).confidence_interval(0.95)
    assert (found.method, found.n) == ("welch", 3)
    assert (found.low, found.high) == pytest.approx(
        (math.exp(expected.low), math.exp(expected.high))
    )


def test_paired_ratio_covers_the_truth_though_both_drift_together():
    rng = np.random.default_rng(5)
    hits, widths = 0, []
    for _ in range(SIMULATIONS):
        drift = np.exp(rng.normal(0, 0.1, 3))
        one, two = processes(rng, 3, step=0.08, between=0.02), processes(rng, 3, between=0.02)
        drifting = [{i: s * drift[i] for i, s in side.items()} for side in (one, two)]
        found = ratio_interval(*drifting)
        hits += found.low <= 4.0 <= found.high
        unpaired = ratio_interval(drifting[0], {i + 9: s for i, s in drifting[1].items()})
        widths.append((found.high - found.low) / (unpaired.high - unpaired.low))
    assert 0.93 <= hits / SIMULATIONS <= 0.97
    assert np.median(widths) < 0.6  # what pairing is for


def test_unpaired_ratio_covers_the_truth():
    rng = np.random.default_rng(6)
    hits = 0
    for _ in range(SIMULATIONS):
        two = {i + 10: s for i, s in processes(rng, 4).items()}
        found = ratio_interval(processes(rng, 3, step=0.08), two)
        hits += found.low <= 4.0 <= found.high
    assert 0.93 <= hits / SIMULATIONS <= 0.97


def test_ratio_of_single_processes_combines_their_intervals():
    rng = np.random.default_rng(7)
    one = {0: 0.08 * np.exp(rng.normal(0, 0.05, 60))}
    two = {0: 0.02 * np.exp(rng.normal(0, 0.05, 60))}
    found = ratio_interval(one, two)
    above, below = median_interval(one[0]), median_interval(two[0])
    assert (found.method, found.n) == ("mover", 1)
    assert found.value == pytest.approx(above.value / below.value)
    # MOVER: wider than either side alone, narrower than taking both worst ends.
    assert above.low / below.high < found.low < above.low / below.value < found.value
    assert found.value < above.high / below.value < found.high < above.high / below.low


def test_a_ratio_and_its_inverse_agree():
    rng = np.random.default_rng(8)
    one, two = processes(rng, 3), processes(rng, 3, step=0.1)
    there, back = ratio_interval(one, two), ratio_interval(two, one)
    assert (1 / there.value, 1 / there.high, 1 / there.low) == pytest.approx(
        (back.value, back.low, back.high)
    )


def test_a_cell_against_itself_is_exactly_one():
    cell = {i: (0.02 + i / 1000,) * 10 for i in range(3)}
    found = ratio_interval(cell, cell)
    assert (found.value, found.low, found.high) == (1.0, 1.0, 1.0)


def test_interval_narrows_with_more_processes():
    rng = random.Random(9)
    cells = [
        [(0.02 * (1 + 0.01 * rng.choice((-1, 1)) * (i % 2 + 1)),) for i in range(n)]
        for n in (2, 4, 16, 64)
    ]
    widths = [found.high - found.low for found in map(step_interval, cells)]
    assert all(later < earlier for earlier, later in pairwise(widths))
