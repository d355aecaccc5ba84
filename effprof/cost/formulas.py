"""The cost of one operator call: multiply-accumulates, activations and unfused memory traffic."""

from math import prod
from typing import Any

from torch import Tensor
from torch._ops import OpOverload

from effprof.core.costs import COUNTER_NAME, Cost
from effprof.models.operators import op_name, operands
from effprof.models.products import product_of

#: Name and version of these formulas, stated beside every number; the version rises when the same
#: model would get other numbers.
COUNTER = f"{COUNTER_NAME} 2"

#: In-place ops that overwrite their first operand without reading it.
_OVERWRITING = frozenset(
    {"copy_", "fill_", "zero_", "bernoulli_", "uniform_", "normal_", "random_", "exponential_"}
)


def cost_of(func: OpOverload, args: tuple[Any, ...], tensors: list[Tensor], result: Any) -> Cost:  # noqa: ANN401
    """Cost of one call; `tensors` are the tensors of all its arguments, keyword ones included.

    MACs and activations: `effprof.models.products`; activations as if it stood in a forward pass.
    Bytes: every operand read once, every result written once, so that what a fused operator keeps
    to itself moves nothing. Not counted as MACs: everything that is neither a convolution nor a
    matrix product; biases.
    """
    name = op_name(func)
    results = list(operands(result))
    read = tensors[1:] if name in _OVERWRITING else tensors
    # Foreach ops in place return nothing: they write their first list.
    written = results or list(operands(args[:1]))
    product = product_of(func, args, result)
    return Cost(
        ops=1,
        macs=product.macs,
        activations=product.outputs,
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
