"""Squeeze-and-excitation at the widths of B0, written in more and in fewer operators."""

import pytest
import torch
from timm.models._efficientnet_blocks import SqueezeExcite
from torch import Tensor, nn
from torch.nn.functional import linear, silu

from effprof.bench.fixture import Bench
from effprof.suites.ops.layers import LAYERS, Layer, over

#: B0 squeezes to a quarter of a block's input channels, so to 1/24 of the expanded ones.
SQUEEZE = 0.25


def reduced_channels(layer: Layer) -> int:
    return max(1, round(layer.channels * SQUEEZE))


class FusedSqueezeExcite(nn.Module):
    """The same function in as few operators as eager torch allows.

    Two matrix products in place of two 1x1 convolutions; activation and gate overwrite their
    operand. The scale does not: call after call it would shrink the input to nothing.
    """

    def __init__(self, channels: int, reduced: int) -> None:
        super().__init__()
        self.reduce = nn.Linear(channels, reduced)
        self.expand = nn.Linear(reduced, channels)

    @classmethod
    def like(cls, unfused: SqueezeExcite) -> "FusedSqueezeExcite":
        """Take over the weights of timm's module."""
        weight = unfused.conv_reduce.weight
        fused = cls(weight.shape[1], weight.shape[0])
        with torch.no_grad():
            for own, theirs in zip(fused.parameters(), unfused.parameters(), strict=True):
                own.copy_(theirs.reshape(own.shape))
        return fused

    def forward(self, x: Tensor) -> Tensor:
        """Scale every channel of `x` (N, C, H, W) by its gate."""
        hidden = silu(linear(x.mean((2, 3)), self.reduce.weight, self.reduce.bias), inplace=True)
        gate = linear(hidden, self.expand.weight, self.expand.bias).sigmoid_()
        return x * gate[:, :, None, None]


def unfused(layer: Layer) -> SqueezeExcite:
    return SqueezeExcite(layer.expanded, rd_channels=reduced_channels(layer), act_layer=nn.SiLU)


def fused(layer: Layer) -> FusedSqueezeExcite:
    return FusedSqueezeExcite.like(unfused(layer))


FORMS = {"unfused": unfused, "fused": fused}


@over(LAYERS)
@pytest.mark.parametrize("form", FORMS)
def test_squeeze_excite(effprof: Bench, form: str, layer: Layer) -> None:
    x = effprof.randn(effprof.batch_size, layer.expanded, layer.resolution, layer.resolution)
    effprof(FORMS[form](layer), x)
