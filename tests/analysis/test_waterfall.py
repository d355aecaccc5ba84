"""The waterfall: an identity, exactly, bar by bar and role by role."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from effprof.analysis.waterfall import CAUSES, Waterfall, log_mean, split_log_ratio, waterfalls
from effprof.core.cells import Cell
from effprof.core.estimates import Absent
from effprof.core.profiles import UNATTRIBUTED, OpTime
from effprof.study.study import Study
from tests.runs import CRASHED, measurement, profile, sample_run

B0, R50 = Cell("timm/efficientnet_b0", 224), Cell("timm/resnet50", 224)
REFERENCE = R50.model


def all_of(run):
    return waterfalls(Study(run).parts, REFERENCE)


def drawn(run):
    return {cell: each for cell, each in all_of(run).items() if isinstance(each, Waterfall)}


def trouble(part):
    return measurement(0.017, profile=profile(B0, 0.017), **part)


RUNS = {
    "plain": sample_run(),
    "one process": sample_run(repeats=1),
    "a repeat lost": sample_run(outcomes={(B0, 1): CRASHED}),
    "two repeats lost": sample_run(outcomes={(B0, 1): CRASHED, (B0, 2): CRASHED}),
    "operators outlast the step": sample_run(
        outcomes={(B0, i): replace(trouble({}), profile=profile(B0, 0.019)) for i in range(3)}
    ),
}


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_promise_times_bars_is_the_realised_speed_up_of_the_frame(run):
    frame, found = Study(run).frame, drawn(run)
    assert len(found) == 6
    for cell, fall in found.items():
        product = fall.promise.factor * math.prod(bar.factor for bar in fall.bars.values())
        assert product == pytest.approx(fall.realised, rel=1e-12)
        assert fall.realised == pytest.approx(frame.loc[cell.key, "realised"], rel=1e-12)
        assert fall.promise.factor == pytest.approx(frame.loc[cell.key, "promise"], rel=1e-12)
        assert tuple(fall.bars) == CAUSES


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_the_roles_of_every_bar_sum_to_its_logarithm(run):
    for fall in drawn(run).values():
        for bar in (fall.promise, *fall.bars.values()):
            assert sum(bar.by_role.values()) == pytest.approx(math.log(bar.factor), abs=1e-12)


def test_bars_are_the_factors_of_the_definition():
    run = sample_run()
    frame = Study(run).frame
    own, other = frame.loc[B0.key], frame.loc[R50.key]
    bars = all_of(run)[B0].bars

    def loss(above, below):
        return (other[above] / other[below]) / (own[above] / own[below])

    at_peak = (other["flops"] / other["roofline_seconds"]) / (
        own["flops"] / own["roofline_seconds"]
    )
    assert bars["arithmetic intensity"].factor == pytest.approx(1 / at_peak)
    assert bars["kernel efficiency"].factor == pytest.approx(loss("op_seconds", "roofline_seconds"))
    assert bars["idle device"].factor == pytest.approx(loss("step_seconds", "op_seconds"))


def test_operators_that_outlast_the_step_are_shown_as_they_are():
    bar = drawn(RUNS["operators outlast the step"])[B0].bars["idle device"]
    assert bar.factor > 1
    assert bar.factor > drawn(sample_run())[B0].bars["idle device"].factor


def test_time_of_no_role_is_a_part_of_the_kernels_bar():
    slow = profile(B0, 0.015)
    lost = OpTime("?", "forward", UNATTRIBUTED, "", 0.001, counted=False)
    outcomes = {
        (B0, i): measurement(0.017, profile=replace(slow, ops=(*slow.ops, lost))) for i in range(3)
    }
    fall = drawn(sample_run(outcomes=outcomes))[B0]
    assert fall.bars["kernel efficiency"].by_role[UNATTRIBUTED] < 0
    assert fall.bars["arithmetic intensity"].by_role.get(UNATTRIBUTED, 0.0) == 0


@pytest.mark.parametrize(
    ("run", "cell", "why"),
    [
        (sample_run(profiled=False), B0, "no profile was taken"),
        (sample_run(profiled=False), B0, "static cost by operator is not stored"),
        (replace(sample_run(), peaks=()), B0, "no product and copy were measured"),
        (sample_run(), R50, "it is the reference"),
        (
            sample_run(outcomes={(R50, i): measurement(0.08) for i in range(3)}),
            B0,
            "of the reference: no profile was taken",
        ),
        (
            sample_run(outcomes={(B0, i): trouble({"invalid_reasons": ("x",)}) for i in range(3)}),
            B0,
            "no valid measurement",
        ),
        (sample_run(outcomes={(B0, i): CRASHED for i in range(3)}), B0, "no valid measurement"),
    ],
)
def test_without_a_waterfall_it_says_why(run, cell, why):
    found = all_of(run)[cell]
    assert isinstance(found, Absent)
    assert why in found.reason


def test_a_reference_that_was_not_planned_is_named():
    found = waterfalls(Study(sample_run()).parts, "timm/vgg16")
    assert {each.reason for each in found.values()} == {
        "timm/vgg16 was not planned with equal axes"
    }


parts = st.dictionaries(st.sampled_from("abcdef"), st.floats(1e-9, 1e3), min_size=1)


@given(parts, parts)
def test_a_split_leaves_no_residue_whatever_roles_are_missing(above, below):
    whole, split = split_log_ratio(above, below)
    assert whole == pytest.approx(math.log(sum(above.values()) / sum(below.values())))
    assert sum(split.values()) == pytest.approx(whole, rel=1e-9, abs=1e-9)
    assert set(split) == {*above, *below}


@given(st.floats(1e-9, 1e3), st.floats(1e-16, 1.0))
def test_a_logarithmic_mean_lies_between_the_geometric_and_the_arithmetic_one(low, apart):
    high = low * (1.0 + apart)
    mean = log_mean(low, high)
    assert mean == log_mean(high, low)
    assert math.sqrt(low) * math.sqrt(high) == pytest.approx(mean, rel=apart**2 / 8 + 1e-14)
    assert (low + high) / 2 == pytest.approx(mean, rel=apart**2 / 8 + 1e-14)


@given(parts, parts)
def test_a_split_turned_round_changes_its_sign(above, below):
    whole, split = split_log_ratio(above, below)
    back, turned = split_log_ratio(below, above)
    assert back == pytest.approx(-whole)
    assert turned == pytest.approx({name: -part for name, part in split.items()})


def test_the_worst_cause_is_the_one_that_most_is_lost_to():
    for fall in drawn(sample_run()).values():
        assert all(fall.bars[fall.worst].factor <= bar.factor for bar in fall.bars.values())
