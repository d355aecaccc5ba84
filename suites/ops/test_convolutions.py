"""A convolution of B0 with its channels apart, in groups and all together; and the 1x1 beside."""

import pytest
from torch import nn

from effprof.bench.fixture import Bench
from effprof.suites.ops.layers import LAYERS, Layer, over

#: Channels per group of the grouped form. Source: Masters et al., "Making EfficientNet More
#: Efficient", 2021, which groups by 16.
GROUP_WIDTH = 16


def spatial(layer: Layer, groups: int) -> nn.Conv2d:
    return nn.Conv2d(
        layer.expanded,
        layer.expanded,
        layer.kernel,
        stride=layer.stride,
        padding=layer.kernel // 2,
        groups=groups,
        bias=False,
    )


#: Form -> convolution of the expanded map; `pointwise` is the projection that follows it in B0.
FORMS = {
    "depthwise": lambda layer: spatial(layer, layer.expanded),
    "grouped": lambda layer: spatial(layer, layer.expanded // GROUP_WIDTH),
    "dense": lambda layer: spatial(layer, 1),
    "pointwise": lambda layer: nn.Conv2d(layer.expanded, layer.out_channels, 1, bias=False),
}


@over(LAYERS)
@pytest.mark.parametrize("form", FORMS)
def test_convolution(effprof: Bench, form: str, layer: Layer) -> None:
    x = effprof.randn(effprof.batch_size, layer.expanded, layer.resolution, layer.resolution)
    effprof(FORMS[form](layer), x)
