"""The crossover: exact lines, every side it can be open to, and coverage."""

import math

import numpy as np
import pytest
from scipy import stats

from effprof.claims.claim import Answer, NotMeasured
from effprof.claims.crossover import Span, crossing, crossover_batch
from effprof.claims.evidence import Wanted
from effprof.core.cells import Cell
from effprof.core.estimates import Estimate
from tests.evidence import around, evidence

BATCHES = (1, 4, 8, 16, 32, 64, 128, 256)
SPAN = Span(BATCHES, first=4, last=128)
B0, R50 = ((Wanted(f"timm/{name}", 224),) for name in ("b0", "r50"))
CONSTANT = 0.02


def answer(value, low, high):
    return Answer(Estimate(value, low, high, "paired", 5), "processes")


def ratios(logs, half=0.05):
    """Ratios with these logarithms and one half-width."""
    return {
        batch: answer(math.exp(log), math.exp(log - half), math.exp(log + half))
        for batch, log in zip(BATCHES, logs, strict=False)
    }


def line(at, slope=0.2):
    """Log ratios on a straight line over log2 of the batch, nought at batch `at`."""
    return [slope * (math.log2(batch) - math.log2(at)) for batch in BATCHES]


@pytest.mark.parametrize("at", [1.5, 4.0, 20.0, 100.0])
def test_a_straight_line_is_crossed_where_it_is_nought(at):
    found = crossing(ratios(line(at)))
    assert found.estimate.value == pytest.approx(at)
    assert found.estimate.low < at < found.estimate.high


def test_the_interval_is_where_a_ratio_of_one_is_within_the_interval_of_the_ratio():
    # Only one segment matters: half-widths of both ends join as independent ones do.
    half, slope = 0.05, 0.2
    found = crossing(ratios(line(32.0, slope), half))
    # At batch 32 itself the half-width is that of the batch; between, it is smaller.
    shares = np.linspace(0, 1, 20001)
    inside = slope * shares <= half * np.hypot(1 - shares, shares)
    assert math.log2(found.estimate.high) == pytest.approx(5 + shares[inside].max(), abs=0.02)
    assert math.log2(found.estimate.low) == pytest.approx(5 - shares[inside].max(), abs=0.02)


def test_exact_ratios_have_an_exact_crossover():
    found = crossing(ratios(line(20.0), half=0.0))
    assert (found.estimate.low, found.estimate.value, found.estimate.high) == pytest.approx(
        (20.0, 20.0, 20.0)
    )


def test_faster_from_the_first_batch_on_is_no_crossover_above_it():
    found = crossing(ratios([0.3] * 8))
    assert (found.estimate.value, found.estimate.low, found.estimate.high) == (1.0, 0.0, 1.0)
    assert found.note == "faster from batch 1 on"


def test_slower_at_every_batch_is_a_crossover_beyond():
    found = crossing(ratios([-0.3] * 8))
    assert (found.estimate.value, found.estimate.low, found.estimate.high) == (
        math.inf,
        256.0,
        math.inf,
    )
    assert found.note == "slower at every batch up to 256"


def test_what_may_cross_beyond_the_last_batch_is_open():
    found = crossing(ratios(line(250.0, slope=0.05), half=0.05))
    assert found.estimate.high == math.inf
    assert 16 < found.estimate.low < 250


def test_what_may_have_crossed_before_the_first_batch_is_open():
    assert crossing(ratios(line(1.05, slope=0.2), half=0.05)).estimate.low == 0.0


def test_ratios_without_interval_give_a_batch_without_one():
    found = crossing(ratios(line(20.0), half=math.nan))
    assert found.estimate.value == pytest.approx(20.0)
    assert math.isnan(found.estimate.low)
    assert math.isnan(found.estimate.high)


@pytest.mark.parametrize("at", [8.0, 11.3, 20.0, 40.0])
def test_the_interval_covers_the_true_crossover(at):
    rng = np.random.default_rng(int(at))
    truth, processes = np.array(line(at, slope=0.25)), 5
    quantile = stats.t.ppf(0.975, processes - 1) / math.sqrt(processes)
    covered = 0
    for _ in range(600):
        logs = truth + rng.normal(0, 0.08, (processes, len(truth)))
        middle, half = logs.mean(axis=0), quantile * logs.std(axis=0, ddof=1)
        found = crossing(
            {
                batch: answer(math.exp(m), math.exp(m - h), math.exp(m + h))
                for batch, m, h in zip(BATCHES, middle, half, strict=True)
            }
        )
        covered += found.estimate.low <= at <= found.estimate.high
    assert 0.93 <= covered / 600 <= 0.99


def gpu(batches=BATCHES):
    """A GPU that needs 8 ms for the launches of one and 5 ms for those of the other."""
    cells = {}
    for batch in batches:
        cells[Cell("timm/b0", 224, batch_size=batch)] = around(max(0.008, 0.0002 * batch))
        cells[Cell("timm/r50", 224, batch_size=batch)] = around(max(0.005, 0.0004 * batch))[::-1]
    return evidence(cells)


def test_it_is_found_in_measurements():
    found = crossover_batch(B0, R50, SPAN)(gpu())
    assert (found.estimate.n, found.of) == (5, "processes")
    assert found.estimate.low < 20 < found.estimate.high
    assert found.estimate.value == pytest.approx(20, rel=0.1)


@pytest.mark.parametrize("batches", [(1, 4, 8), (8, 16, 32, 64, 128), (1, 4, 8, 16, 32), ()])
def test_batches_that_do_not_reach_over_the_span_are_asked_for(batches):
    answer = crossover_batch(B0, R50, SPAN)(gpu(batches) if batches else evidence({}))
    assert isinstance(answer, NotMeasured)
    lacking = {(wanted.model, wanted.batch_size) for wanted in answer.wanted}
    every = {(model, batch) for model in ("timm/b0", "timm/r50") for batch in BATCHES}
    assert lacking == {each for each in every if each[1] not in batches}
