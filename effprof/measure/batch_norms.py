"""Batch norms of a network with random weights: statistics under which they normalise."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch.nn.modules.batchnorm import _BatchNorm

#: Statistics come from the first images of a batch; the others are drawn from the same noise.
STATISTICS_IMAGES = 8


def settle_batch_norms(model: "torch.nn.Module", forward: Callable[[], object]) -> int:
    """Give batch norms that never saw a batch statistics of their own; return how many there are.

    A new batch norm takes its inputs for normalised. With random weights they are not: activations
    grow or fade from layer to layer. In half precision EfficientNetV2-M overflows, while B0 gives
    nearly zeros, which run faster than real contents on a GPU. `forward` runs the model once, in
    inference; each batch norm is given the mean and the variance of what arrives, over all channels
    alike. Those of a channel, as training takes them, are no use here: one small image leaves few
    values in late layers, whose deviation is small beside their mean, and any rounding would grow
    from layer to layer (EfficientNetV2-L at 64 pixels: to 10^17).

    Batch norms that have statistics keep them: they may be those of trained weights.
    """
    import torch

    fresh = list(_fresh(model))
    if fresh:
        with torch.no_grad(), ExitStack() as hooks:
            for norm in fresh:
                hooks.callback(norm.register_forward_pre_hook(_settle).remove)
            forward()
    return len(fresh)


def _fresh(model: "torch.nn.Module") -> Iterator["_BatchNorm"]:
    """Yield the batch norms that keep statistics and still have those that they were made with.

    Old checkpoints do not say how many batches were seen: the statistics themselves must tell.
    """
    from torch.nn.modules.batchnorm import _BatchNorm

    for norm in model.modules():
        if isinstance(norm, _BatchNorm) and norm.running_mean is not None:
            assert norm.running_var is not None, "both are kept, or none"
            seen = norm.num_batches_tracked is not None and int(norm.num_batches_tracked)
            made = not norm.running_mean.any() and bool((norm.running_var == 1).all())
            if made and not seen:
                yield norm


def _settle(norm: "_BatchNorm", inputs: tuple["torch.Tensor", ...]) -> None:
    import torch

    variance, mean = torch.var_mean(inputs[0][:STATISTICS_IMAGES].float(), correction=0)
    assert norm.running_mean is not None, "it keeps statistics"
    assert norm.running_var is not None, "as above"
    norm.running_mean.fill_(mean)
    norm.running_var.fill_(variance)
