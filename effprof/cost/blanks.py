"""Tensors without contents that stand on a CPU: a network runs on shapes alone, as it would there.

On the meta device, where there are no contents either, torch takes other ways: attention in pieces,
recurrent layers step by step, and a state that `forward` makes there stands on the CPU.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils._mode_utils import no_dispatch

CPU = torch.device("cpu")


@contextmanager
def on_blanks(model: nn.Module, inputs: Sequence[Tensor]) -> Iterator[tuple[Tensor, ...]]:
    """Give a module of the meta device blank tensors while entered; yields the inputs as blanks.

    What `forward` makes meanwhile is blank too, and so are copies of real tensors that it holds.
    Raises `RuntimeError` for a module with a part in TorchScript, whose weights stay its own.
    """
    mode = FakeTensorMode(allow_non_fake_inputs=True)
    blanks: dict[int, Tensor] = {}

    def blank(tensor: Tensor) -> Tensor:
        """Make the blank of a tensor, the same one for a weight that several modules share."""
        if id(tensor) not in blanks:
            empty = make_blank(mode, tensor.shape, tensor.stride(), tensor.dtype)
            weight = isinstance(tensor, nn.Parameter)
            blanks[id(tensor)] = nn.Parameter(empty, tensor.requires_grad) if weight else empty
        return blanks[id(tensor)]

    with ExitStack() as undo:
        for module in model.modules():
            if isinstance(module, torch.jit.ScriptModule):
                raise RuntimeError(f"{type(module).__name__} is TorchScript")
            holders: list[dict[str, Any]] = [module._parameters, module._buffers, vars(module)]
            for tensors in holders:
                for name, tensor in list(tensors.items()):
                    if isinstance(tensor, Tensor):
                        undo.callback(tensors.__setitem__, name, tensor)
                        tensors[name] = blank(tensor)
        given = tuple(map(blank, inputs))
        with mode:
            yield given


def make_blank(
    mode: FakeTensorMode, shape: Sequence[int], stride: Sequence[int], dtype: torch.dtype
) -> Tensor:
    """Make a blank on the CPU."""
    with no_dispatch():
        empty = torch.empty_strided(shape, stride, dtype=dtype, device="meta")
    return FakeTensor(mode, empty, CPU)


def zeros_beside(tensor: Tensor, shape: Sequence[int], dtype: torch.dtype) -> Tensor:
    """Make zeros that no recorder sees, on the device of a tensor; blank beside a blank."""
    if isinstance(tensor, FakeTensor):
        return torch.empty(shape, dtype=dtype)
    with no_dispatch():
        return torch.zeros(shape, dtype=dtype, device=tensor.device)
