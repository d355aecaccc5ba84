"""Results: every number of the frame by name, and a reason for every one that is not there."""

import copy
import math
import pickle
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pandas as pd
import pytest

from effprof.core.cells import Cell
from effprof.core.errors import BadInput
from effprof.core.estimates import Absent, Estimate
from effprof.core.outcomes import MEMORY_NUMBERS
from effprof.core.quantities import OF_CELLS
from effprof.store.timm_benchmark import read_timm_benchmark
from effprof.store.transfer import read_run
from effprof.study.absence import LAST, WHY
from effprof.study.results import find
from effprof.study.study import Study
from tests.runs import CRASHED, OUT_OF_MEMORY, measurement, sample_run
from tests.store.test_timm_benchmark import HEADER, ROWS

ROOT = Path(__file__).resolve().parents[2]
RUNS = sorted((ROOT / "reports").glob("*/*.jsonl.gz"))
B0, R50 = Cell("timm/efficientnet_b0", 224), Cell("timm/resnet50", 224)
B0_8, R50_8 = (replace(cell, batch_size=8) for cell in (B0, R50))


def failing(cell, outcome, repeats=3):
    return {(cell, index): outcome for index in range(repeats)}


INVALID = measurement(0.017, invalid_reasons=("the machine was busy",))

#: Runs that lack one thing or another.
MADE_UP = {
    "whole": sample_run(),
    "with failures": sample_run(
        outcomes=failing(B0, OUT_OF_MEMORY) | failing(R50_8, CRASHED) | failing(B0_8, INVALID)
    ),
    "of one process": sample_run(repeats=1),
    "without profiles": sample_run(profiled=False),
    "without costs": replace(sample_run(), costs=(), peaks=()),
    "without reference": sample_run(reference="timm/resnet152"),
    "without outcomes": replace(sample_run(), repeats=()),
    "counted": replace(sample_run(repeats=0), repeats=()),
}
READERS = {name: (lambda run=run: run) for name, run in MADE_UP.items()} | {
    path.name: (lambda path=path: read_run(path)) for path in RUNS
}

#: Numbers that runs of before they were taken, and those made up here, say nothing about.
UNTOLD = {*MEMORY_NUMBERS, "joules_per_image"}


def number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_every_quantity_of_every_cell_is_that_of_the_frame(read):
    study = Study(read())
    assert [each.cell.key for each in study] == list(study.frame.index)
    for result in study:
        row = study.frame.loc[result.cell.key]
        for name, quantity in OF_CELLS.items():
            value = getattr(result, name)
            if isinstance(value, Absent):
                assert pd.isna(row[name]) or row[name] == ""
            elif quantity.interval:
                ends = ("value", ""), ("low", "_low"), ("high", "_high"), ("n", "_n")
                for field, end in ends:
                    ours, theirs = getattr(value, field), row[name + end]
                    assert ours == theirs or (pd.isna(ours) and pd.isna(theirs))
                assert value.method == row[f"{name}_method"]
            else:
                assert value == row[name]


@pytest.mark.parametrize("mode", ["infer", "train"])
def test_what_others_published_has_reasons_too(mode, tmp_path):
    path = tmp_path / f"benchmark-{mode}-amp-nhwc-pt240-cu124-rtx3090.csv"
    path.write_text("\n".join((HEADER, *ROWS)).replace("infer_", f"{mode}_") + "\n")
    study = Study(read_timm_benchmark(path))
    told = [getattr(result, name) for result in study for name in OF_CELLS]
    reasons = {value.reason for value in told if isinstance(value, Absent)}
    assert LAST not in reasons
    assert {"timm publishes one mean step time per network", "its static cost is not stored"} <= (
        reasons
    )
    realised = study["efficientnet_b0", 224].realised
    assert (realised.bounded, realised.method) == (False, "none")


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_nothing_is_nan_and_whatever_is_absent_has_a_reason(read):
    for result in Study(read()):
        for name, quantity in OF_CELLS.items():
            value = getattr(result, name)
            if isinstance(value, Absent):
                assert value.reason
                assert value.reason != LAST or name in UNTOLD, name
            elif isinstance(value, Estimate):
                assert quantity.interval
                assert not math.isnan(value.value)
                assert value.bounded or value.method == "none"
            else:
                assert not number(value) or math.isfinite(value)


#: Run -> cell -> quantity -> part of the reason.
REASONS = (
    ("with failures", B0, "realised", "3 of 3 repeats: oom: CUDA out of memory"),
    ("with failures", B0, "latency_p50_seconds", "3 of 3 repeats: oom"),
    ("with failures", B0_8, "realised", "its samples are invalid: 3 of 3 repeats: the machine"),
    ("with failures", replace(B0_8, model="timm/resnet18"), "realised",
     "of the reference timm/resnet50: 3 of 3 repeats: crashed"),
    ("without reference", B0, "realised", "no cell of the reference timm/resnet152"),
    ("whole", B0, "peak_allocated_bytes", "the CPU allocator keeps no peak"),
    ("whole", B0, "forward_seconds", "only a training step"),
    ("whole", B0, "compile_seconds", "nothing is compiled in execution eager"),
    ("without profiles", B0, "op_seconds", "no profile was taken"),
    ("without costs", B0, "promise", "its static cost is not stored"),
    ("without costs", B0, "peak_share", "its static cost is not stored"),
    ("of one process", B0, "between_spread", "one process"),
    ("of one process", B0, "latency_p90_seconds", "fewer than 64 samples"),
    ("without outcomes", B0, "images_per_second", "3 of 3 repeats: no outcome yet"),
    ("counted", B0, "images_per_second", "the run counts static costs and measures nothing"),
)  # fmt: skip


@pytest.mark.parametrize(("run", "cell", "quantity", "reason"), REASONS)
def test_a_reason_is_that_of_the_outcomes(run, cell, quantity, reason):
    result = Study(MADE_UP[run]).result(cell.key)
    assert reason in getattr(result, quantity).reason


def test_the_rows_of_reasons_are_quantities():
    assert set(WHY) <= set(OF_CELLS)


def test_a_quantity_is_found_by_model_and_size_and_further_axes_by_name():
    study = Study(sample_run((1,)))
    assert study["efficientnet_b0", 224].cell == B0
    assert study["timm/efficientnet_b0"] is study["efficientnet_b0", 224]
    both = Study(sample_run((1, 8)))
    assert both.result("efficientnet_b0", batch_size=8).cell == B0_8
    realised = both.result("efficientnet_b0", batch_size=8).realised
    assert (realised.method, realised.n) == ("paired", 3)
    assert both[B0.key].model == "timm/efficientnet_b0"


#: What is asked -> what is said.
REFUSED = (
    (("efficientnet_b0",), {},
     "timm/efficientnet_b0 names 2 cells of this run: batch_size 1 or 8; name one:"
     " study.result('timm/efficientnet_b0', batch_size=1)"),
    (("efficientnet_bo",), {}, "no model 'efficientnet_bo' was planned in this run; did you mean"
     " efficientnet_b0"),
    (("timm/resnet5",), {}, "did you mean timm/resnet50"),
    (("resnet50",), {"batch_size": 2},
     "batch_size 2 was not planned for timm/resnet50 so; planned: 1, 8"),
    (("resnet50",), {"batchsize": 8}, "'batchsize' is not an axis; did you mean batch_size"),
)  # fmt: skip


@pytest.mark.parametrize(("words", "axes", "said"), REFUSED)
def test_a_key_that_means_no_cell_or_several_is_refused_with_the_choices(words, axes, said):
    with pytest.raises(BadInput) as caught:
        Study(sample_run()).result(*words, **axes)
    assert said in str(caught.value)


@pytest.mark.parametrize("key", [0, ("efficientnet_b0", "224"), ("efficientnet_b0", 224, 8)])
def test_a_key_of_another_kind_is_refused(key):
    with pytest.raises(BadInput, match="names no cell"):
        Study(sample_run())[key]


def test_a_bare_name_that_two_providers_have_is_refused():
    study = Study(sample_run((1,)))
    there = study.results[1]
    twin = replace(there, cell=replace(there.cell, model="torchvision/efficientnet_b0"))
    with pytest.raises(BadInput, match="is timm/efficientnet_b0 or torchvision/efficientnet_b0"):
        find([there, twin], "efficientnet_b0", {})
    assert find([there, twin], "torchvision/efficientnet_b0", {}) is twin


@pytest.mark.parametrize(
    ("model", "bare"),
    [
        ("object:TinyNet-0c64b6d7", "TinyNet"),
        ("nets/own.py:make", "make"),
        ("nets.own:make", "make"),
    ],
)
def test_a_model_of_ones_own_is_found_by_its_class_or_function(model, bare):
    there = Study(sample_run((1,))).results[1]
    own = replace(there, cell=replace(there.cell, model=model))
    assert find([own], bare, {}) is find([own], model, {}) is own
    with pytest.raises(BadInput, match=f"did you mean {bare}"):
        find([own], f"{bare}s", {})


def test_a_result_is_frozen_and_lists_its_quantities():
    result = Study(sample_run((1,)))["efficientnet_b0"]
    assert set(OF_CELLS) < set(dir(result))
    with pytest.raises(AttributeError, match="did you mean realised"):
        _ = result.realized
    with pytest.raises(FrozenInstanceError):
        result.cell = R50
    assert copy.copy(result) == result
    assert pickle.loads(pickle.dumps(result)) == result


def test_study_run_and_result_are_named_in_one_line_each():
    run = sample_run(outcomes=failing(B0_8, OUT_OF_MEMORY) | failing(B0, INVALID))
    told = "20261121-080000-abc123: quick on Some CPU, 1 thread, 8 cells"
    assert (repr(Study(run)), repr(run)) == (f"<Study {told}>", f"<Run {told}>")
    stopped = replace(run, status="interrupted")
    assert repr(stopped) == f"<Run {told}, interrupted>"
    shown = [repr(each) for each in Study(run)]
    assert not any("\n" in line or len(line) > 120 for line in shown)
    assert shown[0] == (
        "<Result timm/resnet50@224 infer b1 fp32 nchw eager: 12.5 [12.2, 12.8] images/s>"
    )
    assert f"<Result {B0_8.key}: oom>" in shown
    assert f"<Result {B0.key}: invalid>" in shown


def test_an_estimate_reads_well_where_a_program_shows_it():
    assert repr(Study(sample_run((1,)))["efficientnet_b0"].realised) == (
        "Estimate(4.706, 4.706, 4.706, method='paired', n=3)"
    )
    assert repr(Estimate.bare(2.0, 1)) == "Estimate(2, nan, nan, method='none', n=1)"
