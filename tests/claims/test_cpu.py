"""Group B on made-up CPUs: each claim stands where it should, falls where it should."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from effprof.analysis.loglog import Points, r_squared_gain
from effprof.claims.claim import Answer, NotMeasured
from effprof.claims.claim_verdicts import settle
from effprof.claims.correlations import williams, williams_of
from effprof.claims.cpu import CLAIMS
from effprof.claims.evidence import evidence_of
from effprof.claims.predictors import ZOO
from effprof.core.cells import Cell
from effprof.core.costs import Cost, StaticCost
from effprof.core.outcomes import Measurement, Repeat, Timing
from effprof.core.profiles import OpTime, Profile
from effprof.core.runs import Invocation, Run
from effprof.models.registry import registered
from effprof.study.study import Study
from tests.runs import fingerprint

B1, RESNET_152 = Cell("timm/efficientnet_b1", 240), Cell("timm/resnet152", 224)
UNFUSED = Cell("effprof:efficientnet?act=silu_unfused", 224)
MACS = {B1: 687e6, RESNET_152: 11_514e6}
PROCESSES = 5


def noise(rng):
    return math.exp(rng.normal(0, 0.01))


def profile(shares, seconds=0.02):
    ops = tuple(
        OpTime(op, "forward", role, "blocks.0", share * seconds, counted=False)
        for (role, op), share in shares.items()
    )
    return Profile("dispatch clock", "profiled", 5, ops, seconds, seconds)


def cost(cell, macs, acts=1e6):
    total = Cost(1, int(macs), int(acts), 1, 1)
    counter = "effprof static cost 2 (made up)"
    key = cell.model, cell.resolution, "infer", cell.batch_size, "float32"
    return StaticCost(*key, 1, total, counter=counter)


def cpu(cells, costs=(), profiles=None, kind="cpu"):
    """Evidence of a CPU on which each cell takes so many seconds per step, in five processes."""
    rng = np.random.default_rng(8)
    repeats = tuple(
        Repeat(cell, index, done, "2026-11-21T08:00:00+00:00", 1.0)
        for index in range(PROCESSES)
        for cell, seconds in cells.items()
        for step in [seconds * noise(rng)]
        for done in [
            Measurement(Timing((step,) * 9, (), (), step), profile=(profiles or {}).get(cell))
        ]
    )
    marks = fingerprint(**{"device kind": kind, "allocator": "glibc, heap kept"})
    invocation = Invocation(
        *("20261121-080000-a", "2026-11-21T08:00:00+00:00", "effprof run cpu", "cpu", "0" * 64),
        *("timm/resnet50", "Some CPU", marks, tuple(cells), PROCESSES),
    )
    return evidence_of([Study(Run(invocation, "complete", costs=tuple(costs), repeats=repeats))])


def finding(claim_id, evidence):
    (found,) = settle([claim for claim in CLAIMS if claim.id == claim_id], evidence)
    return found


def answer(found, part_id):
    (part,) = (part for part in found.parts if part.part.id == part_id)
    return part.rows[0].answer


@pytest.mark.parametrize(
    ("speed", "published", "direction"),
    [
        (5.7, "supported", "supported"),
        (9.0, "refuted", "supported"),
        (7.0, "inconclusive", "supported"),
        (0.8, "refuted", "refuted"),
    ],
)
def test_b1_against_resnet_152(speed, published, direction):
    found = finding("C5", cpu({B1: 0.1, RESNET_152: 0.1 * speed}))
    assert [part.verdict for part in found.parts] == [published, direction]
    assert found.verdict == published
    assert "allocator: glibc, heap kept" in found.parts[0].rows[0].answer.note


def test_macs_per_second_are_speed_times_macs():
    speed = 6.0
    costs = [cost(cell, macs) for cell, macs in MACS.items()]
    found = finding("C6", cpu({B1: 0.1, RESNET_152: 0.1 * speed}, costs))
    expected = speed * MACS[B1] / MACS[RESNET_152]
    assert answer(found, "macs_per_second").estimate.value == pytest.approx(expected, rel=0.02)
    assert found.verdict == "supported"
    slow = finding("C6", cpu({B1: 0.1, RESNET_152: 2.0}, costs))
    assert slow.verdict == "refuted"


def test_without_a_cost_the_macs_per_second_are_not_measured():
    found = finding("C6", cpu({B1: 0.1, RESNET_152: 0.6}, [cost(B1, MACS[B1])]))
    assert found.verdict == "not measured"
    assert [(w.model, w.static) for w in found.missing] == [("timm/resnet152", True)]


def test_other_batches_threads_precisions_and_devices_say_nothing():
    wrong = (
        {"batch_size": 8},
        {"threads": 2},
        {"precision": "amp-bf16"},
        {"execution": "compile"},
    )
    for axes in wrong:
        cells = {Cell(c.model, c.resolution, **axes): s for c, s in ((B1, 0.1), (RESNET_152, 0.6))}
        assert finding("C5", cpu(cells)).verdict == "not measured"
    assert finding("C5", cpu({B1: 0.1, RESNET_152: 0.6}, kind="cuda")).verdict == "not measured"


def zoo(power_of_macs, power_of_acts, titles=ZOO):
    """Networks whose time is a product of powers of their MACs and activations, and noise."""
    rng = np.random.default_rng(9)
    rows = {row.title: row for row in registered()}
    cells, costs = {}, []
    for title in titles:
        row = rows[title]
        cell = Cell(row.names[0], row.resolution)
        acts = 3e3 * row.macs**0.4 * math.exp(rng.normal(0, 0.7))
        seconds = 1e-9 * row.macs**power_of_macs * acts**power_of_acts
        cells[cell] = seconds * math.exp(rng.normal(0, 0.05))
        costs.append(cost(cell, row.macs, acts))
    return cpu(cells, costs)


def test_where_macs_make_the_time_they_predict_it():
    found = finding("C7", zoo(0.9, 0.0))
    told = answer(found, "r_squared")
    assert found.verdict == "supported"
    assert 0 < told.estimate.low < told.estimate.value < told.estimate.high
    assert told.estimate.n == len(ZOO)
    assert "Williams' test t = " in told.note
    assert "without " in told.note


def test_where_activations_make_the_time_the_claim_falls():
    found = finding("C7", zoo(0.0, 0.9))
    assert found.verdict == "refuted"
    assert "t = -" in answer(found, "r_squared").note


def test_too_few_networks_are_not_enough_and_those_missing_are_named():
    found = finding("C7", zoo(0.9, 0.0, ZOO[:20]))
    assert isinstance(found.parts[0].rows[0].answer, NotMeasured)
    assert len(found.missing) == len(ZOO) - 20
    assert "20 networks" in found.parts[0].reason


def test_the_difference_is_that_of_two_straight_lines():
    (evidence,) = zoo(0.6, 0.3)
    macs, acts, time = (
        np.log([value(each) for each in evidence.cells])
        for value in (
            lambda e: e.cost.total.macs,
            lambda e: e.cost.total.activations,
            lambda e: e.breakdown.wall,
        )
    )
    r_squared = [stats.linregress(x, time).rvalue ** 2 for x in (macs, acts)]
    told = answer(finding("C7", (evidence,)), "r_squared")
    assert told.estimate.value == pytest.approx(r_squared[0] - r_squared[1])
    families = {row.title: row.family for row in registered()}
    gain = r_squared_gain(Points(macs, acts, time, tuple(families[title] for title in ZOO)))
    assert (told.estimate.low, told.estimate.high) == pytest.approx(
        (-gain.high, -gain.low), rel=0.02
    )


@pytest.mark.parametrize(("sigmoid", "verdict"), [(0.25, "supported"), (0.05, "refuted")])
def test_the_share_of_unfused_activations(sigmoid, verdict):
    shares = {
        ("activation", "sigmoid"): sigmoid,
        ("activation", "mul"): 0.06,
        ("SE gate", "sigmoid"): 0.01,
        ("SE scale", "mul"): 0.02,
        ("pointwise conv", "convolution"): 0.91 - sigmoid,
    }
    found = finding("C8", cpu({UNFUSED: 0.02}, profiles={UNFUSED: profile(shares)}))
    assert found.verdict == verdict
    assert answer(found, "activation_unfused").estimate.value == pytest.approx(sigmoid + 0.06)
    assert answer(found, "sigmoid_unfused").estimate.value == pytest.approx(sigmoid + 0.01)
    assert answer(found, "multiplication_unfused").estimate.value == pytest.approx(0.08)


def test_without_a_profile_the_share_is_not_measured():
    found = finding("C8", cpu({UNFUSED: 0.02}))
    assert found.verdict == "not measured"
    assert found.missing[0].model == UNFUSED.model
    assert found.missing[0].profile


def test_williams_test_is_that_of_steigers_example():
    """Steiger 1980, p. 247: masculinity and femininity with verbal ability, n = 103."""
    t, p = williams(0.5, 0.4, 0.1, 103)
    assert (round(t, 2), round(p, 2)) == (0.89, 0.37)


def test_williams_test_turns_its_sign_with_the_predictors():
    forth, back = williams(0.8, 0.6, 0.7, 30), williams(0.6, 0.8, 0.7, 30)
    assert forth[0] == pytest.approx(-back[0])
    assert forth[1] == pytest.approx(back[1])


def test_williams_test_keeps_its_level():
    """Equal correlations are called different in one zoo of twenty."""
    matrix = [[1, 0.7, 0.8], [0.7, 1, 0.8], [0.8, 0.8, 1]]
    drawn = np.random.default_rng(4).standard_normal((2000, 30, 3)) @ np.linalg.cholesky(matrix).T
    names = tuple(map(str, range(30)))
    called = np.mean([williams_of(Points(*each.T, families=names))[1] < 0.05 for each in drawn])
    assert 0.035 <= called <= 0.065


def test_every_claim_asks_for_what_would_settle_it():
    for claim in CLAIMS:
        assert claim.wanted, claim.id
        assert {wish.batch_size for wish in claim.wanted} == {1}
        assert {wish.precision for wish in claim.wanted} == {"fp32"}


def test_estimates_are_of_five_processes():
    found = finding("C5", cpu({B1: 0.1, RESNET_152: 0.57}))
    told = answer(found, "speed_as_published")
    assert isinstance(told, Answer)
    assert (told.estimate.n, told.of) == (PROCESSES, "processes")


def test_other_batches_take_no_part_in_the_fit():
    """Thirty-five networks at batch 8, where activations make the time, beside 28 at batch 1."""
    (single,), (batched,) = zoo(0.9, 0.0, ZOO[:28]), zoo(0.0, 0.9)

    def at_eight(each):
        cell = replace(each.cell, batch_size=8)
        return replace(each, cell=cell, pooled=replace(each.pooled, cell=cell))

    both = replace(single, cells=(*single.cells, *map(at_eight, batched.cells)))
    assert answer(finding("C7", (both,)), "r_squared") == answer(
        finding("C7", (single,)), "r_squared"
    )
