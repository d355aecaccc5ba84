"""MBConv against Fused-MBConv in every stage of B0, without squeeze-and-excitation in either."""

import pytest
from timm.models._efficientnet_blocks import EdgeResidual, InvertedResidual
from torch import nn

from effprof.bench.fixture import Bench
from effprof.suites.ops.layers import LAYERS, Layer, over


def mbconv(layer: Layer) -> nn.Module:
    """Expand 1x1, depthwise, project 1x1."""
    return InvertedResidual(
        layer.channels,
        layer.out_channels,
        layer.kernel,
        stride=layer.stride,
        exp_ratio=layer.expanded / layer.channels,
        act_layer=nn.SiLU,
    )


def fused_mbconv(layer: Layer) -> nn.Module:
    """Expand with the spatial kernel, all channels together, and project 1x1 (EfficientNetV2)."""
    return EdgeResidual(
        layer.channels,
        layer.out_channels,
        layer.kernel,
        stride=layer.stride,
        exp_ratio=layer.expanded / layer.channels,
        act_layer=nn.SiLU,
    )


FORMS = {"mbconv": mbconv, "fused-mbconv": fused_mbconv}


@over(LAYERS)
@pytest.mark.parametrize("form", FORMS)
def test_block(effprof: Bench, form: str, layer: Layer) -> None:
    x = effprof.randn(effprof.batch_size, layer.channels, layer.resolution, layer.resolution)
    effprof(FORMS[form](layer), x)
