"""Traces of torch.profiler: made by hand as CUDA writes them, and real ones of this CPU."""

import gzip
import json

import pytest
import torch
from torch import nn

from effprof.core.cells import Cell
from effprof.core.profiles import UNATTRIBUTED
from effprof.measure.steps import build_step
from effprof.models.build import build_model
from effprof.models.places import Place, places_of
from effprof.profiling import Subject, keep_trace, profile_with_clock, profile_with_profiler
from effprof.profiling.events import Kernel
from effprof.profiling.ops import NotSteady
from effprof.profiling.record import MODULE, PHASE, STEP, record
from effprof.profiling.trace import busy_seconds, profile_of_traces
from tests.profiling.rows import autograd, host, kernel, launch, span

CPU = torch.device("cpu")
MICRO = 1e-6

PLACES = {
    "": Place("", ("Net",)),
    "conv": Place("conv", ("Net", "Conv2d")),
    "act": Place("act", ("Net", "SiLU")),
}


def training_trace(offset=0.0, slower=1.0, extra=()):
    """One training step of conv + SiLU, with backward on a thread of its own, as on CUDA."""
    image, weight = [2, 8, 4, 4], [8, 1, 3, 3]
    rows = [
        span(STEP + "0", 0, 1000),
        span(PHASE + "forward", 1, 400),
        span(MODULE + "conv", 5, 100),
        host("aten::conv2d", 10, 90, **{"Sequence number": 5, "Input Dims": [image, weight, []]}),
        host("aten::cudnn_convolution", 20, 80, **{"Input Dims": [image, weight]}),
        launch(30, 1),
        launch(40, 2),
        # The counter of a batch norm shows the next number without making a node.
        host("aten::add_", 92, 94, **{"Sequence number": 6, "Input Dims": [[], []]}),
        span(MODULE + "act", 110, 200),
        host("aten::silu", 120, 190, **{"Sequence number": 6, "Input Dims": [image]}),
        launch(130, 3),
        host("aten::view", 192, 196, **{"Sequence number": 7, "Input Dims": [image]}),
        span(PHASE + "backward", 400, 700),
        autograd("SiluBackward0", 6, 410, 450),
        host("aten::silu_backward", 415, 445, thread=2, **{"Input Dims": [image, image]}),
        launch(420, 4, thread=2, category="cuda_driver"),
        autograd("ConvolutionBackward0", 5, 500, 600),
        host(
            "aten::convolution_backward",
            510,
            590,
            thread=2,
            **{"Input Dims": [image, image, weight]},
        ),
        launch(520, 5, thread=2),
        span(PHASE + "optimizer", 700, 900),
        host("aten::_foreach_add_", 710, 800, **{"Input Dims": [[weight, weight], [weight]]}),
        launch(720, 6),
        # A kernel that no operator launched: an extension, a replayed graph.
        launch(850, 7),
        kernel("nchwToNhwc", 100, 110, 1),
        kernel("dgrad_depthwise", 110, 110 + 50 * slower, 2),
        kernel("silu_kernel", 200, 220, 3),
        kernel("silu_backward_kernel", 430, 460, 4),
        kernel("wgrad", 530, 630, 5),
        kernel("multi_tensor_apply", 730, 770, 6),
        # On another stream, half of it beside the optimizer's kernel.
        kernel("mystery", 750, 790, 7, stream=8),
        *extra,
    ]
    return {"traceEvents": [row | {"ts": row["ts"] + offset} for row in rows]}


def gpu_profile(*traces, plain_seconds=1e-3):
    described, timed = traces or (training_trace(), training_trace())
    return profile_of_traces((described, timed), PLACES, plain_seconds, on_device=True)


def test_each_kernel_counts_once_for_the_operator_that_launched_it():
    profile = gpu_profile()
    rows = [(op.op, op.phase, op.role, op.module, round(op.seconds / MICRO)) for op in profile.ops]
    assert rows == [
        ("conv2d", "forward", "depthwise conv", "conv", 60),
        ("silu", "forward", "activation", "act", 20),
        ("silu_backward", "backward", "activation", "act", 30),
        ("convolution_backward", "backward", "depthwise conv", "conv", 100),
        ("_foreach_add_", "optimizer", "optimizer", "", 40),
        ("mystery", "optimizer", UNATTRIBUTED, "", 40),
    ]
    assert profile.ops[0].kernels == ("nchwToNhwc", "dgrad_depthwise")
    assert [op.counted for op in profile.ops] == [True, False, False, True, False, False]


def test_the_kernels_total_is_all_of_them_and_busy_time_counts_overlaps_once():
    profile = gpu_profile()
    assert profile.op_seconds == pytest.approx(290 * MICRO)
    assert profile.busy_seconds == pytest.approx(270 * MICRO)
    assert profile.kernel_count == 7
    assert profile.wall_seconds == pytest.approx(1000 * MICRO)
    assert profile.overhead == pytest.approx(0.0)
    assert profile.busy_seconds <= profile.wall_seconds


def test_operators_take_their_median_over_steps():
    steps = [
        training_trace(2000.0 * i, slower)["traceEvents"] for i, slower in enumerate((1, 1, 9))
    ]
    for i, rows in enumerate(steps):
        for row in rows:
            if "correlation" in row["args"]:
                row["args"] = row["args"] | {"correlation": row["args"]["correlation"] + 100 * i}
    timed = {"traceEvents": [row for rows in steps for row in rows]}
    profile = gpu_profile(training_trace(), timed)
    assert profile.steps == 3
    assert profile.op_seconds == pytest.approx(290 * MICRO)
    # Three steps from the first start to the last end, 2 ms apart.
    assert profile.wall_seconds == pytest.approx(5000 / 3 * MICRO)


def test_a_trace_without_device_events_is_a_labelled_outcome():
    silent = {"traceEvents": [r for r in training_trace()["traceEvents"] if r["cat"] != "kernel"]}
    profile = gpu_profile(silent, silent)
    assert profile.status == "no_device_events"
    assert profile.ops == ()
    assert profile.busy_seconds is None
    assert profile.kernel_count is None
    assert "doctor" in profile.reason


def test_replays_of_a_cuda_graph_show_their_kernels_by_name():
    rows = [
        span(STEP + "0", 0, 100),
        span(PHASE + "forward", 1, 90),
        launch(10, 1),
        kernel("sgemm", 20, 50, 1),
        kernel("triton_poi_fused_silu_0", 50, 60, 1),
        kernel("triton_red_fused_mean_silu_1", 60, 65, 1),
    ]
    trace = {"traceEvents": rows}
    profile = gpu_profile(trace, trace)
    assert [(op.op, op.role) for op in profile.ops] == [
        ("sgemm", UNATTRIBUTED),
        ("triton_poi_fused_silu_0", "activation"),
        ("triton_red_fused_mean_silu_1", "fused (mean, silu)"),
    ]
    assert profile.kernel_count == 3
    assert profile.busy_seconds == pytest.approx(45 * MICRO)


def test_steps_of_other_operators_are_refused():
    other = training_trace(extra=[host("aten::relu", 300, 310), launch(305, 9)])
    with pytest.raises(NotSteady, match=r"6 then 7|7 then 8|then"):
        gpu_profile(training_trace(), other)


def test_busy_time_is_the_union_of_intervals():
    pairs = [(0, 10), (5, 8), (9, 12), (20, 21)]
    assert busy_seconds(Kernel("k", a, b, None) for a, b in pairs) == pytest.approx(13 * MICRO)


class Gated(nn.Module):
    """A user's own module: squeeze-and-excitation written out by hand, and a shortcut."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.act = nn.SiLU(inplace=True)
        self.reduce = nn.Conv2d(8, 2, 1)
        self.expand = nn.Conv2d(2, 8, 1)
        self.head = nn.Linear(8, 10)

    def forward(self, x):
        x = self.act(self.norm(self.stem(x)))
        gate = torch.sigmoid(self.expand(torch.relu(self.reduce(x.mean((2, 3), keepdim=True)))))
        return self.head((x * gate + x).mean((2, 3)))


def subject(mode, model=None, resolution=32):
    torch.manual_seed(0)
    model = model or Gated()
    step = build_step(model, Cell("own", resolution, mode=mode, batch_size=2), CPU)
    for _ in range(2):
        step.run()
    return Subject.of(model, step, CPU)


#: Operators whose names differ between the two views: composite ones are seen from above.
VIEWED_FROM_ABOVE = {
    "conv2d": "convolution",
    "batch_norm": "native_batch_norm",
    "linear": "addmm",
    "adaptive_avg_pool2d": "mean",
}


def roles_by_place(profile):
    """What both methods must agree on. In-place SiLU and the loss are nested differently."""
    rows = [
        (VIEWED_FROM_ABOVE.get(o.op, o.op).rstrip("_"), o.phase, o.role, o.module)
        for o in profile.ops
    ]
    return [row for row in rows if row[0] != "clone" and row[2] != "loss"]


@pytest.mark.parametrize("mode", ["infer", "train"])
def test_both_methods_give_operators_the_same_role_and_module(mode):
    asked = subject(mode)
    clocked = profile_with_clock(asked, 3, 1.0)
    profiled = profile_with_profiler(asked, 3, 1.0)
    assert roles_by_place(profiled) == roles_by_place(clocked)
    assert {"SE squeeze", "SE FC", "SE gate", "SE scale"} <= set(profiled.by(lambda op: op.role))
    assert profiled.op_seconds <= profiled.wall_seconds


def test_both_methods_agree_on_a_published_network_in_training():
    asked = subject("train", build_model("timm/mobilenetv3_small_050"), resolution=64)
    clocked = profile_with_clock(asked, 3, 1.0)
    profiled = profile_with_profiler(asked, 3, 1.0)
    assert [r[2:] for r in roles_by_place(profiled)] == [r[2:] for r in roles_by_place(clocked)]
    assert UNATTRIBUTED not in profiled.by(lambda op: op.role)


def test_a_kept_trace_opens_as_compressed_chrome_trace(tmp_path):
    keep_trace(subject("train"), tmp_path / "trace.json.gz")
    trace = json.loads(gzip.decompress((tmp_path / "trace.json.gz").read_bytes()))
    names = {event["name"] for event in trace["traceEvents"]}
    assert {
        STEP + "0",
        STEP + "1",
        MODULE + "reduce",
        PHASE + "backward",
        "aten::convolution_backward",
    } <= names
    assert trace["distributedInfo"] == {"rank": 0, "world_size": 1}
    assert not any(name.startswith("##") for name in names)


def test_a_kept_trace_may_be_plain(tmp_path):
    keep_trace(subject("infer"), tmp_path / "trace.json")
    assert json.loads((tmp_path / "trace.json").read_text())["traceEvents"]


def test_times_are_read_from_a_trace_without_shapes():
    asked = subject("infer")
    for shapes in (True, False):
        rows = record(asked, 1, shapes=shapes).read()["traceEvents"]
        assert any("Input Dims" in row.get("args", {}) for row in rows) == shapes
    assert set(PLACES) - {"conv"} <= {place.path for place in places_of(asked.model).values()}
