"""How far two runs lie apart: by their sentinels, and by the runs before."""

import math
import statistics
from dataclasses import replace

import numpy as np
import pytest

from effprof.regressions.common_shift import common_shift
from effprof.regressions.comparison import Line
from effprof.regressions.run_error import (
    ASSUMED_FREEDOM,
    NETWORKS_PER_SENTINEL,
    REST_PER_PROCESS,
    RUNS_PER_PROCESS,
    RunError,
    pace_ratio,
    run_error,
)
from effprof.regressions.run_ratio import run_ratio
from effprof.regressions.verdicts import SMALLEST_EFFECT, Unsettled, judged
from effprof.study.study import Study
from tests.regressions.test_compare import OLD, SPREAD, new, run, with_history
from tests.runs import calibrations


def paced(made, *factors):
    """A run whose sentinels took `factors` of their usual time at its start, middle and end."""
    moments = zip(("start", "middle", "end"), factors, strict=False)
    taken = tuple(each for moment, factor in moments for each in calibrations(moment, factor))
    return replace(made, calibrations=taken)


#: A run of a machine of which no earlier one is known.
FIRST = with_history(OLD)


def error_of(old, later):
    return run_error(Study(old), Study(later))


def test_networks_move_further_than_the_sentinels():
    found = error_of(paced(OLD, 1.0), paced(new(), 1.1))
    assert found.sentinels == pytest.approx(math.log(1.1))
    assert found.relative == pytest.approx(NETWORKS_PER_SENTINEL * found.sentinels, rel=1e-3)
    assert found.freedom > 1e6
    assert "moved by 9.5 % beyond their scatter" in found.said


def test_without_history_runs_lie_apart_as_processes_do():
    """Three times as far where nothing else is known, as far beside what the sentinels tell."""
    processes = error_of(FIRST, new()).processes
    assert processes == pytest.approx(statistics.stdev(map(math.log1p, SPREAD[:5])), rel=1e-3)
    blind, paced_alike = error_of(FIRST, new()), error_of(paced(FIRST, 1.0), paced(new(), 1.0))
    assert blind.relative == pytest.approx(math.sqrt(2) * RUNS_PER_PROCESS * processes)
    assert paced_alike.relative == pytest.approx(math.sqrt(2) * REST_PER_PROCESS * processes)
    assert blind.freedom == pytest.approx(ASSUMED_FREEDOM)
    assert "3.5 % is assumed, by how far their processes lie apart" in blind.said


def test_of_pairs_of_runs_in_which_nothing_changed_few_are_called_slower():
    """As on a shared machine: networks move with the sentinels, and runs differ besides."""
    random = np.random.default_rng(5)
    called, blamed, draws, processes = 0, 0, 300, 0.05
    for _ in range(draws):
        moved = random.normal(0, 0.04)
        shift = NETWORKS_PER_SENTINEL * moved + random.normal(0, math.sqrt(2) * processes)
        error = RunError(abs(moved), processes=processes)
        ratios = [
            run_ratio(old, new * math.exp(shift), error.relative, error.freedom)
            for old, new in np.exp(random.normal(0, processes, (14, 2, 4)))
        ]
        lines = [Unsettled(Line("cell", "step_seconds", "cannot tell", p=0.03), r) for r in ratios]
        verdicts = {line.verdict for line in judged(lines, SMALLEST_EFFECT)}
        called += bool(verdicts & {"regression", "improvement"})
        pace = {"square roots": math.exp(moved), "memory copy": math.exp(moved)}
        common = common_shift(ratios, pace, error, SMALLEST_EFFECT)
        blamed += common.together and common.cause == "software"
    assert called / draws <= 0.05
    assert blamed / draws <= 0.05


def test_their_scatter_within_the_runs_is_no_shift_between_them():
    steady = error_of(paced(OLD, 1.0, 1.0, 1.0), paced(new(), 1.1, 1.1, 1.1)).sentinels
    shaky = error_of(paced(OLD, 0.95, 1.0, 1.05), paced(new(), 1.05, 1.1, 1.15)).sentinels
    assert shaky < steady
    lost = error_of(paced(OLD, 0.7, 1.0, 1.5), paced(new(), 1.3, 0.8, 1.4))
    assert lost.sentinels == 0.0
    assert "moved not beyond their scatter" in lost.said


def test_both_sources_add_up_and_history_brings_its_degrees_of_freedom():
    old = with_history(paced(OLD, 1.0), 1.02, 0.97, 1.03, 0.99)
    found = error_of(old, paced(new(), 1.05))
    assert found.runs == 4
    moved = NETWORKS_PER_SENTINEL * found.sentinels
    assert found.relative == pytest.approx(math.hypot(moved, found.history))
    assert found.freedom > 4
    assert RunError(None, found.history, 4).freedom == 4
    assert "two of the 4 runs before lie" in found.said


def test_fewer_than_three_earlier_runs_tell_nothing():
    assert error_of(with_history(OLD, 1.5, 0.6), new()).history is None
    assert error_of(with_history(run(repeats=1)), new(repeats=1)) == RunError()


def test_the_pace_of_two_machines_is_the_mean_over_their_sentinels():
    found = pace_ratio(paced(OLD, 1.0), paced(new(), 2.0))
    assert found.factor == pytest.approx(2.0)
    assert found.error == pytest.approx(0.0, abs=1e-9)
    assert pace_ratio(OLD, paced(new(), 2.0)) is None
