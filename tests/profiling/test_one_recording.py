"""How often torch.profiler is opened: on a GPU once in a process, whatever is asked for."""

import json

import pytest
import torch

from effprof.core.cells import Cell
from effprof.core.profiles import UNATTRIBUTED
from effprof.measure.steps import build_step
from effprof.models.build import build_model
from effprof.profiling import CellProfiler
from effprof.profiling.record import PHASE, STEP
from tests.profiling.stand_in import Sessions

CPU, GPU = torch.device("cpu"), torch.device("cuda")

#: Seconds of a step: so short that the most steps are profiled.
SHORT = 1e-3


@pytest.fixture
def sessions(monkeypatch):
    return Sessions(monkeypatch)


def profiled(device, mode="infer", precision="fp32", **profiler):
    torch.manual_seed(0)
    model = build_model("timm/mobilenetv3_small_050")
    cell = Cell("own", 64, mode=mode, batch_size=2, precision=precision)
    step = build_step(model, cell, CPU)
    for _ in range(2):
        step.run()
    return CellProfiler(**profiler)(model, step, device, cell, SHORT, SHORT)


@pytest.mark.parametrize("mode", ["infer", "train"])
def test_on_a_gpu_roles_and_times_come_from_one_recording(sessions, mode):
    profile = profiled(GPU, mode)
    assert sessions.shapes == [True]
    assert (profile.method, profile.status, profile.steps) == ("torch.profiler", "profiled", 5)
    by_role = profile.by(lambda op: op.role)
    assert {"depthwise conv", "pointwise conv", "norm", "SE FC", "classifier"} <= by_role.keys()
    assert sum(by_role.values()) == pytest.approx(profile.op_seconds, rel=1e-9)
    assert 0 < profile.busy_seconds <= profile.wall_seconds
    assert UNATTRIBUTED not in by_role
    assert all(op.seconds > 0 and op.kernels for op in profile.ops)


def test_on_a_gpu_the_trace_for_people_is_the_one_that_was_read(sessions, tmp_path):
    path = tmp_path / "trace.json"
    profile = profiled(GPU, "train", trace=str(path))
    assert sessions.shapes == [True]
    rows = json.loads(path.read_text())["traceEvents"]
    names = [row["name"] for row in rows]
    assert sum(name.startswith(STEP) for name in names) == profile.steps
    assert PHASE + "backward" in names
    assert any("Input Dims" in row.get("args", {}) for row in rows)
    kernels = sum(row.get("cat") == "kernel" for row in rows)
    assert kernels >= profile.steps * profile.kernel_count


@pytest.mark.parametrize("device", [CPU, GPU])
def test_cycles_that_a_recording_does_not_have_are_not_warned_of(sessions, device):
    # What torch 2.10 and 2.11 say each time; warnings are errors here.
    sessions.warning = (
        "Warning: Profiler clears events at the end of each cycle.Only events from the current "
        "cycle will be reported.To keep events across cycles, set acc_events=True."
    )
    assert profiled(device, method="profiler").status == "profiled"
    sessions.warning = "something else"
    with pytest.warns(UserWarning, match="something else"):
        profiled(device, method="profiler")


@pytest.mark.parametrize(
    ("method", "kept", "shapes"),
    [
        ("clock", False, []),
        ("clock", True, [True]),
        ("profiler", False, [True, False]),
        ("profiler", True, [True, False, True]),
    ],
)
def test_on_a_cpu_shapes_times_and_the_trace_for_people_are_recorded_apart(
    sessions, tmp_path, method, kept, shapes
):
    path = tmp_path / "trace.json"
    profile = profiled(CPU, method=method, trace=str(path) if kept else None)
    assert sessions.shapes == shapes
    assert profile.steps == 20
    assert path.exists() == kept
    if kept:
        names = [row["name"] for row in json.loads(path.read_text())["traceEvents"]]
        assert sum(name.startswith(STEP) for name in names) == 2
