"""SAME against symmetric padding where B0 halves the image.

SAME, as TensorFlow pads, puts one more pixel at the far sides of an even image. Convolutions of
torch pad both sides alike, so it takes a padding operator of its own.
"""

import pytest
from timm.layers import create_conv2d
from torch import nn

from effprof.bench.fixture import Bench
from effprof.suites.ops.layers import STRIDED, Layer, over

#: Padding -> timm's name of it.
PADDINGS = {"same": "same", "symmetric": ""}


def depthwise(layer: Layer, padding: str) -> nn.Module:
    return create_conv2d(
        layer.expanded,
        layer.expanded,
        layer.kernel,
        stride=layer.stride,
        padding=PADDINGS[padding],
        depthwise=True,
    )


@over(STRIDED)
@pytest.mark.parametrize("padding", PADDINGS)
def test_padding(effprof: Bench, padding: str, layer: Layer) -> None:
    x = effprof.randn(effprof.batch_size, layer.expanded, layer.resolution, layer.resolution)
    effprof(depthwise(layer, padding), x)
