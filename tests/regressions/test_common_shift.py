"""What all cells share: when it is said, how large it is, and what made it."""

import math

import numpy as np
import pytest

from effprof.regressions.common_shift import common_shift
from effprof.regressions.run_error import NO_ERROR, RunError
from effprof.regressions.run_ratio import run_ratio
from effprof.regressions.verdicts import SMALLEST_EFFECT

PACE = {"square roots": 1.0, "cache copy": 1.01, "memory copy": 0.99}


def ratios(random, shift, cells=14, own=0.0, process=0.03, moved=()):
    """Cells of two runs of four processes: all take `shift` times as long, each its own besides."""
    found = []
    for cell in range(cells):
        factor = dict(moved).get(cell, 1.0) * shift * math.exp(random.normal(0, own))
        old, new = np.exp(random.normal(0, process, (2, 4)))
        found.append(run_ratio(old, new * factor))
    return found


def shared(found, pace=PACE, run=NO_ERROR):
    return common_shift(found, pace, run, SMALLEST_EFFECT)


def test_a_shift_that_few_cells_show_for_themselves_is_certain_for_all():
    found = ratios(np.random.default_rng(1), 1.06)
    assert sum(ratio.p < 0.05 for ratio in found) < len(found)
    common = shared(found)
    assert common.together
    assert 1.02 < common.ratio.low < 1.06 < common.ratio.high < 1.1


def test_its_interval_holds_what_all_share_and_none_is_found_where_nothing_is_shared():
    random = np.random.default_rng(2)
    held, said, draws = 0, 0, 400
    for _ in range(draws):
        common = shared(ratios(random, 1.06, own=0.02))
        held += common.ratio.low <= 1.06 <= common.ratio.high
        said += shared(ratios(random, 1.0, own=0.02)).together
    assert 0.92 <= held / draws <= 0.98
    assert said / draws <= 0.01


def test_one_cell_neither_makes_a_shift_nor_moves_that_of_the_others():
    random = np.random.default_rng(3)
    assert not shared(ratios(random, 1.0, cells=5, moved=[(0, 3.0)])).together
    with_one = shared(ratios(random, 1.06, process=0.01, moved=[(0, 3.0)]))
    assert with_one.together
    assert with_one.ratio.value == pytest.approx(1.06, abs=0.015)


def test_cells_on_both_sides_share_nothing_and_their_mean_is_that_of_all():
    found = ratios(np.random.default_rng(4), 1.5, cells=4, process=0.001, moved=[(0, 0.4)])
    common = shared(found)
    assert not common.together
    assert math.log(common.ratio.value) == pytest.approx(sum(ratio.log for ratio in found) / 4)


def test_fewer_than_three_cells_share_nothing():
    assert shared(ratios(np.random.default_rng(5), 1.5, cells=2)) is None


@pytest.mark.parametrize(
    ("shift", "pace", "cause"),
    [
        (1.10, 1.01, "software"),
        (1.10, 0.90, "software"),  # the machine was faster, if anything
        (1.10, 1.012, "software"),
        (1.10, 1.02, "either"),  # networks move further than the work that runs none of them
        (1.10, 1.09, "the machine"),
        (1.30, 1.20, "the machine"),
        (1.06, 1.04, "either"),
        (0.90, 0.99, "software"),
        (0.90, 0.91, "the machine"),
        (1.10, None, "not known"),
    ],
)
def test_what_made_it_is_told_by_the_work_that_runs_none_of_the_software(shift, pace, cause):
    found = ratios(np.random.default_rng(6), shift, process=0.002)
    common = shared(found, {} if pace is None else {"square roots": pace, "cache copy": pace})
    assert (common.together, common.cause) == (True, cause)
    assert common.slower == (shift > 1)


def test_one_sentinel_alone_does_not_speak_for_the_machine():
    found = ratios(np.random.default_rng(6), 1.10, process=0.002)
    pace = {"square roots": 1.03, "cache copy": 1.0, "memory copy": 1.0}
    assert shared(found, pace).cause == "software"
    assert shared(found, dict.fromkeys(pace, 1.03)).cause == "either"


def test_runs_that_lie_that_far_apart_anyway_are_told_from_steady_ones():
    found = ratios(np.random.default_rng(7), 1.10)
    assert shared(found, run=RunError(0.01, 0.08, 4)).usual
    assert not shared(found, run=RunError(0.01, 0.01, 4)).usual
    assert not shared(found).usual
