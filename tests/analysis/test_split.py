"""The split: an identity in every round and over them, factor by factor and role by role."""

import math
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effprof.analysis.split import Split, causes_on, over_splits, splits
from effprof.core.cells import Cell
from effprof.core.estimates import Absent
from effprof.core.profiles import UNATTRIBUTED, OpTime
from effprof.study.study import Study
from tests.runs import CRASHED, fingerprint, measurement, profile, sample_run, static_cost

B0, R50 = Cell("timm/efficientnet_b0", 224), Cell("timm/resnet50", 224)
REFERENCE = R50.model


def all_of(run, reference=REFERENCE, kind="cpu"):
    return splits(Study(run).parts, reference, kind)


def drawn(run):
    return {cell: each for cell, each in all_of(run).items() if isinstance(each, Split)}


def taken(cell, step, operators, **fields):
    """A process whose step and whose operators were taken in passes of their own."""
    return measurement(step, profile=profile(cell, operators), **fields)


#: Steps and operators of three rounds of both networks, none of them in step with another.
UNEVEN = {
    (cell, index): taken(cell, step, step * share)
    for cell, rounds in {
        B0: ((0.017, 0.9), (0.021, 1.1), (0.016, 0.8)),
        R50: ((0.080, 1.0), (0.071, 0.95), (0.096, 1.05)),
    }.items()
    for index, (step, share) in enumerate(rounds)
}

RUNS = {
    "plain": sample_run(),
    "one process": sample_run(repeats=1),
    "a repeat lost": sample_run(outcomes={(B0, 1): CRASHED}),
    "uneven rounds": sample_run(outcomes=UNEVEN),
    "operators outlast the step": sample_run(
        outcomes={(B0, i): taken(B0, 0.017, 0.019) for i in range(3)}
    ),
}


def product(split):
    return math.prod(factor.whole.value for factor in split.factors.values())


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_promise_over_the_factors_is_the_realised_speed_up_of_the_frame(run):
    frame, found = Study(run).frame, drawn(run)
    assert len(found) == 6
    for cell, split in found.items():
        assert split.promise / product(split) == pytest.approx(split.realised.value, rel=1e-12)
        if frame.loc[cell.key, "realised_method"] == "paired":  # else of more than common rounds
            assert split.realised.value == pytest.approx(frame.loc[cell.key, "realised"], rel=1e-12)
        assert split.promise == pytest.approx(frame.loc[cell.key, "promise"], rel=1e-12)
        assert tuple(split.factors) == causes_on("cpu")


def alone(run, index):
    """The same run as if only one of its rounds had been measured."""
    return replace(run, repeats=tuple(each for each in run.repeats if each.index == index))


seconds = st.floats(1e-3, 1.0)
rounds = st.lists(st.tuples(seconds, seconds, seconds, seconds), min_size=2, max_size=4)


@settings(max_examples=30, deadline=None)
@given(rounds)
def test_the_product_is_exact_in_every_round_and_so_over_all_of_them(drawn_rounds):
    outcomes = {}
    for index, (own, own_ops, other, other_ops) in enumerate(drawn_rounds):
        outcomes[B0, index] = taken(B0, own, own_ops + 0.01)
        outcomes[R50, index] = taken(R50, other, other_ops + 0.01)
    run = sample_run((1,), len(drawn_rounds), outcomes)
    whole = all_of(run)[B0]
    each = [all_of(alone(run, index))[B0] for index in range(len(drawn_rounds))]
    for split, (own, _, other, _) in zip(each, drawn_rounds, strict=True):
        assert product(split) == pytest.approx(split.promise / (other / own), rel=1e-9)
    for cause, factor in whole.factors.items():
        logs = [math.log(split.factors[cause].whole.value) for split in each]
        assert math.log(factor.whole.value) == pytest.approx(sum(logs) / len(logs), abs=1e-9)
    assert product(whole) == pytest.approx(whole.promise / whole.realised.value, rel=1e-9)


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_the_roles_and_the_libraries_of_a_factor_multiply_to_it(run):
    for split in drawn(run).values():
        arithmetic, uncounted, between = split.factors.values()
        for parts, factor in (
            (arithmetic.by_role, arithmetic),
            (arithmetic.by_library, arithmetic),
            (uncounted.by_role, uncounted),
        ):
            told = math.prod(part.value for part in parts.values())
            assert told == pytest.approx(factor.whole.value, rel=1e-9)
        assert between.by_role == between.by_library == uncounted.by_library == {}


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_slower_operators_and_other_operators_multiply_to_slower_arithmetic(run):
    for split in drawn(run).values():
        whole = split.factors["slower arithmetic"].whole.value
        both = split.arithmetic
        assert both.same_roles.value * both.other_roles.value == pytest.approx(whole, rel=1e-9)


def with_arithmetic(run, seconds_per_flop):
    """The run with counted operators of each role of B0 and ResNet-50 at a pace of their own."""
    rows = []
    for each in run.repeats:
        costs = {role: cost.flops for role, cost in static_cost(each.cell).by_role.items()}
        seen = each.outcome.profile
        calls = Counter(op.role for op in seen.ops if op.counted)
        ops = tuple(
            replace(
                op, seconds=seconds_per_flop(each.cell, op.role) * costs[op.role] / calls[op.role]
            )
            if op.counted
            else op
            for op in seen.ops
        )
        rows.append(replace(each, outcome=replace(each.outcome, profile=replace(seen, ops=ops))))
    return replace(run, repeats=tuple(rows))


def test_other_operators_alone_slow_down_what_runs_each_role_as_fast():
    """Each role has one pace in both networks: what differs is where their FLOPs are."""
    pace = {"depthwise conv": 8e-11, "pointwise conv": 1e-11}
    run = with_arithmetic(sample_run((1,)), lambda _, role: pace.get(role, 5e-12))
    found = all_of(run)[B0]
    assert found.arithmetic.same_roles.value == pytest.approx(1)
    whole = found.factors["slower arithmetic"].whole.value
    assert found.arithmetic.other_roles.value == pytest.approx(whole)
    assert whole > 1.2


@pytest.mark.parametrize("name", ["timm/efficientnet_b0", "timm/resnet18"])
def test_slower_operators_alone_slow_down_what_runs_every_role_slower(name):
    """Also where the reference lacks a role, which then is as slow as the others."""
    run = with_arithmetic(sample_run((1,)), lambda cell, _: 3e-11 if cell.model == name else 1e-11)
    found = all_of(run)[Cell(name, 224)].arithmetic
    assert found.same_roles.value == pytest.approx(3)
    assert found.other_roles.value == pytest.approx(1)


def test_factors_are_those_of_the_definition():
    run = sample_run(repeats=1)
    own, other = (Study(run).parts[cell] for cell in (B0, R50))
    sides = [
        (
            sum(op.seconds for op in part.profile.ops if op.counted) / part.cost.total.flops,
            1 / (1 - part.profile.flop_invisible_share),
            part.wall / part.profile.op_seconds,
        )
        for part in (own, other)
    ]
    expected = [ours / theirs for ours, theirs in zip(*sides, strict=True)]
    found = [factor.whole.value for factor in all_of(run)[B0].factors.values()]
    assert found == pytest.approx(expected)


def test_an_interval_is_that_of_the_rounds_and_fewer_than_three_have_none():
    found = all_of(RUNS["uneven rounds"])[B0]
    for factor in (*(each.whole for each in found.factors.values()), found.realised):
        assert (factor.method, factor.n) == ("paired", 3)
        assert factor.low < factor.value < factor.high
    for count in (1, 2):
        few = all_of(sample_run(repeats=count, outcomes=UNEVEN))[B0]
        parts = [each for factor in few.factors.values() for each in parts_of(factor)]
        assert {(each.method, each.n) for each in (*parts, few.realised)} == {("none", count)}
        assert few.rounds == count
        assert product(few) == pytest.approx(few.promise / few.realised.value, rel=1e-12)
        part = Study(sample_run(repeats=count, outcomes=UNEVEN)).parts[B0]
        assert not part.without(lambda op: not op.counted).bounded


def parts_of(factor):
    """What a factor is told by: itself, its roles and its libraries."""
    return (factor.whole, *factor.by_role.values(), *factor.by_library.values())


def test_only_rounds_in_which_both_were_profiled_count():
    bare = replace(UNEVEN[R50, 1], profile=None)
    split = all_of(sample_run(outcomes=UNEVEN | {(R50, 1): bare}))[B0]
    without = {key: each for key, each in UNEVEN.items() if key[1] != 1}
    assert split.rounds == 2
    realised = [
        without[R50, i].timing.throughput[0] / without[B0, i].timing.throughput[0] for i in (0, 2)
    ]
    assert split.realised.value == pytest.approx(math.sqrt(math.prod(realised)))


def test_a_rough_cell_makes_its_factors_less_certain():
    rough = {
        (B0, index): replace(UNEVEN[B0, index], rough_reasons=("others",)) for index in range(3)
    }
    plain, doubted = (
        all_of(sample_run(outcomes=UNEVEN))[B0],
        all_of(sample_run(outcomes=UNEVEN | rough))[B0],
    )
    for sure, unsure in zip(plain.factors.values(), doubted.factors.values(), strict=True):
        assert unsure.whole.value == sure.whole.value
        assert unsure.whole.low < sure.whole.low < sure.whole.high < unsure.whole.high


def test_the_third_factor_is_called_by_what_stands_between_operators():
    assert causes_on("cpu")[-1] == causes_on("none")[-1] == "framework"
    assert causes_on("cuda")[-1] == "launches"
    run = sample_run(fingerprint=fingerprint(**{"device kind": "cuda"}))
    assert tuple(Study(run).splits[B0].factors) == causes_on("cuda")


def test_operators_that_outlast_the_step_are_shown_as_they_are():
    factor = drawn(RUNS["operators outlast the step"])[B0].factors["framework"].whole
    assert factor.value < 1
    assert factor.value < drawn(sample_run())[B0].factors["framework"].whole.value


def test_time_of_no_role_is_uncounted_work():
    slow = profile(B0, 0.015)
    lost = OpTime("?", "forward", UNATTRIBUTED, "", 0.001, counted=False)
    outcomes = {
        (B0, i): measurement(0.017, profile=replace(slow, ops=(*slow.ops, lost))) for i in range(3)
    }
    arithmetic, uncounted, _ = drawn(sample_run(outcomes=outcomes))[B0].factors.values()
    assert uncounted.by_role[UNATTRIBUTED].value > 1
    assert UNATTRIBUTED not in arithmetic.by_role


def invalid(index):
    return taken(B0, 0.017, 0.017, invalid_reasons=("x",))


def uncounting(index):
    seen = profile(B0, 0.017)
    ops = tuple(replace(op, counted=False) for op in seen.ops)
    return measurement(0.017, profile=replace(seen, ops=ops))


@pytest.mark.parametrize(
    ("run", "cell", "why"),
    [
        (sample_run(profiled=False), B0, "no profile was taken"),
        (replace(sample_run(), costs=(static_cost(R50),)), B0, "the static cost is not stored"),
        (sample_run(), R50, "it is the reference"),
        (
            sample_run(outcomes={(R50, i): measurement(0.08) for i in range(3)}),
            B0,
            "of the reference: no profile was taken",
        ),
        (sample_run(outcomes={(B0, i): invalid(i) for i in range(3)}), B0, "no valid measurement"),
        (sample_run(outcomes={(B0, i): CRASHED for i in range(3)}), B0, "no valid measurement"),
        (
            sample_run(outcomes={(B0, i): uncounting(i) for i in range(3)}),
            B0,
            "no operator that counts FLOPs",
        ),
        (
            sample_run(
                outcomes={(B0, 1): CRASHED, (B0, 2): CRASHED, (R50, 0): CRASHED},
            ),
            B0,
            "no round has a profile of both networks",
        ),
    ],
)
def test_what_cannot_be_split_says_why(run, cell, why):
    found = all_of(run)[cell]
    assert isinstance(found, Absent)
    assert why in found.reason


def test_peaks_are_not_needed():
    assert isinstance(all_of(replace(sample_run(), peaks=()))[B0], Split)


def test_a_reference_that_was_not_planned_is_named():
    found = all_of(sample_run(), "timm/vgg16")
    assert {each.reason for each in found.values()} == {
        "timm/vgg16 was not planned with equal axes"
    }


def test_the_worst_cause_is_the_one_that_most_is_lost_to():
    for split in drawn(sample_run()).values():
        worst = split.factors[split.worst].whole.value
        assert all(worst >= factor.whole.value for factor in split.factors.values())


def test_splits_of_several_runs_multiply_to_what_these_realised():
    several = [drawn(run) for run in (RUNS["plain"], *(alone(RUNS["plain"], i) for i in range(2)))]
    for cell in several[0]:
        found = [each[cell] for each in several]
        told = over_splits(found)
        logs = [math.log(each.realised.value) for each in found]
        assert math.log(told.realised.value) == pytest.approx(math.fsum(logs) / 3, abs=1e-12)
        assert told.promise / product(told) == pytest.approx(told.realised.value, rel=1e-12)
        assert told.rounds == sum(each.rounds for each in found)
        for factor in told.factors.values():
            assert (factor.whole.method, factor.whole.n) == ("over runs", 3)
        arithmetic = told.factors["slower arithmetic"]
        parts = (told.arithmetic.same_roles.value, told.arithmetic.other_roles.value)
        assert math.prod(parts) == pytest.approx(arithmetic.whole.value, rel=1e-12)
        for parts_of_it in (arithmetic.by_role, arithmetic.by_library):
            product_of_it = math.prod(each.value for each in parts_of_it.values())
            assert product_of_it == pytest.approx(arithmetic.whole.value, rel=1e-12)
            assert list(parts_of_it.values()) == sorted(
                parts_of_it.values(), key=lambda each: -each.value
            )
