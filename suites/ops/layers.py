"""The layers that the benchmarks take their shapes from: the MBConv stages of EfficientNet-B0.

Source: Tan and Le, "EfficientNet", 2019, Table 1, through `effprof.models.scaling.stages`.
"""

from dataclasses import dataclass
from itertools import pairwise

import pytest

from effprof.models.scaling import coefficients, stages


@dataclass(frozen=True)
class Layer:
    """An MBConv block: the one that its stage repeats, or its only one.

    `channels` come in, `expanded` go through the depthwise convolution and `out_channels` leave;
    `resolution` is the size of the input in pixels.
    """

    stage: int
    channels: int
    expanded: int
    out_channels: int
    kernel: int
    stride: int
    resolution: int

    @property
    def name(self) -> str:
        """What tells the layer from the others, for people."""
        return f"stage{self.stage} {self.expanded}ch {self.resolution}px"


def _blocks(first_only: bool) -> tuple[Layer, ...]:
    """Take of every MBConv stage its first block, or the block that it repeats where it does."""
    layers = []
    for before, stage in pairwise(stages(coefficients(0))):
        if stage.operator != "mbconv":
            continue
        repeats = stage.layers > 1 and not first_only
        channels = stage.channels if repeats else before.channels
        layers.append(
            Layer(
                stage=stage.index,
                channels=channels,
                expanded=channels * stage.expand,
                out_channels=stage.channels,
                kernel=stage.kernel,
                stride=1 if repeats else stage.stride,
                resolution=stage.out_resolution if repeats else stage.resolution,
            )
        )
    return tuple(layers)


#: One layer per stage; five of the seven are repeated ones, where most of the time is spent.
LAYERS = _blocks(first_only=False)

#: The blocks that halve the image: the only ones where SAME and symmetric padding differ.
STRIDED = tuple(layer for layer in _blocks(first_only=True) if layer.stride == 2)

#: An early, a middle and a late layer.
THREE_LAYERS = (LAYERS[1], LAYERS[3], LAYERS[5])


def over(layers: tuple[Layer, ...]) -> pytest.MarkDecorator:
    """Parametrise a benchmark with `layer`."""
    return pytest.mark.parametrize("layer", layers, ids=[layer.name for layer in layers])
