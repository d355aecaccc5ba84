"""Build EfficientNet variants with timm's own EfficientNet builder; imports torch and timm."""

from functools import partial
from typing import cast

import torch
from timm.layers.activations_me import SwishMe
from timm.layers.create_act import get_act_layer
from timm.models._efficientnet_blocks import SqueezeExcite
from timm.models._efficientnet_builder import decode_arch_def, round_channels
from timm.models.efficientnet import EfficientNet
from torch import nn

from effprof.models.scaling import Coefficients, stages
from effprof.models.variants import EfficientNetVariant

#: timm's names of our paddings; with "" a conv pads both sides alike.
_PAD_TYPES = {"symmetric": "", "same": "same"}


class UnfusedSiLU(nn.Module):
    """SiLU as two operators, `x * sigmoid(x)`, the way EfficientNet was first implemented.

    In training autograd keeps both x and sigmoid(x).
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x * sigmoid(x), of the shape of `x`; never in place."""
        return x * torch.sigmoid(x)


#: Activations that timm does not know by name; `silu_recompute` keeps x only and computes the
#: sigmoid again in the backward pass ("memory-efficient Swish").
_OWN_ACTIVATIONS: dict[str, type[nn.Module]] = {
    "silu_unfused": UnfusedSiLU,
    "silu_recompute": SwishMe,
}


def build_efficientnet(variant: EfficientNetVariant) -> nn.Module:
    """Build the network with random weights, 1000 classes and no dropout, on the current device."""
    round_fn = partial(
        round_channels, multiplier=variant.coefficients.width, divisor=variant.divisor
    )
    blocks = decode_arch_def(  # type: ignore[no-untyped-call]  # timm's is not annotated
        _architecture(variant), depth_multiplier=variant.coefficients.depth
    )
    network = EfficientNet(
        block_args=blocks,
        num_features=round_fn(1280),
        stem_size=32,
        round_chs_fn=round_fn,
        se_layer=partial(SqueezeExcite, rd_round_fn=_at_least_one),
        act_layer=_OWN_ACTIVATIONS.get(variant.act) or get_act_layer(variant.act),
        pad_type=_PAD_TYPES[variant.pad],
    )
    return cast(nn.Module, network)


def _at_least_one(channels: float) -> int:
    return max(1, round(channels))


def _architecture(variant: EfficientNetVariant) -> list[list[str]]:
    """Write the MBConv stages of B0 as timm's block strings; timm's builder scales them."""
    first, last = variant.fused or (0, 0)
    unscaled = stages(Coefficients(depth=1, width=1, resolution=224), expand=variant.expand)
    blocks = [stage for stage in unscaled if stage.operator == "mbconv"]
    rows = []
    for number, stage in enumerate(blocks, start=1):
        fused = first <= number <= last
        kernel = 3 if fused and variant.fused_kernel == "3" else stage.kernel
        pattern = _BLOCKS[fused, stage.expand == 1]
        size = f"r{stage.layers}_k{kernel}_s{stage.stride}_c{stage.channels}"
        rows.append([pattern.format(size=size, expand=stage.expand, se=repr(variant.se))])
    return rows


#: timm's block strings by (fused, does not expand). Fused and not expanding is one conv without
#: squeeze-and-excitation, as in EfficientNetV2; that gives B4 fused in stages 1-3 its published
#: 20.0 M parameters and 1.67 x FLOPs.
_BLOCKS = {
    (False, False): "ir_{size}_e{expand}_se{se}",
    (False, True): "ds_{size}_se{se}",
    (True, False): "er_{size}_e{expand}_se{se}",
    (True, True): "cn_{size}_skip",
}
