"""What an operator call is, as torch states it: its name, its tensors, whether it does any work."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch._C import DispatchKey
from torch._ops import OpOverload

#: Ops that compute nothing and move nothing: allocations, and views that torch does not mark as
#: such. Marked views are known by `OpOverload.is_view`.
_FREE = frozenset(
    {
        "empty",
        "empty_like",
        "empty_strided",
        "new_empty",
        "new_empty_strided",
        "_unsafe_view",
        "_reshape_alias",
        "as_strided_",
        "detach_",
        "squeeze_",
        "unsqueeze_",
        "t_",
        "transpose_",
        "lift_fresh",
        "is_same_size",
        "_record_function_enter_new",
        "_record_function_exit",
    }
)


def op_name(func: OpOverload) -> str:
    """Name of an op without namespace and overload: `aten::add_.Tensor` is `add_`."""
    return func._schema.name.partition("::")[2]


def arrives_whole(func: OpOverload) -> bool:
    """Whether an op is made of others, has no kernel of its own on a CPU, and was not taken apart.

    Only inference mode lets such ops get to a dispatch mode; else it sees their parts.
    """
    if not torch.is_inference_mode_enabled():
        return False
    has_kernel = torch._C._dispatch_has_kernel_for_dispatch_key
    name = func.name()
    return has_kernel(name, "CompositeImplicitAutograd") and not has_kernel(name, "CPU")


def run_parts(func: OpOverload, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
    """Run an op that arrived whole, so that a dispatch mode that is entered sees its parts.

    torch's own kernel runs: `decompose` prefers Python's, whose dropout copies in torch 2.11.
    """
    return func._op_dk(DispatchKey.CompositeImplicitAutograd, *args, **kwargs)


def is_free(func: OpOverload) -> bool:
    """Whether an op neither computes nor moves anything: a view or an allocation."""
    return func.is_view or op_name(func) in _FREE


def operands(value: Any) -> Iterator[Tensor]:  # noqa: ANN401  # any op argument or result
    """Yield the tensors among an op's arguments or results; lists are those of foreach ops."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from operands(item)


#: Convolutions that state their groups, with the position of that argument.
GROUPS_ARGUMENT = {
    **{"convolution": 8, "convolution_backward": 9},
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), 6),
}


def stated_groups(func: OpOverload, args: tuple[Any, ...]) -> int | None:
    """Read the groups of a convolution off its arguments; None where they do not state any."""
    position = GROUPS_ARGUMENT.get(op_name(func))
    return None if position is None else int(args[position])
