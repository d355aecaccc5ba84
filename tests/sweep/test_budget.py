"""A budget: what is cut in which order, what never is, and what is recorded of it."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from effprof.core.errors import BadInput
from effprof.core.outcomes import Failure
from effprof.core.runs import BUDGET, MeasureOptions
from effprof.device.target import Target
from effprof.sweep import tasks
from effprof.sweep.budget import CUTS, Budget
from effprof.sweep.engine import carry_out
from effprof.sweep.listener import Listener
from effprof.sweep.plan import Plan
from effprof.sweep.suite import suite_hash
from tests.runs import measurement, sample_run, static_cost

RUN = sample_run()
ASKED = replace(RUN.invocation, repeats=5, options=MeasureOptions(profile=True))
PLAN = Plan(
    ASKED,
    Target("cpu", "this CPU", "asked for"),
    tuple((cell, index) for index in range(5) for cell in ASKED.cells),
    tuple({static_cost(cell).key: static_cost(cell) for cell in ASKED.cells}.values()),
    RUN.peaks,
)


def budget(seconds, now=0.0):
    return Budget(seconds, 0.0, lambda: now)


def least():
    """The seconds of the least that a budget leaves of the plan."""
    with pytest.raises(BadInput) as refused:
        budget(1.0).fit(PLAN)
    minutes, seconds = re.search(
        r"takes about (?:(\d+) min ?)?(?:(\d+) s)?", str(refused.value)
    ).groups()
    return 60 * int(minutes or 0) + int(seconds or 0)


def test_a_plan_that_fits_is_measured_as_it_is_and_says_so():
    fitted = budget(10 * PLAN.seconds).fit(PLAN)
    told = fitted.invocation.fingerprint.recorded[BUDGET]
    assert told.endswith(": nothing is cut")
    assert fitted.pending == PLAN.pending
    assert (fitted.invocation.options, fitted.invocation.repeats) == (ASKED.options, 5)


@given(st.floats(1.05, 20.0))
def test_whatever_fits_keeps_every_cell_and_an_interval(factor):
    seconds = factor * least()
    fitted = budget(seconds).fit(PLAN)
    now = fitted.invocation
    assert fitted.seconds <= seconds
    assert now.cells == ASKED.cells
    assert 2 <= now.repeats <= 5
    assert {cell for cell, index in fitted.pending if index == now.repeats - 1} == {*ASKED.cells}
    assert now.suite_hash == suite_hash(now.cells, now.repeats, now.options)
    # Repeats are only cut where there is nothing else to cut.
    assert now.repeats == 5 or now.options == CUTS[-1].of(ASKED.options)


def test_more_time_never_measures_less():
    fitted = [budget(least() * factor).fit(PLAN) for factor in (1.1, 1.3, 1.6, 2.0, 3.0, 5.0)]
    taken = [(len(each.pending), each.invocation.options.time_cap_seconds) for each in fitted]
    assert taken == sorted(taken)
    assert len(set(taken)) > 2


def test_what_was_cut_is_said():
    told = budget(least() * 1.1).fit(PLAN).invocation.fingerprint.recorded[BUDGET]
    assert re.match(r"(\d+ min )?\d+ s: 2 repeats \(of 5\), timing up to 1 s \(of 60 s\)", told)
    assert "10 samples at least (of 30), to ±5% (of ±2%), profile once" in told


def test_a_budget_that_is_too_short_is_refused_with_what_the_least_takes():
    with pytest.raises(BadInput, match=r"--budget 5 s: the least takes about .*, 2 processes of"):
        budget(5.0).fit(PLAN)
    # What was spent before, such as on peaks, is a part of it.
    seconds = float(least())
    with pytest.raises(BadInput):
        budget(seconds * 1.05, now=0.2 * seconds).fit(PLAN)


def test_a_resumed_run_keeps_its_options_and_loses_whole_rounds():
    rest = replace(PLAN, pending=PLAN.pending[len(ASKED.cells) + 1 :], resumed=True)
    fitted = budget(0.6 * rest.seconds).fit(rest)
    assert fitted.invocation.options == ASKED.options
    assert 2 <= fitted.invocation.repeats < 5
    assert fitted.pending == tuple(p for p in rest.pending if p[1] < fitted.invocation.repeats)


def test_a_later_round_is_left_out_and_the_one_that_gives_intervals_may_be_a_cell_over():
    now = budget(100.0, now=80.0)
    assert not now.leaves_out(2, 20.0, 5.0)
    assert now.leaves_out(2, 21.0, 5.0)
    assert not now.leaves_out(1, 24.0, 5.0)
    assert now.leaves_out(1, 26.0, 5.0)


class Kept:
    """A sink that keeps what it was told, and workers whose measurements take no time."""

    def __init__(self):
        self.repeats, self.amended, self.status = [], None, None

    def __getattr__(self, name):
        return lambda *_: None

    def add_repeat(self, run_id, repeat):
        self.repeats.append(repeat)

    def amend(self, invocation):
        self.amended = invocation

    def finish(self, run_id, status, finished_at):
        self.status = status

    def call(self, function, *arguments, **_):
        known = {tasks.measure: measurement(0.1), tasks.calibrate: ()}
        return known.get(function, Failure("crashed", "not asked for"))


def carried_out(over):
    """Carry the plan out, whose time is over once so many repeats are kept."""
    kept = Kept()
    clock = lambda: 1e9 if len(kept.repeats) >= over else 0.0  # noqa: E731
    carry_out(PLAN, kept, kept, Listener(), Budget(1e6, 0.0, clock))
    return kept


def test_rounds_that_time_is_too_short_for_are_left_out_whole_and_the_run_is_complete():
    kept = carried_out(over=2 * len(ASKED.cells) + 1)
    assert [r.index for r in kept.repeats] == [i for i in range(3) for _ in ASKED.cells]
    assert kept.status == "complete"
    assert kept.amended.repeats == 3
    assert kept.amended.suite_hash == suite_hash(ASKED.cells, 3, ASKED.options)
    assert kept.amended.fingerprint.recorded[BUDGET] == "then 3 repeats (of 5) as time ran out"


def test_one_round_is_always_complete():
    kept = carried_out(over=1)
    assert len(kept.repeats) == len(ASKED.cells)
    assert (kept.amended.repeats, kept.status) == (1, "complete")
    assert kept.amended.fingerprint.recorded[BUDGET] == "then 1 repeat (of 5) as time ran out"
