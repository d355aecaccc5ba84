"""The causes of a step's change, night against night: they multiply to it, and tell what moved."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effprof.core.errors import StorageError
from effprof.core.profiles import OpTime, Profile
from effprof.regressions.assess import Tonight
from effprof.regressions.nights import StoredSteps
from effprof.regressions.step_causes import StepByCause, change_by_cause, steps_by_cause
from tests.night_runs import B0, RESNET, ROLES, night_run
from tests.regressions.simulated import Nights, Noise, replay, simulate
from tests.runs import fingerprint

CAUSES = ("slower arithmetic", "uncounted work", "framework")


def nights(numbers, **fields):
    return [steps_by_cause(night_run(number, **fields))[B0.key] for number in numbers]


@pytest.mark.parametrize(
    ("roles", "cause", "value"),
    [
        ({"depthwise conv": 1.25}, "slower arithmetic", 16 / 15),
        ({"activation": 1.5}, "uncounted work", 16.5 / 15),
        ({"norm": 0.5}, "uncounted work", 14 / 15),
    ],
)
def test_only_the_cause_moves_whose_operators_did(roles, cause, value):
    moved = {B0: {role: spent * roles.get(role, 1.0) for role, spent in ROLES.items()}}
    found = change_by_cause(nights(range(7)), nights(range(7, 14), roles=moved))
    assert tuple(found) == CAUSES
    assert found[cause].value == pytest.approx(value, rel=0.005)
    assert found[cause].low < found[cause].value < found[cause].high
    for other in set(CAUSES) - {cause}:
        assert found[other].value == pytest.approx(1, abs=0.005)


def waiting(run):
    """The same operators in a step that is a tenth longer."""
    rows = []
    for each in run.repeats:
        timing = each.outcome.timing
        steps = tuple(1.1 * step for step in timing.throughput)
        slow = replace(each.outcome, timing=replace(timing, throughput=steps))
        rows.append(replace(each, outcome=slow))
    return replace(run, repeats=tuple(rows))


def test_time_between_operators_is_the_framework():
    since = [steps_by_cause(waiting(night_run(number)))[B0.key] for number in range(7, 10)]
    found = change_by_cause(nights(range(7)), since)
    assert found["framework"].value == pytest.approx(1.1, rel=0.005)
    assert found["uncounted work"].value == pytest.approx(1, abs=0.005)


seconds = st.tuples(st.floats(1e-3, 1), st.floats(0, 1), st.floats(-5e-4, 1))
side = st.lists(seconds, min_size=1, max_size=5)


@settings(max_examples=50, deadline=None)
@given(side, side)
def test_they_multiply_to_the_ratio_of_the_steps(before, since):
    old, new = (
        [StepByCause(dict(zip(CAUSES, night, strict=True)), ("clock",)) for night in nights_there]
        for nights_there in (before, since)
    )
    steps = [
        np.log([sum(night) for night in nights_there]).mean() for nights_there in (before, since)
    ]
    product = math.prod(ratio.value for ratio in change_by_cause(old, new).values())
    assert math.log(product) == pytest.approx(steps[1] - steps[0], abs=1e-9)


def test_a_night_is_the_mean_of_its_processes():
    run = night_run(0)
    steps = [np.median(r.outcome.timing.throughput) for r in run.repeats if r.cell == B0]
    assert sum(steps_by_cause(run)[B0.key].seconds.values()) == pytest.approx(np.mean(steps))


def test_intervals_are_those_of_nights_and_one_on_each_side_has_none():
    few = change_by_cause(nights([0]), nights([1]))["slower arithmetic"]
    assert (few.method, few.bounded) == ("none", False)
    pooled = change_by_cause(nights(range(5)), nights([6]))["slower arithmetic"]
    welch = change_by_cause(nights(range(5)), nights(range(5, 9)))["slower arithmetic"]
    assert (pooled.method, pooled.n, welch.method, welch.n) == ("pooled", 1, "welch", 4)


def test_nights_that_were_profiled_otherwise_are_not_compared():
    by_clock = nights(range(5))
    marks = fingerprint(**{"device kind": "cpu", "method": "2"})
    later = nights(range(5, 8), fingerprint=marks)
    assert later[0].taken != by_clock[0].taken
    assert change_by_cause(by_clock, later) == {}
    found = change_by_cause([*by_clock, *nights([8], fingerprint=marks)], later)
    assert found["slower arithmetic"].n == 1


def test_what_was_not_profiled_or_counts_no_flops_is_not_told():
    run = night_run(0)
    lost = OpTime("op", "forward", "norm", "body", 0.01, counted=False)
    bare = Profile("dispatch clock", "profiled", 5, (lost,), 0.01, 0.01)
    rows = []
    for each in run.repeats:
        profile = {B0: None, RESNET: bare}.get(each.cell, each.outcome.profile)
        rows.append(replace(each, outcome=replace(each.outcome, profile=profile)))
    found = steps_by_cause(replace(run, repeats=tuple(rows)))
    assert {B0.key, RESNET.key} & found.keys() == set()
    assert found


def test_on_a_gpu_launches_are_the_third():
    marks = fingerprint(**{"device kind": "cuda", "method": "2"})
    (found,) = nights([0], fingerprint=marks)
    assert tuple(found.seconds) == ("slower arithmetic", "uncounted work", "launches")


def told(steps, macs=None):
    """The events of nights in which one series of ten steps by a tenth, with what they tell."""
    drawn = simulate(np.random.default_rng(3), 10, 30, Noise(0.005), steps)
    order = {night.run_id: place for place, night in enumerate(drawn.history.nights)}
    rows = {key.cell: row for row, key in enumerate(drawn.history.keys)}

    def read(run_id):
        spent = drawn.history.values[:, order[run_id]]
        return {
            cell: StepByCause(dict(zip(CAUSES, (spent[row], 0.0, 0.0), strict=True)), ("clock",))
            for cell, row in rows.items()
        }

    history = drawn.history
    if macs is not None:
        keys = tuple(replace(key, metric="macs") for key in history.keys)
        values = np.concatenate([history.values, np.where(steps > 1, macs, 1e9)])
        history = replace(history, keys=(*history.keys, *keys), values=values)
    _, _, night = replay(Nights(history, drawn.again), 28, Tonight(steps=read), remeasure=False)
    return [shown for shown in night.events if shown.event.metric == "step_seconds"]


STEP = np.ones((10, 30))
STEP[0, 24:] = 1.1


def test_an_event_tells_them_of_the_nights_around_its_step():
    (shown,) = told(STEP)
    assert shown.causes["slower arithmetic"].value == pytest.approx(1.1, rel=0.01)
    assert shown.causes["slower arithmetic"].n == 6


def test_an_event_tells_none_where_the_flops_moved_too():
    assert [bool(shown.causes) for shown in told(STEP, macs=2e9)] == [False]
    assert [bool(shown.causes) for shown in told(STEP, macs=1e9)] == [True]


class Damaged:
    """A store in which nothing can be read."""

    def load(self, run_id):
        raise StorageError(f"run {run_id} is damaged")


def test_a_damaged_night_keeps_nobody_from_the_others():
    tonight = night_run(3)
    stored = StoredSteps(Damaged(), tonight)
    assert stored.of(night_run(2).invocation.id) == {}
    assert stored.of(tonight.invocation.id).keys() == steps_by_cause(tonight).keys()
