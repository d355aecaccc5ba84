"""What a model returns, whatever it wraps it in: the tensors of class scores."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


def scores(output: Any) -> "list[Tensor]":  # noqa: ANN401  # a tensor, or any nest of them
    """Return every floating-point tensor of an output, each of shape (N, classes, ...).

    Auxiliary heads come as tuples, dictionaries or dataclasses known to torch's pytree. Raises
    `NotImplementedError` where there is none: such a model has nothing to time the end of.
    """
    from torch import Tensor
    from torch.utils._pytree import tree_leaves

    found = [leaf for leaf in tree_leaves(output) if isinstance(leaf, Tensor)]
    tensors = [tensor for tensor in found if tensor.is_floating_point()]
    if not tensors:
        raise NotImplementedError(
            f"the model returns {type(output).__name__} without a floating-point tensor"
        )
    return tensors
