"""Compound scaling of EfficientNet: depth, width and resolution grow together with one phi.

Source: Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks",
2019 (section 3.3 and Table 1); rounding as in the published TPU implementation.
"""

import math
from dataclasses import dataclass
from typing import Literal

#: Grid-searched in the paper at phi = 1 for about twice the FLOPs.
ALPHA, BETA, GAMMA = 1.2, 1.1, 1.15

#: Image size of B0 in pixels.
BASE_RESOLUTION = 224

#: Channels are multiples of this, as in the published implementation.
DIVISOR = 8

#: Rounding down may not take away more than a tenth of the channels.
ROUND_LIMIT = 0.9


@dataclass(frozen=True, slots=True)
class Coefficients:
    """Multipliers of depth and width against B0, and the image size in pixels."""

    depth: float
    width: float
    resolution: int


@dataclass(frozen=True, slots=True)
class Stage:
    """One row of the paper's Table 1 after scaling.

    `index` counts as the paper does: 1 is the stem, 2 to 8 are the MBConv stages, 9 is the head.
    `resolution` is the size of the stage's input and `out_resolution` of its output, in pixels.
    """

    index: int
    operator: Literal["stem", "mbconv", "head"]
    kernel: int
    stride: int
    expand: int
    channels: int
    layers: int
    resolution: int
    out_resolution: int


#: Table 1: operator, kernel, stride, expansion, channels, layers. Only MBConv stages grow deeper.
_B0: tuple[tuple[Literal["stem", "mbconv", "head"], int, int, int, int, int], ...] = (
    ("stem", 3, 2, 1, 32, 1),
    ("mbconv", 3, 1, 1, 16, 1),
    ("mbconv", 3, 2, 6, 24, 2),
    ("mbconv", 5, 2, 6, 40, 2),
    ("mbconv", 3, 2, 6, 80, 3),
    ("mbconv", 5, 1, 6, 112, 3),
    ("mbconv", 5, 2, 6, 192, 4),
    ("mbconv", 3, 1, 6, 320, 1),
    ("head", 1, 1, 1, 1280, 1),
)


def coefficients(
    phi: float, alpha: float = ALPHA, beta: float = BETA, gamma: float = GAMMA
) -> Coefficients:
    """Scale B0 by phi: depth alpha^phi, width beta^phi, image size round(224 gamma^phi).

    Any real phi will do; a negative one shrinks. The published B1-B7 are rounded by hand and
    differ: see `effprof.models.registry.published_coefficients`.

    >>> coefficients(0)
    Coefficients(depth=1.0, width=1.0, resolution=224)
    >>> coefficients(-1).resolution
    195
    """
    return Coefficients(
        depth=alpha**phi,
        width=beta**phi,
        resolution=max(1, round(BASE_RESOLUTION * gamma**phi)),
    )


def flops_base(alpha: float = ALPHA, beta: float = BETA, gamma: float = GAMMA) -> float:
    """Return alpha beta^2 gamma^2: FLOPs grow by this factor per unit of phi, before rounding.

    >>> round(flops_base(), 3)
    1.92
    """
    return alpha * beta**2 * gamma**2


def round_channels(channels: int, width: float, divisor: int = DIVISOR) -> int:
    """Scale channels and round to the nearest multiple of `divisor`, never below 0.9 x.

    >>> round_channels(24, 1.1), round_channels(40, 1.1), round_channels(32, 0.6)
    (24, 48, 24)
    """
    wanted = channels * width
    rounded = max(divisor, int(wanted + divisor / 2) // divisor * divisor)
    return rounded if rounded >= ROUND_LIMIT * wanted else rounded + divisor


def round_depth(layers: int, depth: float) -> int:
    """Scale the layers of a stage and round up.

    >>> round_depth(2, 1.1), round_depth(4, 0.5)
    (3, 2)
    """
    return math.ceil(layers * depth)


def stages(scale: Coefficients, divisor: int = DIVISOR, expand: int = 6) -> tuple[Stage, ...]:
    """Scale the nine stages of B0; `expand` replaces the expansion of MBConv stages 3 to 8.

    >>> [stage.layers for stage in stages(coefficients(0))]
    [1, 1, 2, 2, 3, 3, 4, 1, 1]
    """
    rows, resolution = [], scale.resolution
    for index, (operator, kernel, stride, expansion, channels, layers) in enumerate(_B0, start=1):
        grows = operator == "mbconv"
        out_resolution = math.ceil(resolution / stride)
        rows.append(
            Stage(
                index=index,
                operator=operator,
                kernel=kernel,
                stride=stride,
                expand=expand if expansion > 1 else expansion,
                channels=round_channels(channels, scale.width, divisor),
                layers=round_depth(layers, scale.depth) if grows else layers,
                resolution=resolution,
                out_resolution=out_resolution,
            )
        )
        resolution = out_resolution
    return tuple(rows)
