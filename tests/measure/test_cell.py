"""Real cells through real workers on this CPU, on a model of a millisecond."""

from dataclasses import replace
from pathlib import Path

import pytest

from effprof.core.cells import Cell
from effprof.core.outcomes import Failure, Measurement
from effprof.core.runs import MeasureOptions
from effprof.device.target import Target
from effprof.sweep import tasks
from tests import jobs

CPU = Target("cpu", "this CPU", "asked for")
OPTIONS = MeasureOptions(
    target_width=0.5, min_seconds=0.05, warmup_seconds=0.01, time_cap_seconds=5, allow_busy=True
)
JOBS = Path(jobs.__file__)


def cell(function="tiny", **axes):
    return Cell(f"{JOBS}:{function}", 32, **axes)


def measure(workers, cell, options=OPTIONS):
    return workers.call(tasks.measure, cell, CPU, options, timeout=120)


def test_an_inference_cell_has_samples_memory_and_conditions(workers):
    outcome = measure(workers, cell(batch_size=2))
    assert isinstance(outcome, Measurement)
    timing = outcome.timing
    assert len(timing.throughput) >= OPTIONS.min_samples
    assert timing.latency == timing.throughput
    assert len(timing.warmup) >= OPTIONS.warmup_steps
    assert all(seconds > 0 for seconds in timing.throughput)
    assert timing.forward == ()
    assert outcome.memory.peak_rss_bytes > 0
    assert outcome.memory.peak_allocated_bytes is None
    assert "peak_allocated_bytes" in outcome.missing
    assert "energy" in outcome.missing
    assert outcome.conditions.allocator == "glibc, heap kept"
    assert len(outcome.conditions.affinity) == 1
    assert outcome.settings["threads"] == "1"
    assert outcome.settings["cuda.matmul.allow_tf32"] == "False"


@pytest.mark.quiet
def test_a_training_step_is_split_and_its_parts_sum_to_the_whole(workers):
    outcome = measure(workers, cell(mode="train", batch_size=16))
    assert isinstance(outcome, Measurement)
    parts = (outcome.timing.forward, outcome.timing.backward, outcome.timing.optimizer)
    assert all(len(part) >= 3 for part in parts)
    whole = min(sum(step) for step in zip(*parts, strict=True))
    # Two passes of a millisecond step on a shared machine: the same within a factor.
    assert 0.3 < whole / min(outcome.timing.throughput) < 3


@pytest.mark.parametrize("mode", ["infer", "train"])
def test_a_model_may_wrap_its_scores(workers, mode):
    outcome = measure(workers, cell("two_heads", mode=mode, batch_size=2))
    assert isinstance(outcome, Measurement), outcome


def test_memory_is_growth_and_not_the_whole_worker(workers):
    small = measure(workers, cell(batch_size=1))
    large = measure(workers, cell(batch_size=512))
    # A worker with torch is above 300 MiB; 512 images of 32 x 32 need about 20 MiB.
    assert small.memory.peak_rss_bytes < 150 * 2**20
    assert large.memory.peak_rss_bytes > small.memory.peak_rss_bytes + 5 * 2**20


@pytest.mark.parametrize(
    ("axes", "why"),
    [
        ({"precision": "tf32"}, "TF32"),
        ({"execution": "cudagraph"}, "CUDA graphs need a GPU"),
        ({"execution": "bn-folded", "mode": "train"}, "folded for inference alone"),
    ],
)
def test_what_a_cpu_cannot_do_is_unsupported(workers, axes, why):
    outcome = measure(workers, cell(**axes))
    assert isinstance(outcome, Failure)
    assert outcome.kind == "unsupported"
    assert why in outcome.reason


@pytest.mark.parametrize("axes", [{}, {"memory_format": "nhwc"}, {"precision": "amp-bf16"}])
def test_a_folded_cell_says_how_many_batch_norms_were_folded(workers, axes):
    outcome = measure(workers, cell(execution="bn-folded", **axes))
    assert isinstance(outcome, Measurement), outcome
    assert outcome.notes[0] == "1 of 1 batch norms folded into the convolutions before them"
    assert outcome.settings["batch norms"] == "1 given statistics"


def test_bfloat16_autocast_and_channels_last_run(workers):
    outcome = measure(workers, cell(precision="amp-bf16", memory_format="nhwc"))
    assert isinstance(outcome, Measurement)
    assert outcome.settings["autocast"] == "bfloat16"


@pytest.mark.parametrize(
    ("function", "batch_size", "kind", "reason"),
    [
        ("not_a_number", 1, "nan", "NaN"),
        ("raising", 1, "crashed", "ValueError: this model is broken"),
        ("killed", 1, "crashed", "SIGKILL"),
        ("out_of_memory", 3, "oom", "memory"),
    ],
)
def test_every_way_to_fail_is_an_outcome(workers, function, batch_size, kind, reason):
    outcome = measure(workers, cell(function, batch_size=batch_size))
    assert isinstance(outcome, Failure)
    assert outcome.kind == kind
    assert reason in outcome.reason


def test_a_busy_machine_makes_a_cell_rough_unless_it_is_accepted(workers):
    # As many threads as no machine has: the worker cannot get its CPU time.
    starved = cell(threads=64)
    strict = measure(workers, starved, replace(OPTIONS, allow_busy=False, time_cap_seconds=0.2))
    assert not strict.valid
    assert strict.rough
    assert strict.rough_reasons[0].startswith("contended")
    assert strict.timing.throughput
    accepted = measure(workers, starved)
    assert accepted.valid
    assert any(note.startswith("contended") for note in accepted.notes)


@pytest.mark.slow
def test_a_compiled_cell_tells_its_compile_time(workers):
    outcome = measure(workers, cell(execution="compile"))
    assert isinstance(outcome, Measurement), outcome
    compile_seconds = outcome.timing.compile_seconds
    warm = "compile_seconds" in outcome.missing
    assert (
        warm if compile_seconds is None else compile_seconds > 10 * min(outcome.timing.throughput)
    )
    assert outcome.memory.peak_rss_bytes is None
    assert "compiler" in outcome.missing["peak_rss_bytes"]
    assert not any("recompiled" in reason for reason in outcome.invalid_reasons)
