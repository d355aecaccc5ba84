"""Batch norm folding: the batch norms of a network put into the convolutions before them.

In inference a batch norm multiplies and shifts each channel by constants, which the weights of the
convolution before it can hold. Runtimes for inference do this before anything else.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import torch
from timm.layers.conv2d_same import Conv2dSame
from timm.layers.norm_act import BatchNormAct2d
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.weak import WeakIdKeyDictionary

#: Convolutions whose weight is what they multiply by. Others compute it when they are called, such
#: as those that standardise weights: nothing can be folded into it beforehand.
CONVOLUTIONS: frozenset[type[nn.Module]] = frozenset({nn.Conv1d, nn.Conv2d, nn.Conv3d, Conv2dSame})

#: Kind of batch norm -> the names of what it does besides, after normalising.
BESIDES: dict[type[nn.Module], tuple[str, ...]] = {
    nn.BatchNorm1d: (),
    nn.BatchNorm2d: (),
    nn.BatchNorm3d: (),
    BatchNormAct2d: ("drop", "act"),
}


@dataclass(frozen=True, slots=True)
class Folding:
    """How many batch norms were folded, of how many that the network has."""

    folded: int
    norms: int

    def __str__(self) -> str:
        """Say so in a sentence without its end."""
        return f"{self.folded} of {self.norms} batch norms folded into the convolutions before them"


def fold_batch_norms(model: nn.Module, forward: Callable[[], object]) -> Folding:
    """Fold the batch norms of a network in evaluation, in place, where that changes no result.

    `forward` runs the network once; which tensors each operator reads tells what may be folded: a
    batch norm with statistics, called once, on the output of a convolution that is called once and
    that nothing else reads. torch's own `fuse_conv_bn_eval` gives the new weights. What a batch
    norm does besides, such as the activation of timm's `BatchNormAct2d`, stays in its place. The
    modules that enclose both stay, so that operators have the places that they had.
    """
    norms = sum(isinstance(module, _BatchNorm) for module in model.modules())
    pairs = _foldable(model, forward)
    folded = len(pairs)
    places = _places(model)
    with torch.no_grad():
        # One by one: weights that were folded make room for those that are folded next.
        while pairs:
            conv, norm = pairs.pop()
            _put(fuse_conv_bn_eval(conv, norm), places.pop(conv))
            _put(_remainder(norm), places.pop(norm))
    return Folding(folded, norms)


def _put(module: nn.Module, places: list[tuple[nn.Module, str]]) -> None:
    for parent, name in places:
        setattr(parent, name, module)


def _places(model: nn.Module) -> dict[nn.Module, list[tuple[nn.Module, str]]]:
    """Map every module to its parents, and its name there."""
    places: dict[nn.Module, list[tuple[nn.Module, str]]] = {}
    for parent in model.modules():
        for name, child in parent._modules.items():
            if child is not None:
                places.setdefault(child, []).append((parent, name))
    return places


def _remainder(norm: nn.Module) -> nn.Module:
    """Give what a batch norm does besides."""
    named: Iterator[nn.Module] = (getattr(norm, name) for name in BESIDES[type(norm)])
    steps = [each for each in named if not isinstance(each, nn.Identity)]
    if len(steps) == 1:
        return steps[0]
    return nn.Sequential(*steps) if steps else nn.Identity()


def _foldable(model: nn.Module, forward: Callable[[], object]) -> list[tuple[_ConvNd, _BatchNorm]]:
    """List each convolution whose output one batch norm reads and nothing else, with that."""
    reads = _Reads()
    convs = [m for m in model.modules() if type(m) in CONVOLUTIONS and not _is_hooked(m)]
    norms = [m for m in model.modules() if _is_constant(m) and not _is_hooked(m)]
    with torch.no_grad(), ExitStack() as hooks:
        for conv in convs:
            hooks.callback(conv.register_forward_hook(reads.made).remove)
        for norm in norms:
            hooks.callback(norm.register_forward_pre_hook(reads.enter).remove)
            hooks.callback(norm.register_forward_hook(reads.leave, always_call=True).remove)
        with reads:
            reads.returned(forward())
    return list(reads.pairs())


def _is_constant(module: nn.Module) -> bool:
    """Whether it is a batch norm of a known kind that multiplies and shifts by constants."""
    return (
        isinstance(module, _BatchNorm)
        and type(module) in BESIDES
        and not module.training
        and module.running_mean is not None
    )


def _is_hooked(module: nn.Module) -> bool:
    """Whether somebody looks at what it takes or gives, or changes it, such as its weights."""
    return bool(module._forward_pre_hooks or module._forward_hooks)


class _Reads(TorchDispatchMode):
    """Notes who reads the output of each convolution while a network runs."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        #: Output -> its convolution; held weakly, so that a network needs no more memory than ever.
        self._outputs = WeakIdKeyDictionary()
        self._calls: Counter[nn.Module] = Counter()
        #: The batch norm that runs, if one does, and the convolution before it.
        self._within: tuple[nn.Module, nn.Module] | None = None
        self._read_by: dict[nn.Module, nn.Module] = {}
        self._shared: set[nn.Module] = set()

    def made(self, conv: nn.Module, _: object, output: torch.Tensor) -> None:
        """Note what a convolution returns."""
        self._calls[conv] += 1
        self._outputs[output] = conv

    def enter(self, norm: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        """Note that a batch norm begins."""
        self._calls[norm] += 1
        conv = self._outputs.get(inputs[0]) if inputs else None
        if conv is not None:
            self._within = conv, norm

    def leave(self, *_: object) -> None:
        """Note that it is over."""
        self._within = None

    def returned(self, output: object) -> None:
        """Note what the network returns: whoever called it may read that."""
        self._note([output])

    def pairs(self) -> Iterator[tuple[Any, Any]]:
        """Yield the convolutions that a batch norm alone reads, each with it; both called once."""
        for conv, norm in self._read_by.items():
            if conv not in self._shared and self._calls[conv] == self._calls[norm] == 1:
                yield conv, norm

    def __torch_dispatch__(
        self,
        func: Any,  # noqa: ANN401
        types: Any,  # noqa: ANN401
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Note what the operator reads, and run it."""
        self._note([args, kwargs])
        return func(*args, **(kwargs or {}))

    def _note(self, read: object) -> None:
        for each in tree_leaves(read):
            conv = self._outputs.get(each) if isinstance(each, torch.Tensor) else None
            if conv is None:
                continue
            if self._within is not None and self._within[0] is conv:
                self._read_by[conv] = self._within[1]
            else:
                self._shared.add(conv)
