"""The ratio of two runs: its interval with the error of whole runs, and how many repeats tell."""

import math

import numpy as np
import pytest

from effprof.analysis.statistics import CONFIDENCE, ratio_interval
from effprof.regressions.comparison import Line
from effprof.regressions.ranks import rank_p
from effprof.regressions.run_ratio import MOST_REPEATS, RunRatio, run_ratio
from effprof.regressions.verdicts import SMALLEST_EFFECT, Unsettled, judged

#: How far whole runs lie apart in these tests, and processes of a run: standard deviations.
RUN, PROCESS = 0.05, 0.01


def sides(random, n=4, change=0.0, run=RUN, process=PROCESS):
    """The processes of two runs, each of which is off by a number of its own."""
    return [
        np.exp(random.normal(mean + random.normal(0, run), process, n)).tolist()
        for mean in (0.0, math.log1p(change))
    ]


def test_without_an_error_of_runs_the_interval_is_welchs():
    random = np.random.default_rng(3)
    for shift in (0.0, 0.01, 0.02, 0.05):
        old, later = sides(random, n=5, change=shift)
        found, plain = (
            run_ratio(old, later),
            ratio_interval(
                {i: (v,) for i, v in enumerate(later)}, {-1 - i: (v,) for i, v in enumerate(old)}
            ),
        )
        assert found.estimate.value == pytest.approx(plain.value)
        assert found.estimate.low == pytest.approx(plain.low)
        assert found.estimate.high == pytest.approx(plain.high)
        assert found.estimate.method == plain.method == "welch"


@pytest.mark.parametrize("run", [0.0, 0.03])
def test_the_test_of_the_ratio_agrees_with_its_interval(run):
    random = np.random.default_rng(3)
    for shift in (0.0, 0.01, 0.02, 0.03, 0.05, 0.1):
        found = run_ratio(*sides(random, change=shift), run, 5.0)
        assert (found.p < 1 - CONFIDENCE) == (not found.estimate.low <= 1 <= found.estimate.high)


def test_the_interval_widens_with_the_error_of_runs_and_never_below_it():
    old, later = sides(np.random.default_rng(1))
    widths = []
    for run in (0.0, 0.01, 0.05, 0.2):
        found = run_ratio(old, later, run).estimate
        widths.append(math.log(found.high / found.low) / 2)
        assert widths[-1] >= 1.959 * run
    assert widths == sorted(widths)


def test_a_single_process_has_no_interval_and_equal_ones_no_doubt():
    assert run_ratio([1.0], [2.0, 2.1]).p is None
    assert not run_ratio([1.0], [2.0, 2.1]).estimate.bounded
    assert run_ratio([1.0, 1.0], [2.0, 2.0]).p == 0.0
    assert run_ratio([1.0, 1.0], [1.0, 1.0]).p == 1.0


@pytest.mark.parametrize(("runs", "change"), [(4, 0.0), (4, 0.1), (8, 0.0)])
def test_the_interval_holds_the_change_though_runs_lie_apart(runs, change):
    """The law: with what earlier runs tell of their spread, 95 % intervals hold 95 % of changes."""
    random = np.random.default_rng(runs)
    held = plain = 0
    draws = 2000
    for _ in range(draws):
        known = math.sqrt(2) * float(np.std(random.normal(0, RUN, runs + 1), ddof=1))
        old, later = sides(random, change=change)
        found = run_ratio(old, later, known, runs).estimate
        held += found.low <= 1 + change <= found.high
        without = run_ratio(old, later).estimate
        plain += without.low <= 1 + change <= without.high
    assert 0.935 <= held / draws <= 0.97
    assert plain / draws < 0.4  # what an interval of processes alone holds


def called(old, later, run=0.0, freedom=math.inf):
    line = Line("cell", "step_seconds", "cannot tell", p=rank_p(old, later))
    return judged([Unsettled(line, run_ratio(old, later, run, freedom))], SMALLEST_EFFECT)[
        0
    ].verdict


def test_runs_in_which_nothing_changed_are_rarely_called_changed():
    """A/A with run effects: at most alpha where their spread is known, far more where it is not."""
    random = np.random.default_rng(11)
    draws, known, unknown = 1000, 0, 0
    for _ in range(draws):
        error = math.sqrt(2) * float(np.std(random.normal(0, RUN, 6), ddof=1))
        old, later = sides(random)
        known += called(old, later, error, 5) in ("regression", "improvement")
        unknown += called(old, later) in ("regression", "improvement")
    assert known / draws <= 0.06
    assert unknown / draws > 0.4


def test_no_change_is_rarely_said_of_what_changed_by_more_than_the_smallest_effect():
    random = np.random.default_rng(12)
    said = [
        called(*sides(random, change=0.0301, run=0.0, process=process))
        for process in (0.005, 0.01, 0.02)
        for _ in range(500)
    ]
    assert said.count("no change") / len(said) <= 0.05


@pytest.mark.parametrize("change", [0.0, 0.06])
def test_the_repeats_that_are_advised_tell_in_four_of_five_cases(change):
    """The spread is known from four processes of each run only, so that it is taken larger."""
    random = np.random.default_rng(13)
    process, enough, asked = 0.03, 0, 0
    for _ in range(400):
        found = run_ratio(*sides(random, change=change, run=0.0, process=process))
        needed = found.repeats_to_tell(SMALLEST_EFFECT, cells=1)
        if found.p < 0.05 or needed > MOST_REPEATS:
            continue
        truth = RunRatio(found.log, (process, process), (int(needed),) * 2).estimate
        asked += 1
        enough += not truth.low <= 1 <= truth.high or max(truth.high, 1 / truth.low) <= 1.03
    assert asked > 50
    assert enough / asked >= 0.8


def test_repeats_do_not_help_where_runs_lie_too_far_apart():
    wide = run_ratio((1.0, 1.1, 0.9, 1.05), (1.05, 1.15, 0.95, 1.1))
    assert 4 < wide.repeats_to_tell(SMALLEST_EFFECT, 1) < math.inf
    apart = run_ratio((1.0, 1.1, 0.9, 1.05), (1.05, 1.15, 0.95, 1.1), 0.1)
    assert apart.repeats_to_tell(SMALLEST_EFFECT, 1) == math.inf
    clear = run_ratio((1.0, 1.1, 0.9, 1.05), (1.15, 1.25, 1.05, 1.2))
    many, one = (clear.repeats_to_tell(SMALLEST_EFFECT, cells) for cells in (50, 1))
    assert many > one
