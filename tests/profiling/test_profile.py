"""The profile pass of a cell, in real workers on this CPU."""

import gzip
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from effprof.core.cells import Cell
from effprof.core.outcomes import Measurement
from effprof.core.runs import MeasureOptions
from effprof.device.target import Target
from effprof.measure.steps import build_step
from effprof.models.build import build_model
from effprof.profiling.profile import CellProfiler, affordable_steps, fitting_method
from effprof.profiling.record import MODULE, record
from effprof.profiling.subject import Subject
from effprof.session.profiles import problems_of
from effprof.store.store import open_store
from effprof.sweep import tasks
from tests import jobs
from tests.profiling.jobs import measure_with_broken_profiler
from tests.runs import sample_run

CPU = Target("cpu", "this CPU", "asked for")
OPTIONS = MeasureOptions(
    target_width=0.5, min_seconds=0.05, warmup_seconds=0.01, time_cap_seconds=5, allow_busy=True
)
TINY = f"{Path(jobs.__file__)}:tiny"


def measured(workers, options=OPTIONS, **axes):
    outcome = workers.call(tasks.measure, Cell(TINY, 32, **axes), CPU, options, timeout=120)
    assert isinstance(outcome, Measurement)
    return outcome


@pytest.mark.parametrize("mode", ["infer", "train"])
def test_a_cell_that_asks_for_a_profile_has_one(workers, mode):
    outcome = measured(workers, replace(OPTIONS, profile=True), mode=mode, batch_size=2)
    profile = outcome.profile
    assert profile is not None
    assert profile.method == "dispatch clock"
    assert profile.status == "profiled"
    assert {"dense conv", "norm", "activation", "pool", "classifier"} <= {
        o.role for o in profile.ops
    }
    assert {op.phase for op in profile.ops} == (
        {"forward"} if mode == "infer" else {"forward", "backward", "optimizer"}
    )
    assert profile.overhead == profile.wall_seconds / profile.plain_seconds - 1


def test_a_cell_that_does_not_ask_has_none_and_misses_none(workers):
    outcome = measured(workers)
    assert outcome.profile is None
    assert "profile" not in outcome.missing


def test_a_profile_that_fails_costs_only_the_profile(workers):
    outcome = workers.call(measure_with_broken_profiler, Cell(TINY, 32), CPU, OPTIONS, timeout=120)
    assert isinstance(outcome, Measurement)
    assert outcome.profile is None
    assert outcome.missing["profile"] == "RuntimeError: no profile today"
    assert outcome.timing.throughput


def test_the_task_keeps_a_trace_and_takes_the_method_asked_for(workers, tmp_path):
    path = tmp_path / "trace.json.gz"
    outcome = workers.call(
        tasks.profile, Cell(TINY, 32), CPU, OPTIONS, "profiler", str(path), timeout=120
    )
    assert outcome.profile.method == "torch.profiler"
    assert json.loads(gzip.decompress(path.read_bytes()))["traceEvents"]


def test_a_method_that_does_not_fit_is_refused_with_the_one_that_does(workers):
    outcome = workers.call(
        tasks.profile, Cell(TINY, 32), CPU, OPTIONS, "stopwatch", None, timeout=120
    )
    assert outcome.profile is None
    assert "there are clock, profiler" in outcome.missing["profile"]


@pytest.mark.slow
def test_compiled_kernels_are_named_with_the_operators_inside(workers):
    outcome = measured(workers, replace(OPTIONS, profile=True), batch_size=2, execution="compile")
    profile = outcome.profile
    assert profile is not None, outcome.missing
    assert profile.method == "torch.profiler"
    fused = [op for op in profile.ops if "fused" in op.op and "silu" in op.op]
    assert fused
    assert all(op.role.startswith("fused (") and "silu" in op.role for op in fused)
    assert {"dense conv", "classifier"} <= {op.role for op in profile.ops}


def test_a_stored_profile_comes_back_as_it_was(workers, tmp_path):
    outcome = measured(workers, replace(OPTIONS, profile=True))
    run = sample_run()
    first = run.repeats[0]
    run = replace(run, repeats=(replace(first, outcome=outcome), *run.repeats[1:]))
    with open_store(str(tmp_path / "store.sqlite")) as store:
        store.add_runs([run])
        loaded = store.load(run.invocation.id)
    assert loaded.repeats[0].outcome.profile == outcome.profile


@pytest.mark.parametrize(("execution", "placed"), [("bn-folded", True), ("cudagraph", False)])
def test_a_trace_of_a_folded_step_places_its_operators(execution, placed):
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3)).eval()
    images = torch.randn(1, 3, 8, 8)
    forward = SimpleNamespace(run=lambda: model(images), phases=())
    subject = Subject.of(model, forward, torch.device("cpu"), execution)
    events = record(subject, 1, shapes=True).read()["traceEvents"]
    assert any(event["name"] == MODULE + "0" for event in events) is placed


def test_the_clock_is_refused_where_steps_are_not_run_by_operators():
    assert problems_of({"execution": ("eager", "bn-folded")}, "clock", None) == []
    (problem,) = problems_of({"execution": ("bn-folded", "compile")}, "clock", None)
    assert problem.startswith("--method clock cannot tell the time of compile steps")


@pytest.mark.parametrize(
    ("device", "execution", "method"),
    [
        ("cpu", "eager", "clock"),
        ("cpu", "compile", "profiler"),
        ("cuda", "eager", "profiler"),
        ("cuda", "cudagraph", "profiler"),
        ("cpu", "bn-folded", "clock"),
        ("cuda", "bn-folded", "profiler"),
    ],
)
def test_the_clock_is_for_operators_that_run_one_by_one_on_the_host(device, execution, method):
    assert fitting_method(device, execution) == method


@pytest.mark.parametrize(("seconds", "steps"), [(1e-4, 20), (0.2, 10), (0.5, 4), (30.0, 3)])
def test_slow_steps_are_profiled_less_often_but_never_less_than_three_times(seconds, steps):
    assert affordable_steps(seconds, "cpu") == steps


def test_steps_that_wait_for_a_core_are_profiled_less_often():
    model = build_model(TINY)
    cell = Cell(TINY, 32)
    step = build_step(model, cell, torch.device("cpu"))
    step.run()
    alone, beside = (
        CellProfiler()(model, step, torch.device("cpu"), cell, 0.1, spent) for spent in (0.1, 0.4)
    )
    assert (alone.steps, beside.steps) == (20, 5)
    assert alone.plain_seconds == beside.plain_seconds == 0.1


@pytest.mark.parametrize(("seconds", "steps"), [(1e-4, 5), (0.2, 5), (0.5, 4), (30.0, 3)])
def test_on_a_gpu_five_steps_are_enough(seconds, steps):
    assert affordable_steps(seconds, "cuda") == steps
