"""The casts of autocast stand for themselves, whatever operator they are made for."""

from collections import Counter

import pytest
import torch
from torch import nn

from effprof.core.cells import Cell
from effprof.core.profiles import UNATTRIBUTED
from effprof.measure.steps import build_step
from effprof.models.places import Place
from effprof.profiling import (
    CellProfiler,
    Subject,
    profile_with_clock,
    profile_with_profiler,
)
from effprof.profiling.record import MODULE, PHASE, STEP
from effprof.profiling.trace import profile_of_traces
from tests.profiling.rows import autograd, host, kernel, launch, span
from tests.profiling.stand_in import Sessions

CPU, GPU = torch.device("cpu"), torch.device("cuda")
MICRO = 1e-6

IMAGE, WEIGHT, BIAS = [2, 8, 4, 4], [8, 1, 3, 3], [8]


def cast(start, correlation, sizes, number=None, thread=1):
    """What one `to` shows that starts a kernel of 10 us: the numbers are autograd's."""
    shown = {"Input Dims": [sizes]} | ({} if number is None else {"Sequence number": number})
    return [
        host("aten::to", start, start + 9, thread, **shown),
        host("aten::_to_copy", start + 1, start + 8, thread, **shown),
        host("aten::empty_strided", start + 2, start + 3, thread),
        host("aten::copy_", start + 3, start + 7, thread, **{"Input Dims": [sizes, sizes]}),
        launch(start + 4, correlation, thread),
        kernel("unrolled_elementwise_kernel", start + 1000, start + 1010, correlation),
    ]


def backward(name, number, start, inner):
    """A node of autograd of 50 us, and what runs inside."""
    return [autograd(name, number, start, start + 50), *inner]


def amp_training_trace():
    """A convolution under autocast as torch writes it: called, operands cast, called again."""
    operands = {"Input Dims": [IMAGE, WEIGHT, BIAS]}
    gradient = {"Input Dims": [IMAGE, IMAGE, WEIGHT]}
    rows = [
        span(STEP + "0", 0, 900),
        span(PHASE + "forward", 1, 300),
        span(MODULE + "conv", 5, 250),
        host("aten::conv2d", 10, 200, **operands, **{"Sequence number": 5}),
        *cast(20, 1, BIAS, 5),
        *cast(40, 2, WEIGHT, 6),
        *cast(60, 3, IMAGE, 7),
        host("aten::conv2d", 80, 190, **operands, **{"Sequence number": 7}),
        host("aten::convolution", 81, 189, **operands, **{"Sequence number": 7}),
        host("aten::_convolution", 82, 188, **operands),
        host("aten::cudnn_convolution", 84, 150, **{"Input Dims": [IMAGE, WEIGHT]}),
        # cuDNN wants another layout: a copy that the convolution makes, no cast.
        host("aten::contiguous", 86, 110, **{"Input Dims": [IMAGE]}),
        host("aten::clone", 87, 109, **{"Input Dims": [IMAGE]}),
        host("aten::copy_", 88, 108, **{"Input Dims": [IMAGE, IMAGE]}),
        launch(90, 4),
        kernel("nchwToNhwc", 1100, 1120, 4),
        launch(120, 5),
        kernel("dgrad_depthwise", 1120, 1160, 5),
        host("aten::add_", 155, 180, **{"Input Dims": [IMAGE, BIAS]}),
        launch(160, 6),
        kernel("add_bias", 1160, 1165, 6),
        span(PHASE + "backward", 300, 800),
        *backward(
            "ConvolutionBackward0", 7, 310,
            [
                host("aten::convolution_backward", 315, 355, 2, **gradient),
                *cast(320, 7, WEIGHT, thread=2),
                launch(340, 8, 2),
                kernel("wgrad", 1300, 1400, 8),
            ],
        ),
        *backward("ToCopyBackward0", 6, 400, cast(410, 9, WEIGHT, thread=2)),
        *backward("ToCopyBackward0", 5, 500, cast(510, 10, BIAS, thread=2)),
    ]  # fmt: skip
    return {"traceEvents": rows}


def test_each_cast_is_a_copy_and_the_convolution_has_its_own_kernels_alone():
    places = {"conv": Place("conv", ("Net", "Conv2d"))}
    profile = profile_of_traces([amp_training_trace()], places, 1e-3, on_device=True)
    rows = [(op.op, op.phase, op.role, op.module, round(op.seconds / MICRO)) for op in profile.ops]
    assert rows == [
        ("_to_copy", "forward", "copy", "conv", 10),
        ("_to_copy", "forward", "copy", "conv", 10),
        ("_to_copy", "forward", "copy", "conv", 10),
        ("conv2d", "forward", "depthwise conv", "conv", 65),
        # With the cast that the convolution's own backward makes.
        ("convolution_backward", "backward", "depthwise conv", "conv", 110),
        ("_to_copy", "backward", "copy", "conv", 10),
        ("_to_copy", "backward", "copy", "conv", 10),
    ]
    assert sum(profile.by(lambda op: op.role).values()) == pytest.approx(225 * MICRO)
    assert profile.op_seconds == pytest.approx(225 * MICRO)
    assert profile.flop_invisible_share == pytest.approx(50 / 225)


def test_an_operator_that_casts_among_its_own_work_is_one_operator():
    rows = [
        span(STEP + "0", 0, 900),
        host("aten::sum", 10, 90, **{"Input Dims": [IMAGE]}),
        host("aten::as_strided", 11, 19, **{"Input Dims": [BIAS]}),
        *cast(20, 1, IMAGE),
        host("aten::sum", 40, 80, **{"Input Dims": [IMAGE, BIAS]}),
        launch(50, 2),
        kernel("reduce_kernel", 1100, 1130, 2),
    ]
    profile = profile_of_traces([{"traceEvents": rows}], {}, 1e-3, on_device=True)
    assert [(op.op, round(op.seconds / MICRO)) for op in profile.ops] == [("sum", 40)]


class Net(nn.Module):
    """A stem, squeeze-and-excitation on a batch norm's map, a layer norm and a head."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.act = nn.SiLU()
        self.reduce = nn.Conv2d(8, 2, 1)
        self.expand = nn.Conv2d(2, 8, 1)
        self.layer_norm = nn.LayerNorm(8)
        self.head = nn.Linear(8, 10)

    def forward(self, x):
        x = self.act(self.norm(self.stem(x)))
        gate = torch.sigmoid(self.expand(torch.relu(self.reduce(x.mean((2, 3), keepdim=True)))))
        return self.head(self.layer_norm((x * gate).mean((2, 3))))


def built(mode):
    torch.manual_seed(0)
    model = Net()
    cell = Cell("own", 32, mode=mode, batch_size=2, precision="amp-bf16")
    step = build_step(model, cell, CPU)
    for _ in range(2):
        step.run()
    return model, step, cell


def casts(profile):
    return Counter((op.phase, op.module, op.role) for op in profile.ops if op.op == "_to_copy")


@pytest.mark.parametrize("mode", ["infer", "train"])
def test_both_methods_see_the_same_casts_of_autocast_all_of_them_copies(mode):
    model, step, _ = built(mode)
    subject = Subject.of(model, step, CPU)
    clocked, profiled = (
        method(subject, 3, 1.0) for method in (profile_with_clock, profile_with_profiler)
    )
    found = casts(profiled)
    assert found == casts(clocked)
    assert {role for _, _, role in found} == {"copy"}
    # Weight and bias are cast for each of the four products, and some of their inputs.
    for module in ("stem", "reduce", "expand", "head"):
        assert found["forward", module, "copy"] >= 2
    assert ("backward" in {phase for phase, _, _ in found}) == (mode == "train")
    roles = profiled.by(lambda op: op.role)
    assert roles.keys() == clocked.by(lambda op: op.role).keys()
    assert sum(roles.values()) == pytest.approx(profiled.op_seconds)


@pytest.mark.parametrize("mode", ["infer", "train"])
def test_on_a_gpu_they_are_read_from_the_one_recording(monkeypatch, mode):
    sessions = Sessions(monkeypatch)
    model, step, cell = built(mode)
    seen = CellProfiler()(model, step, GPU, cell, 1e-3, 1e-3)
    assert sessions.shapes == [True]
    assert casts(seen) == casts(profile_with_clock(Subject.of(model, step, CPU), 3, 1.0))
    roles = seen.by(lambda op: op.role)
    assert UNATTRIBUTED not in roles
    assert sum(roles.values()) == pytest.approx(seen.op_seconds)
    assert {"dense conv", "SE FC", "classifier", "copy"} <= roles.keys()
