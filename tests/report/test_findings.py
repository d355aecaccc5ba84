"""Findings: change the numbers and the sentence changes; what cannot be told is left out."""

import math
import re
from dataclasses import replace

import pytest

from effprof.core.outcomes import Measurement
from effprof.core.runs import Run
from effprof.report.findings import findings
from effprof.report.page import Page
from effprof.report.verdict import verdict
from effprof.study.study import Study
from tests.report.zoo import ZOO, zoo_run
from tests.runs import sample_run


def slowed(run: Run, factor) -> Run:
    """Multiply the step times of a run by `factor(cell, repeat index)`."""

    def moved(repeat):
        if not isinstance(repeat.outcome, Measurement):
            return repeat
        timing, by = repeat.outcome.timing, factor(repeat.cell, repeat.index)
        steps = tuple(each * by for each in timing.throughput)
        slower = replace(timing, throughput=steps, latency=steps)
        return replace(repeat, outcome=replace(repeat.outcome, timing=slower))

    return replace(run, repeats=tuple(map(moved, run.repeats)))


def exactly(run: Run, seconds) -> Run:
    """Give every cell the step time `seconds(cell)`, but for a spread of 1 % over processes."""
    taken = {
        each.cell: each.outcome.timing.throughput[0] for each in run.repeats if each.index == 0
    }
    level = slowed(run, lambda cell, _: 1 / taken[cell])
    first = {(each.cell, each.index): each.outcome.timing.throughput for each in level.repeats}
    return slowed(
        level,
        lambda cell, i: seconds(cell) * (1 + 0.01 * (i - 1)) / sorted(first[cell, i])[35],
    )


def both_policies(run: Run, factor, models=("timm/efficientnet_b0", "timm/resnet50")) -> Run:
    """Measure some networks under the default allocator too, `factor(cell, index)` as slow."""

    def plain(cell):
        return replace(cell, allocator="default")

    cells = tuple(cell for cell in run.invocation.cells if cell.model in models)
    rows = tuple(each for each in run.repeats if each.cell in cells)
    slower = slowed(replace(run, repeats=rows), factor).repeats
    return replace(
        run,
        invocation=replace(
            run.invocation, cells=(*run.invocation.cells, *(plain(cell) for cell in cells))
        ),
        repeats=(*run.repeats, *(replace(each, cell=plain(each.cell)) for each in slower)),
    )


def told(run: Run) -> str:
    return findings(Page(Study(run)))


def flops_of(cell) -> float:
    return 2 * ZOO[cell.model][2] * cell.batch_size


def test_what_ten_times_the_flops_cost_is_told_with_the_worst_outlier():
    """That FLOPs "predict" time is true of every zoo that is wide enough: the slope tells."""
    follows = told(exactly(zoo_run((1,)), lambda cell: flops_of(cell) / 1e11))
    assert re.search(r"on average 10x the FLOPs cost \*\*10\.0x \[.*\] the time\*\* \(12", follows)
    assert "R² of the logarithms 1.00 [1.00, 1.00])" in follows
    root = told(
        exactly(
            zoo_run((1,)),
            lambda cell: (flops_of(cell) / 1e11) ** 0.5 / (5 if "_b0" in cell.model else 1),
        )
    )
    assert re.search(r"the worst outlier, efficientnet_b0, is [0-9.]+x faster than the fit", root)
    assert "**predict**" not in follows + root


def test_activations_are_told_to_be_better_only_where_they_are(monkeypatch):
    # Twelve networks of eight families tell too little: here each is one of its own.
    monkeypatch.setattr("effprof.study.flops_line.kin", str)
    by_acts = told(exactly(zoo_run((1,)), lambda cell: ZOO[cell.model][3] / 1e9))
    assert "activations predict time **better** than FLOPs: R² differs by" in by_acts
    by_flops = told(exactly(zoo_run((1,)), lambda cell: flops_of(cell) / 1e11))
    assert "activations predict time **worse** than FLOPs" in by_flops


def test_too_few_networks_say_nothing_of_prediction():
    assert "predict" not in told(sample_run())


@pytest.mark.parametrize(
    ("factors", "said"),
    [
        ({1: 1, 8: 1, 32: 1}, "faster at every measured batch than** resnet50"),
        ({1: 40, 8: 1, 32: 1}, "slower at batch 1 and faster from batch 8 on than** resnet50"),
        ({1: 40, 8: 40, 32: 40}, "slower at every measured batch than** resnet50"),
        ({1: 40, 8: 1, 32: 40}, "slower at batch 1, 32 and faster at batch 8 than** resnet50"),
    ],
)
def test_the_crossover_follows_the_speeds(factors, said):
    subject = "timm/efficientnet_b0"
    run = slowed(
        zoo_run(tuple(factors)),
        lambda cell, _: factors[cell.batch_size] if cell.model == subject else 1,
    )
    assert f"efficientnet_b0 is **{said}" in told(run)


@pytest.mark.parametrize("slower", [3.6, 4.2])
def test_a_difference_that_is_not_told_apart_is_said_so(slower):
    def noisy(cell, index):
        if cell.model != "timm/efficientnet_b0":
            return 1.0
        return slower * math.exp((-1, 0, 1)[index] * 0.3)

    assert "at no measured batch told apart in speed from** resnet50" in told(
        slowed(zoo_run((1,)), noisy)
    )


def test_the_substitute_is_the_fastest_of_the_equally_accurate():
    rival, subject = "timm/regnety_032", "timm/efficientnet_b1"  # 78.9 and 79.1 % quoted
    run = zoo_run((1, 8))
    assert f"instead of {subject.partition('/')[2]}" not in told(run)
    fast = told(slowed(run, lambda cell, _: 0.02 if cell.model == rival else 1))
    assert "batch 8: instead of efficientnet_b1 (79.1 %) take **regnety_032 (78.9 %)**: " in fast
    assert "the fastest of 1 within 0.5 points" in fast


def test_the_best_configuration_is_told_where_the_interval_tells():
    two = zoo_run((1, 8), memory_formats=("nchw", "nhwc"))
    assert "efficientnet_b0 is fastest as **fp32 nhwc eager**: 1.4" in told(two)
    assert "resnet50 is fastest" not in told(two)
    other = slowed(two, lambda cell, _: 3 if cell.memory_format == "nhwc" else 1)
    assert "is fastest as" not in told(other)


KEEPING = "`MALLOC_MMAP_MAX_=0` and `MALLOC_TRIM_THRESHOLD_=70368744177664`"


@pytest.mark.parametrize(
    ("factors", "said"),
    [
        (
            {1: 1.4, 8: 1.01},
            f"set {KEEPING} in the environment of your program, and efficientnet_b0 is "
            "**1.40x [1.40, 1.40] as fast** at batch 1 and "
            "**as fast either way** at batch 8 (1.01x [1.01, 1.01]) (n = 3 processes).",
        ),
        (
            {1: 1, 8: 0.98},
            f"with or without {KEEPING} in its environment, efficientnet_b0 is **as fast either "
            "way** at batch 1 (1.00x [1.00, 1.00]) and **as fast either way** at batch 8",
        ),
        (
            {1: 0.9, 8: 1},
            f"with {KEEPING} in its environment, efficientnet_b0 is **slower** at batch 1 (0.900x",
        ),
    ],
)
def test_what_a_kept_heap_gains_is_told_as_what_to_set(factors, said):
    run = both_policies(zoo_run((1, 8)), lambda cell, _: factors[cell.batch_size])
    assert f"- Inference, fp32 nchw eager: {said}" in told(run)


def test_a_gain_that_the_interval_does_not_tell_is_not_told():
    def noisy(cell, index):
        return math.exp((-1, 0, 1)[index] * 0.3)

    assert "is **not told apart** at batch 1 (1.00x [" in told(both_policies(zoo_run((1,)), noisy))


def test_no_other_sentence_and_no_table_compares_across_policies():
    """Their numbers are those of a run without the second policy, whatever that costs."""
    one = zoo_run((1, 8))
    both = both_policies(one, lambda cell, _: 0.5)  # the default one wins by far
    others = [line for line in told(both).splitlines() if "MALLOC" not in line]
    assert others == told(one).splitlines()
    study, alone = Study(both), Study(one)
    for cell in one.invocation.cells:
        plain = study.result(cell.key)
        assert plain.realised == alone.result(cell.key).realised
    twin = study.result("timm/efficientnet_b0", batch_size=8, allocator="default")
    kept = study.result("timm/efficientnet_b0", batch_size=8, allocator="kept")
    assert twin.realised.value == pytest.approx(kept.realised.value)
    assert verdict(Page(study)) == verdict(Page(alone))


def test_every_sentence_has_a_count_and_an_interval():
    run = zoo_run((1, 8), memory_formats=("nchw", "nhwc"))
    sentences = [s for s in told(run).splitlines() if "no measured network is faster" not in s]
    assert len(sentences) > 5
    for sentence in sentences:
        assert "[" in sentence
        assert "n = " in sentence or "networks" in sentence


def test_a_run_without_outcomes_finds_nothing():
    assert told(replace(sample_run(), repeats=())) == ""
