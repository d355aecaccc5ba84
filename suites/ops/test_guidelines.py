"""The four guidelines of ShuffleNetV2: what changes speed where FLOPs stay the same.

Source: Ma et al., "ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design",
2018, section 3: stacks of ten blocks on maps of 56 px, whose widths keep the FLOPs of a dense 1x1
convolution with 128 channels; channels of G1 and G2 from Tables 1 and 2 (GPU, x1).
"""

import pytest
from torch import Tensor, nn

from effprof.bench.fixture import Bench

BLOCKS = 10
RESOLUTION = 56
WIDTH = 128

#: G1, ratio -> (input, output) channels of a 1x1 convolution and of the one that leads back.
RATIOS = {"1:1": (128, 128), "1:2": (90, 180), "1:6": (52, 312), "1:12": (36, 432)}

#: G2, groups -> channels of a grouped 1x1 convolution.
GROUPS = {1: 128, 2: 180, 4: 256, 8: 360}

#: G3, fragments -> channels of each of them: WIDTH over the root of their number.
FRAGMENTS = {1: 128, 2: 90, 4: 64}

#: G4, channels of a bottleneck unit and of the 3x3 convolution inside (ResNet: a quarter).
BOTTLENECK = (WIDTH, WIDTH // 4)


class Parallel(nn.Module):
    """The sum of branches that all see the same input."""

    def __init__(self, branches: list[nn.Module]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        first, *others = (branch(x) for branch in self.branches)
        for other in others:
            first = first + other
        return first


class Bottleneck(nn.Module):
    """ResNet's unit, with or without its activations and its shortcut."""

    def __init__(self, relu: bool, shortcut: bool) -> None:
        super().__init__()
        width, inner = BOTTLENECK
        convolutions = (pointwise(width, inner), nn.Conv2d(inner, inner, 3, padding=1, bias=False))
        activation = [nn.ReLU()] if relu else []
        body = [part for conv in convolutions for part in (conv, *activation)]
        self.body = nn.Sequential(*body, pointwise(inner, width))
        self.last = nn.Sequential(*activation)
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        y = self.body(x)
        return self.last(y + x if self.shortcut else y)


def pointwise(channels: int, out_channels: int, groups: int = 1) -> nn.Conv2d:
    return nn.Conv2d(channels, out_channels, 1, groups=groups, bias=False)


def channel_ratio(ratio: str) -> tuple[nn.Module, int]:
    """G1: equal channel widths minimise memory access."""
    narrow, wide = RATIOS[ratio]
    blocks = [
        part for _ in range(BLOCKS) for part in (pointwise(narrow, wide), pointwise(wide, narrow))
    ]
    return nn.Sequential(*blocks), narrow


def grouping(groups: int) -> tuple[nn.Module, int]:
    """G2: many groups increase memory access."""
    channels = GROUPS[groups]
    blocks = [pointwise(channels, channels, groups) for _ in range(BLOCKS)]
    return nn.Sequential(*blocks), channels


def fragmentation(fragments: int, arrangement: str) -> tuple[nn.Module, int]:
    """G3: fragmentation reduces the degree of parallelism."""
    channels = FRAGMENTS[fragments]
    together = {"series": lambda parts: nn.Sequential(*parts), "parallel": Parallel}[arrangement]
    blocks = [
        together([pointwise(channels, channels) for _ in range(fragments)]) for _ in range(BLOCKS)
    ]
    return nn.Sequential(*blocks), channels


def element_wise(relu: bool, shortcut: bool) -> tuple[nn.Module, int]:
    """G4: element-wise operators are not negligible."""
    return nn.Sequential(*(Bottleneck(relu, shortcut) for _ in range(BLOCKS))), BOTTLENECK[0]


def _time(effprof: Bench, built: tuple[nn.Module, int]) -> None:
    network, channels = built
    effprof(network, effprof.randn(effprof.batch_size, channels, RESOLUTION, RESOLUTION))


@pytest.mark.parametrize("ratio", RATIOS)
def test_g1_channel_ratio(effprof: Bench, ratio: str) -> None:
    _time(effprof, channel_ratio(ratio))


@pytest.mark.parametrize("groups", GROUPS, ids="g={}".format)
def test_g2_groups(effprof: Bench, groups: int) -> None:
    _time(effprof, grouping(groups))


@pytest.mark.parametrize(
    ("fragments", "arrangement"),
    [(1, "series"), (2, "series"), (4, "series"), (2, "parallel"), (4, "parallel")],
)
def test_g3_fragments(effprof: Bench, fragments: int, arrangement: str) -> None:
    _time(effprof, fragmentation(fragments, arrangement))


@pytest.mark.parametrize("shortcut", [True, False], ids=["shortcut", "no shortcut"])
@pytest.mark.parametrize("relu", [True, False], ids=["relu", "no relu"])
def test_g4_element_wise(effprof: Bench, relu: bool, shortcut: bool) -> None:
    _time(effprof, element_wise(relu, shortcut))
