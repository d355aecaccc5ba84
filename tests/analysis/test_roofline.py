"""The roofline: bounds that no operator can beat, ceilings of the right precision and memory."""

from dataclasses import replace

import pytest

from effprof.analysis.regimes import BUSY_FROM, Evidence, regime_of
from effprof.analysis.roofline import (
    MAIN_MEMORY,
    Ceilings,
    Level,
    bound,
    ceilings_of,
    memory_levels,
    roofline,
)
from effprof.core.cells import Cell
from effprof.core.costs import Cost
from effprof.core.estimates import Absent
from effprof.core.runs import Peak
from effprof.device.peaks import _size, copy_sizes
from effprof.study.study import Study
from tests.runs import IDENTITY, OUT_OF_MEMORY, fingerprint, profile, sample_run, static_cost

B0 = Cell("timm/efficientnet_b0", 224)
MEMORY, CACHE = Level(MAIN_MEMORY, "256 MiB", 10.0), Level("L2", "256 KiB", 50.0)
CEILINGS = Ceilings(100.0, (MEMORY, CACHE))


def roof_of(run, cell=B0):
    return roofline(cell, static_cost(cell), ceilings_of(run))


def test_an_operator_is_bound_by_the_slower_of_arithmetic_and_memory():
    compute = bound(Cost(1, 500, 0, 10, 10), CEILINGS, MEMORY)
    memory = bound(Cost(1, 50, 0, 30, 20), CEILINGS, MEMORY, count=3)
    cached = bound(Cost(1, 50, 0, 30, 20), CEILINGS, CACHE, count=3)
    assert (compute.seconds, compute.memory_bound) == (10.0, 0.0)
    assert (memory.seconds, memory.memory_bound) == (15.0, 15.0)
    assert (cached.seconds, cached.memory_bound) == (3.0, 0.0)
    assert (CEILINGS.ridge(MEMORY), CEILINGS.ridge(CACHE)) == (10.0, 2.0)


def test_the_roofline_is_the_plain_sum_over_all_operators_at_every_level():
    copies = (Peak("copy", "fp32", "1 MiB", 97e9),)
    run = sample_run()
    found = roof_of(replace(run, peaks=run.peaks + copies))
    cost = static_cost(B0)
    for level in found.ceilings.levels:
        slow = 0.0
        for kind in cost.kinds:
            for _ in range(kind.count):
                arithmetic = 2 * kind.each.macs / found.ceilings.flops_per_second
                traffic = kind.each.bytes_read + kind.each.bytes_written
                slow += max(arithmetic, traffic / level.bytes_per_second)
        assert found.at[level.name].seconds == pytest.approx(slow)
    assert found.seconds == found.at[MAIN_MEMORY].seconds > found.at["copies of 1 MiB"].seconds


def test_the_share_that_memory_bounds_falls_with_every_faster_level():
    run = sample_run()
    copies = tuple(Peak("copy", "fp32", f"{2**n} MiB", 1e12 / (n + 5)) for n in range(8))
    for model in ("timm/efficientnet_b0", "timm/resnet50", "timm/resnet18"):
        found = roof_of(replace(run, peaks=run.peaks + copies), Cell(model, 224))
        shares = [*found.memory_shares.values()]
        assert len(shares) == 9
        assert shares == sorted(shares, reverse=True)
        assert all(0 <= share <= 1 for share in shares)


COPIES = (
    Peak("copy", "fp32", "1 MiB", 97e9),
    Peak("copy", "fp32", "256 MiB", 36e9),
    Peak("copy", "fp32", "2 GiB", 41e9, threads=2),
    Peak("copy", "fp32", "16 MiB", 64e9),
    Peak("copy", "fp32", "enormous", 1e15),
)


def levels_of(peaks, **gating):
    run = sample_run(fingerprint=fingerprint(**gating))
    found = memory_levels(replace(run, peaks=peaks))
    return {
        threads: {level.name: level.bytes_per_second for level in levels}
        for threads, levels in found.items()
    }


def test_a_run_that_tells_no_caches_has_a_line_for_every_copy():
    assert levels_of(COPIES) == {
        1: {MAIN_MEMORY: 36e9, "copies of 16 MiB": 64e9, "copies of 1 MiB": 97e9},
        2: {MAIN_MEMORY: 41e9},
    }
    assert levels_of(COPIES[1:2]) == {1: {MAIN_MEMORY: 36e9}}


def test_a_copy_is_in_the_smallest_cache_that_holds_both_halves():
    assert levels_of(COPIES, **IDENTITY)[1] == {MAIN_MEMORY: 36e9, "L3": 97e9}
    larger = {"caches": "L1d 32 KiB, L1i 32 KiB, L2 512 KiB, L2 2 MiB, L3 16 MiB"}
    small = Peak("copy", "fp32", "256 KiB", 120e9)
    assert levels_of((*COPIES, small), **larger)[1] == {
        MAIN_MEMORY: 36e9,
        "L3": 97e9,
        "L2": 120e9,
    }


def test_the_copies_of_a_gpu_are_all_in_its_memory():
    peaks = (Peak("copy", "fp32", "1024 MiB", 2.9e12), Peak("copy", "fp32", "64 MiB", 3.1e12))
    found = levels_of(peaks, **{"device kind": "cuda"})
    assert found == {1: {"device memory": 2.9e12}}


def test_every_copy_that_is_measured_on_a_cpu_has_a_level_of_its_own():
    caches = [("L1d", 32 * 2**10), ("L1i", 32 * 2**10), ("L2", 2**20), ("L3", 32 * 2**20)]
    peaks = tuple(Peak("copy", "fp32", _size(size), 1e9) for size in copy_sizes(caches))
    assert list(levels_of(peaks, **IDENTITY)[1]) == [MAIN_MEMORY, "L3", "L2"]


def test_ceilings_belong_to_a_precision_and_thread_count():
    run = sample_run()
    more = (Peak("matmul", "fp32", "n", 5e11, threads=2), Peak("matmul", "amp-bf16", "n", 9e11))
    found = ceilings_of(replace(run, peaks=run.peaks + more))
    memory = (Level(MAIN_MEMORY, "256 MiB", 36.6e9),)
    assert found == {("fp32", 1): Ceilings(237e9, memory), ("amp-bf16", 1): Ceilings(9e11, memory)}


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


def seen(busy, *shares, kind="cpu"):
    return Evidence(kind, busy, {f"L{place}": share for place, share in enumerate(shares)})


@pytest.mark.parametrize(
    ("evidence", "name", "borderline"),
    [
        (seen(0.4, 0.9, kind="cuda"), "launch-bound", False),
        (seen(0.4, 0.9), "framework-bound", False),
        (seen(BUSY_FROM - 0.01, 0.5), "framework-bound", True),
        (seen(BUSY_FROM + 0.01, 0.9), "memory-bound", True),
        (seen(0.99, 0.9), "memory-bound", False),
        (seen(0.99, 0.9, 0.6, 0.57), "memory-bound", False),
        (seen(0.99, 0.9, 0.6, 0.4), "not told", False),
        (seen(0.99, 0.9, 0.45), "not told", True),
        (seen(0.99, 0.5), "memory-bound", True),
        (seen(0.99, 0.49), "compute-bound", True),
        (seen(0.99, 0.2, 0.1), "compute-bound", False),
        (seen(1.05, 0.1), "compute-bound", False),
    ],
)
def test_a_regime_follows_from_its_evidence_where_all_levels_agree(evidence, name, borderline):
    regime = regime_of(evidence)
    assert (regime.name, regime.borderline) == (name, borderline)
    assert ("borderline" in regime.why) == borderline


def test_where_the_time_between_operators_sets_the_pace_the_device_tells_its_name():
    run = sample_run((1,), 1)
    step = run.repeats[1].outcome
    slow = replace(step, profile=profile(B0, step.profile.plain_seconds, gap=3e-5))
    rows = tuple(replace(r, outcome=slow) if r.cell == B0 else r for r in run.repeats)
    waiting = replace(run, repeats=rows)
    marks = fingerprint(**{"device kind": "cuda"})
    on_gpu = replace(waiting, invocation=replace(run.invocation, fingerprint=marks))
    assert Study(waiting).parts[B0].regime.name == "framework-bound"
    assert Study(on_gpu).parts[B0].regime.name == "launch-bound"
    assert Study(run).parts[B0].regime.name == "memory-bound"


def test_a_network_whose_levels_disagree_is_not_told():
    run = sample_run()
    cached = replace(run, peaks=(*run.peaks, Peak("copy", "fp32", "1 MiB", 120e9)))
    assert Study(cached).frame.loc[B0.key]["regime"] == "not told"
    assert Study(cached).frame.loc[Cell("timm/resnet50", 224).key]["regime"] == "compute-bound"


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
