"""Formulas of one operator call: multiply-accumulates, activations and unfused memory traffic."""

from collections.abc import Callable
from math import prod
from typing import Any

from torch import Size, Tensor
from torch._ops import OpOverload
from torch.utils.flop_counter import flop_registry

from effprof.core.costs import Cost
from effprof.models.operators import op_name, operands

#: Name and version of these formulas, stated beside every number; the version rises when the same
#: model would get other numbers.
COUNTER = "effprof static cost 1"

#: In-place ops that overwrite their first operand without reading it.
_OVERWRITING = frozenset(
    {"copy_", "fill_", "zero_", "bernoulli_", "uniform_", "normal_", "random_", "exponential_"}
)


def cost_of(func: OpOverload, args: tuple[Any, ...], tensors: list[Tensor], result: Any) -> Cost:  # noqa: ANN401
    """Cost of one call; `tensors` are the tensors of all its arguments, keyword ones included.

    MACs: torch's registered formulas (2 FLOPs per MAC), save the convolution backward. Bytes: every
    operand read once, every result written once. Not counted as MACs: everything that is neither a
    convolution nor a matrix product; biases.
    """
    name = op_name(func)
    results = list(operands(result))
    read = tensors[1:] if name in _OVERWRITING else tensors
    # Foreach ops in place return nothing: they write their first list.
    written = results or list(operands(args[:1]))
    return Cost(
        ops=1,
        macs=_macs(func, args, result),
        activations=results[0].numel() if name in _CONVOLUTIONS else 0,
        bytes_read=sum(map(stored_bytes, read)),
        bytes_written=sum(map(stored_bytes, written)),
    )


def stored_bytes(tensor: Tensor) -> int:
    """Bytes of the distinct elements of a tensor: an expanded size (stride 0) counts once."""
    elements = tensor.numel()
    if elements and 0 in tensor.stride():
        sizes = zip(tensor.shape, tensor.stride(), strict=True)
        elements = prod(size for size, stride in sizes if stride)
    return elements * tensor.element_size()


_CONVOLUTIONS = frozenset({"convolution", "_convolution", "convolution_overrideable"})


def _macs(func: OpOverload, args: tuple[Any, ...], result: Any) -> int:  # noqa: ANN401
    formula = _OUR_FORMULAS.get(op_name(func))
    if formula is not None:
        return formula(*args)
    registered = flop_registry.get(func.overloadpacket)
    return int(registered(*args, out_val=result)) // 2 if registered else 0


def conv_backward_macs(grad: Tensor, image: Tensor, weight: Tensor, *rest: Any) -> int:  # noqa: ANN401
    """MACs of a convolution's backward: each gradient asked for costs as much as the forward.

    Forward: output positions x C_out x C_in / groups x kernel (transposed: input positions). The
    input gradient is a transposed convolution of the same products and the weight gradient sums
    them in another order. torch 2.15's own formula multiplies the weight gradient by `groups`.
    `rest` is (bias sizes, stride, padding, dilation, transposed, output padding, groups, mask).
    """
    *_, transposed, _output_padding, _groups, mask = rest
    positions: Size = image.shape if transposed else grad.shape
    forward = prod(positions[2:]) * positions[0] * weight.numel()
    return forward * (bool(mask[0]) + bool(mask[1]))


#: Formulas that replace torch's, by op name.
_OUR_FORMULAS: dict[str, Callable[..., int]] = {"convolution_backward": conv_backward_macs}
