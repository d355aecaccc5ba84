"""The clock around operators: the same operators as static cost, each timed once."""

import itertools

import pytest
import torch
from torch import nn
from torch.nn.modules import module as modules

from effprof.core.cells import Cell
from effprof.core.libraries import library_of
from effprof.core.profiles import UNATTRIBUTED
from effprof.cost import count_model
from effprof.measure.steps import build_step
from effprof.models.build import build_model
from effprof.profiling import Subject, profile_with_clock
from effprof.profiling.ops import NotSteady

CPU = torch.device("cpu")

#: Families whose squeeze-and-excitation, activations and layouts differ, from both libraries.
MODELS = [
    "timm/efficientnet_b0",
    "timm/tf_efficientnetv2_b0",
    "timm/mobilenetv3_small_100",
    "timm/semnasnet_075",
    "timm/regnety_002",
    "timm/seresnet50",
    "torchvision/efficientnet_b0",
    "torchvision/mobilenet_v3_small",
    "torchvision/regnet_y_400mf",
]


class Ticks:
    """A clock that moves one second at every reading: each operator takes one second."""

    def __init__(self):
        self._readings = itertools.count()

    def __call__(self):
        return float(next(self._readings))


def subject(name, mode="infer", batch_size=2, resolution=64, execution="eager"):
    torch.manual_seed(0)
    model = build_model(name)
    cell = Cell(name, resolution, mode=mode, batch_size=batch_size, execution=execution)
    return Subject.of(model, build_step(model, cell, CPU), CPU, execution)


def profiled(name, mode="infer", **axes):
    return profile_with_clock(subject(name, mode, **axes), 1, 1.0, Ticks())


def described(ops):
    return [(op.op, op.phase, op.role, op.module) for op in ops]


@pytest.mark.parametrize("name", MODELS)
def test_an_inference_step_shows_the_operators_of_static_cost(name):
    counted = count_model(name, 64, "infer", 2).ops
    profile = profiled(name)
    assert described(profile.ops) == described(counted)
    assert [op.counted for op in profile.ops] == [op.cost.macs > 0 for op in counted]
    assert all(op.seconds == 1.0 for op in profile.ops)


@pytest.mark.parametrize("name", MODELS)
def test_a_folded_step_shows_the_operators_of_static_cost_but_for_the_norms(name):
    counted = [op for op in count_model(name, 64, "infer", 2).ops if op.role != "norm"]
    profile = profiled(name, execution="bn-folded")
    shown = [(op.op, op.phase, op.role) for op in profile.ops]
    assert shown == [(op.op, op.phase, op.role) for op in counted]
    assert [op.counted for op in profile.ops] == [op.cost.macs > 0 for op in counted]


@pytest.mark.parametrize("name", ["timm/efficientnet_b0", "torchvision/mobilenet_v3_small"])
def test_a_training_step_shows_the_operators_of_static_cost(name):
    def without_optimizer(ops):
        return described(op for op in ops if op.phase != "optimizer")

    # Without gradients to hand in channels-last there is nothing to lay out anew.
    counted = count_model(name, 64, "train", 2).ops
    profile = profiled(name, "train")
    assert without_optimizer(profile.ops) == without_optimizer(counted)
    assert {op.role for op in profile.ops if op.phase == "optimizer"} == {"optimizer"}


def test_roles_and_modules_sum_to_the_total_and_the_total_to_less_than_the_step():
    profile = profile_with_clock(subject("timm/efficientnet_b0", "train"), 3, 1.0)
    for key in (lambda op: op.role, lambda op: op.module, lambda op: op.phase):
        assert sum(profile.by(key).values()) == pytest.approx(profile.op_seconds, rel=1e-9)
    assert 0 < profile.op_seconds <= profile.wall_seconds
    assert profile.busy_seconds == pytest.approx(profile.op_seconds)
    assert profile.kernel_count == len(profile.ops)
    assert profile.steps == 3


def test_backward_operators_stand_where_their_forward_operator_does():
    profile = profiled("timm/efficientnet_b0", "train")
    roles = profile.by(lambda op: op.role)
    assert UNATTRIBUTED not in roles
    forward = {op.module for op in profile.ops if op.phase == "forward"}
    backward = [op for op in profile.ops if op.phase == "backward"]
    placed = [op for op in backward if op.module]
    assert {op.module for op in placed} <= forward
    # What is left belongs to the loss, which stands in no module.
    assert {op.role for op in backward if not op.module} <= {"loss", "copy"}
    scaled = [op for op in backward if op.role == "SE scale"]
    assert scaled
    assert all(op.module.endswith(".se") for op in scaled)


def test_a_network_without_squeeze_excite_has_no_time_there():
    profile = profiled("timm/resnet18", "train")
    assert [role for role in profile.by(lambda op: op.role) if role.startswith("SE")] == []


@pytest.mark.parametrize("mode", ["infer", "train"])
def test_removing_squeeze_excite_by_its_knob_removes_exactly_its_rows(mode):
    def rows(name):
        ops = profiled(name, mode).ops
        # Where SE was, its gradient no longer joins that of the main path.
        return [
            (op.op, op.phase, op.role)
            for op in ops
            if not op.role.startswith("SE")
            and op.role != "gradient accumulation"
            and op.phase != "optimizer"
        ]

    assert rows("effprof:efficientnet") == rows("effprof:efficientnet?se=off")


class Restless(nn.Module):
    """Runs one operator more at every call."""

    effprof_resolution = 8

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(3, 4)
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        for _ in range(self.calls):
            x = torch.tanh(x)
        return self.head(x.mean((2, 3)))


def test_a_step_that_does_not_repeat_itself_is_refused():
    model = Restless()
    step = build_step(model, Cell("restless", 8), CPU)
    with pytest.raises(NotSteady, match=r"3 then 4; at 1: tanh then tanh|differ"):
        profile_with_clock(Subject.of(model, step, CPU), 2, 1.0)


def test_convolutions_name_the_library_that_runs_them():
    profile = profiled("timm/resnet18")
    convolutions = [op for op in profile.ops if op.op == "convolution"]
    assert len(convolutions) == 20
    assert all(op.kernels and op.kernels[0] for op in convolutions)


@pytest.mark.parametrize("name", ["timm/efficientnet_b0", "timm/resnet18"])
def test_the_backward_of_a_convolution_names_the_library_of_its_forward(name):
    profile = profiled(name, "train")
    forward = {op.module: op.kernels for op in profile.ops if op.op == "convolution"}
    backward = {op.module: op.kernels for op in profile.ops if op.op == "convolution_backward"}
    assert backward == forward
    assert {library_of(kernels) for kernels in forward.values()} <= {"oneDNN", "Slow2d + BLAS"}


def test_hooks_are_gone_after_the_pass():
    asked = subject("timm/resnet18")
    profile_with_clock(asked, 1, 1.0)
    assert not any(
        module._forward_hooks or module._forward_pre_hooks for module in asked.model.modules()
    )
    assert not modules._global_forward_hooks
    assert not modules._global_forward_pre_hooks
