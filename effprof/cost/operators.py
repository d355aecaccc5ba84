"""The static cost of a single operator, module or function, forward or with its backward pass."""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from effprof.core.cells import Mode
from effprof.core.costs import Cost
from effprof.cost.blanks import on_blanks
from effprof.cost.recorder import Recorder


class _Operator(nn.Module):
    """Makes a module of any function, so that the recorder has something to watch."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Tensor:
        output: Tensor = self.function(*inputs)
        return output


def count_operator(
    function: Callable[..., Any], inputs: Sequence[Tensor], mode: Mode = "infer"
) -> Cost:
    """Count one call of `function` on tensors like `inputs`, without contents.

    `train` adds the backward pass with respect to the inputs and, for a module, its parameters.
    Neither `function` nor `inputs` are changed.
    """
    if isinstance(function, nn.Module):
        function = copy.deepcopy(function).to("meta").train(mode == "train")
    operator = _Operator(function)
    training = mode == "train"
    shaped = [torch.empty_like(each, device="meta") for each in inputs]
    with (
        on_blanks(operator, shaped) as blanks,
        torch.set_grad_enabled(training),
        (recorder := Recorder(operator)).watching(),
    ):
        sources = [each.requires_grad_(training) for each in blanks if each.is_floating_point()]
        output = operator(*blanks)
        if training:
            recorder.phase = "backward"
            torch.autograd.grad(output, [*sources, *operator.parameters()], output.detach())
    return sum((op.cost for op in recorder.ops()), Cost())
