"""Traffic and MACs of single operators, against numbers worked out by hand."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import flop_registry

from effprof.cost import count_ops
from effprof.cost.formulas import stored_bytes
from effprof.models.products import product_of


def meta(*shape, **kwargs):
    return torch.empty(shape, device="meta", **kwargs)


class Calling(nn.Module):
    """A module whose forward is one function."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


def moved(function, *inputs):
    """(read, written) elements of 4 bytes, summed over the operators that `function` calls."""
    ops = count_ops(Calling(function), inputs)
    read, written = (
        sum(getattr(op.cost, name) for op in ops) for name in ("bytes_read", "bytes_written")
    )
    return read // 4, written // 4


@pytest.mark.parametrize(
    ("function", "inputs", "expected"),
    [
        (lambda x: x + x.new_empty(4, 6), [meta(4, 6)], (48, 24)),
        (lambda x: x.relu_(), [meta(4, 6)], (24, 24)),
        (lambda x: x.add_(1.0), [meta(4, 6)], (24, 24)),
        (lambda x: x.fill_(1.0), [meta(4, 6)], (0, 24)),
        (lambda x, y: x.copy_(y), [meta(4, 6), meta(4, 6)], (24, 24)),
        (lambda x: x.sum(), [meta(4, 6)], (24, 1)),
        (lambda x, y: x * y, [meta(4, 6), meta(4, 1)], (28, 24)),
        (lambda x, y: x * y.expand(4, 6), [meta(4, 6), meta(4, 1)], (28, 24)),
        (lambda x: x.view(24)[:12].relu(), [meta(4, 6)], (12, 12)),
        (lambda x: x.transpose(0, 1).reshape(24), [meta(4, 6)], (24, 24)),
        (lambda x, y: torch.cat([x, y]), [meta(4, 6), meta(2, 6)], (36, 36)),
        (lambda x, y: torch._foreach_add_([x, y], [y, x]), [meta(4, 6), meta(4, 6)], (96, 48)),
        (lambda x, y: x @ y, [meta(4, 6), meta(6, 5)], (24 + 30, 20)),
    ],
)
def test_every_operand_is_read_once_and_every_result_written_once(function, inputs, expected):
    assert moved(function, *inputs) == expected


def test_views_and_allocations_are_no_operators():
    views = Calling(lambda x: x.view(24).unsqueeze(0).detach().expand(3, 24).new_empty(5))
    assert count_ops(views, (meta(4, 6),)) == ()


def test_bytes_follow_the_element_type():
    assert stored_bytes(meta(4, 6, dtype=torch.bfloat16)) * 2 == stored_bytes(meta(4, 6)) == 96
    assert stored_bytes(meta(0, 6)) == 0


CONVOLUTIONS = [
    nn.Conv2d(8, 16, 3, padding=1),
    nn.Conv2d(8, 8, 3, groups=8, padding=1),
    nn.Conv2d(8, 16, 5, groups=4, stride=2),
    nn.ConvTranspose2d(8, 4, 3, stride=2),
    nn.ConvTranspose2d(8, 8, 3, groups=4),
]


@pytest.mark.parametrize("layer", CONVOLUTIONS, ids=str)
def test_each_gradient_of_a_convolution_costs_as_much_as_its_forward(layer):
    stem = nn.Conv2d(3, 8, 1)
    net = nn.Sequential(stem, layer).to("meta")
    ops = count_ops(net, (meta(2, 3, 9, 9),), "train")
    macs = {op.phase: op.cost.macs for op in ops if op.module == "1" and op.cost.macs}
    assert macs["backward"] == 2 * macs["forward"]


def test_the_first_convolution_needs_no_input_gradient():
    net = nn.Conv2d(3, 8, 3).to("meta")
    forward, backward = (op for op in count_ops(net, (meta(2, 3, 9, 9),), "train") if op.cost.macs)
    assert backward.op == "convolution_backward"
    assert backward.cost.macs == forward.cost.macs == 2 * 8 * 7 * 7 * 3 * 3 * 3


@pytest.mark.parametrize("mask", [[True, True, True], [False, True, False], [True, False, True]])
def test_backward_formula_agrees_with_torch_without_groups(mask):
    tensors = meta(2, 16, 7, 7), meta(2, 8, 9, 9), meta(16, 8, 3, 3)
    rest = [16], [1, 1], [0, 0], [1, 1], False, [0, 0], 1, mask
    gradients = [meta(2, 8, 9, 9), meta(16, 8, 3, 3), meta(16)]
    backward = torch.ops.aten.convolution_backward
    theirs = flop_registry[backward](*tensors, *rest, out_val=gradients)
    assert 2 * product_of(backward.default, [*tensors, *rest], gradients).macs == theirs
