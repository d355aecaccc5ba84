"""The roofline: bounds that no operator can beat, ceilings of the right precision and memory."""

from dataclasses import replace

import pytest

from effprof.analysis.regimes import LAUNCH_BOUND_BELOW, Evidence, regime_of
from effprof.analysis.roofline import Ceilings, bound, ceilings_of, copy_peaks, roofline
from effprof.core.cells import Cell
from effprof.core.costs import Cost
from effprof.core.estimates import Absent
from effprof.core.runs import Peak
from effprof.study.study import Study
from tests.runs import OUT_OF_MEMORY, profile, sample_run, static_cost

B0 = Cell("timm/efficientnet_b0", 224)
CEILINGS = Ceilings(100.0, 10.0)


def roof_of(run, cell=B0):
    return roofline(cell, static_cost(cell), ceilings_of(run))


def test_an_operator_is_bound_by_the_slower_of_arithmetic_and_memory():
    compute = bound(Cost(1, 500, 0, 10, 10), CEILINGS)
    memory = bound(Cost(1, 50, 0, 30, 20), CEILINGS, count=3)
    assert (compute.seconds, compute.memory_bound) == (10.0, 0.0)
    assert (memory.arithmetic, memory.seconds, memory.memory_bound) == (3.0, 15.0, 15.0)
    assert CEILINGS.ridge == 10.0


def test_the_roofline_is_the_plain_sum_over_all_operators():
    found = roof_of(sample_run())
    ceilings, cost = found.ceilings, static_cost(B0)
    slow = 0.0
    for kind in cost.kinds:
        for _ in range(kind.count):
            arithmetic = 2 * kind.each.macs / ceilings.flops_per_second
            traffic = kind.each.bytes_read + kind.each.bytes_written
            slow += max(arithmetic, traffic / ceilings.bytes_per_second)
    assert found.total.seconds == pytest.approx(slow)
    assert found.total.arithmetic == pytest.approx(cost.total.flops / 237e9)
    assert found.total.memory == pytest.approx(cost.total.bytes_moved / 36.6e9)
    assert set(found.by_role) == set(cost.by_role)


def test_the_roofline_is_at_least_each_of_its_two_bounds():
    for model in ("timm/efficientnet_b0", "timm/resnet50", "timm/resnet18"):
        for each in (roof_of(sample_run(), Cell(model, 224)).by_role).values():
            assert each.seconds >= max(each.arithmetic, each.memory) * (1 - 1e-12)
            assert 0 <= each.memory_bound <= each.seconds


def test_bandwidth_is_that_of_the_largest_copy_of_the_thread_count():
    copies = (
        Peak("copy", "fp32", "1 MiB", 97e9),
        Peak("copy", "fp32", "256 MiB", 36e9),
        Peak("copy", "fp32", "2 GiB", 41e9, threads=2),
        Peak("copy", "fp32", "16 MiB", 64e9),
        Peak("copy", "fp32", "enormous", 1e15),
    )
    found = copy_peaks(replace(sample_run(), peaks=copies))
    assert {threads: peak.value for threads, peak in found.items()} == {1: 36e9, 2: 41e9}


def test_ceilings_belong_to_a_precision_and_thread_count():
    run = sample_run()
    more = (Peak("matmul", "fp32", "n", 5e11, threads=2), Peak("matmul", "amp-bf16", "n", 9e11))
    found = ceilings_of(replace(run, peaks=run.peaks + more))
    assert found == {("fp32", 1): Ceilings(237e9, 36.6e9), ("amp-bf16", 1): Ceilings(9e11, 36.6e9)}


@pytest.mark.parametrize(
    ("cost", "peaks", "why"),
    [
        (None, sample_run().peaks, "static cost by operator is not stored"),
        (replace(static_cost(B0), kinds=()), sample_run().peaks, "static cost by operator"),
        (static_cost(B0), (), "no product and copy were measured at fp32, 1 thread"),
        (static_cost(B0), sample_run().peaks[:2], "no product and copy were measured"),
    ],
)
def test_without_cost_or_ceilings_it_says_why(cost, peaks, why):
    found = roofline(B0, cost, ceilings_of(replace(sample_run(), peaks=peaks)))
    assert isinstance(found, Absent)
    assert why in found.reason


@pytest.mark.parametrize(
    ("evidence", "name", "borderline"),
    [
        (Evidence(0.4, 0.9, 3.0), "launch-bound", False),
        (Evidence(LAUNCH_BOUND_BELOW - 0.01, 0.5, 3.0), "launch-bound", True),
        (Evidence(LAUNCH_BOUND_BELOW + 0.01, 0.9, 3.0), "memory-bound", True),
        (Evidence(0.99, 0.9, 3.0), "memory-bound", False),
        (Evidence(0.99, 0.5, 3.0), "memory-bound", True),
        (Evidence(0.99, 0.49, 3.0), "compute-bound", True),
        (Evidence(1.05, 0.1, 3.0), "compute-bound", False),
    ],
)
def test_a_regime_follows_from_its_evidence(evidence, name, borderline):
    regime = regime_of(evidence)
    assert (regime.name, regime.borderline) == (name, borderline)
    assert ("borderline" in regime.why) == borderline


def test_a_device_that_waits_is_launch_bound_whatever_its_roofline():
    run = sample_run((1,), 1)
    step = run.repeats[1].outcome
    slow = replace(step, profile=profile(B0, step.profile.plain_seconds, gap=3e-5))
    rows = tuple(replace(r, outcome=slow) if r.cell == B0 else r for r in run.repeats)
    assert Study(replace(run, repeats=rows)).parts[B0].regime.name == "launch-bound"
    assert Study(run).parts[B0].regime.name == "memory-bound"


def test_the_frame_tells_regime_operators_roofline_and_what_flops_do_not_see():
    row = Study(sample_run()).frame.loc[B0.key]
    assert row["regime"] == "memory-bound"
    assert row["roofline_seconds"] < row["op_seconds"] < row["step_seconds"]
    assert row["flop_invisible_share"] == pytest.approx(
        0.03 + 0.034 + 0.0015 + 0.12 + 0.12 + 0.006 + 0.004
    )


def test_the_frame_of_a_run_without_profiles_holds_no_such_number():
    for run in (
        sample_run(profiled=False),
        sample_run(outcomes={(B0, i): OUT_OF_MEMORY for i in range(3)}),
    ):
        row = Study(run).frame.loc[B0.key]
        assert row["regime"] == ""
        assert row[["op_seconds", "flop_invisible_share"]].isna().all()
