"""The picture of a network growing: every stage in width, depth and resolution."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from effprof.models.scaling import Stage
from effprof.report.pictures.style import DPI, INK, MUTED, SMALL

#: Inches: row titles, gap between columns, least width of a column (its label), widest blocks.
_TITLES, _GAP, _LEAST, _WIDEST = 1.75, 0.16, 0.66, 11.5

#: Inches: the tallest image, labels below a row, stage names above the rows, caption below them.
_TALLEST, _LABELS, _HEAD, _FOOT = 1.0, 0.62, 0.95, 0.4

#: Inches: a row is at least as high as its title and facts above the ground line.
_FACTS = 0.62

#: Most inches per root of a channel, so that a single small network does not fill the page.
_MOST_PER_CHANNEL = 0.022

#: Stem and head grey; MBConv stages darken as they come later.
_COLOURS = (
    "#a6a6a6",
    "#c6e2f4",
    "#9fcdeb",
    "#74b5df",
    "#4c9bd0",
    "#2a80bd",
    "#10659f",
    "#064a7a",
    "#737373",
)

_CAPTION = (
    "One block per layer. Height: root of the output's resolution; width: root of its channels; "
    "the same scale in every row. Outlined: the image. Labels: channels × layers, output size."
)


@dataclass(frozen=True, slots=True)
class ScaledNetwork:
    """One row of the picture: a title such as `φ = 1`, a few facts below it, and the stages."""

    title: str
    subtitle: str
    stages: tuple[Stage, ...]

    @property
    def resolution(self) -> int:
        """Size of the input image in pixels."""
        return self.stages[0].resolution


@dataclass(frozen=True, slots=True)
class _Scale:
    """Inches per root of a channel and of a pixel, and where each column starts."""

    per_channel: float
    per_pixel: float
    columns: tuple[float, ...]
    width: float

    def height(self, resolution: int) -> float:
        return math.sqrt(resolution) * self.per_pixel


def scaling_figure(networks: Sequence[ScaledNetwork]) -> Figure:
    """Draw one row per network and one column per stage, all to one scale."""
    scale = _scale(networks)
    heights = [max(_FACTS, scale.height(network.resolution)) for network in networks]
    total = _HEAD + sum(heights) + _LABELS * len(heights) + _FOOT
    figure = Figure(figsize=(scale.width, total), dpi=DPI, facecolor="white")
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set(xlim=(0, scale.width), ylim=(0, total))
    axes.axis("off")
    write = partial(axes.text, color=INK, fontsize=SMALL)
    axes.text(_GAP, total - 0.3, "Compound scaling of EfficientNet-B0", color=INK, fontsize=12)
    axes.text(_GAP, 0.15, _CAPTION, color=MUTED, fontsize=SMALL)
    for left, name in zip(scale.columns, ["image", *_names(networks[0].stages)], strict=True):
        write(left, total - _HEAD + 0.08, name, va="bottom")
    ground = total - _HEAD
    for network, height in zip(networks, heights, strict=True):
        ground -= height
        axes.text(_GAP, ground + 0.42, network.title, va="bottom", weight="bold", color=INK)
        write(_GAP, ground + 0.38, network.subtitle, va="top")
        for patch in _patches(network, scale, ground):
            axes.add_patch(patch)
        for left, label in zip(scale.columns, _labels(network), strict=True):
            write(left, ground - 0.06, label, va="top")
        ground -= _LABELS
    return figure


def _scale(networks: Sequence[ScaledNetwork]) -> _Scale:
    """Fit the widest stages of all rows into the page, each column at least as wide as a label."""
    widest = [
        max(stage.layers * math.sqrt(stage.channels) for stage in column)
        for column in zip(*(network.stages for network in networks), strict=True)
    ]
    per_channel = _MOST_PER_CHANNEL
    while sum(max(_LEAST, width * per_channel) for width in widest) > _WIDEST:
        per_channel *= 0.98
    per_pixel = _TALLEST / math.sqrt(max(network.resolution for network in networks))
    columns = [_TITLES]
    for width in (_TALLEST, *(max(_LEAST, width * per_channel) for width in widest)):
        columns.append(columns[-1] + width + _GAP)
    return _Scale(per_channel, per_pixel, tuple(columns[:-1]), columns[-1])


def _patches(network: ScaledNetwork, scale: _Scale, ground: float) -> list[Rectangle]:
    """Outline the image and draw one block per layer, standing on the row's ground line."""
    side = scale.height(network.resolution)
    left = scale.columns[0]
    patches = [Rectangle((left, ground), side, side, fill=False, edgecolor=MUTED)]
    for left, stage, colour in zip(scale.columns[1:], network.stages, _COLOURS, strict=True):
        width = math.sqrt(stage.channels) * scale.per_channel
        height = scale.height(stage.out_resolution)
        # A hair of white separates layers; it is a share of the block, so thin blocks stay visible.
        patches += [
            Rectangle((left + layer * width, ground), width * 0.9, height, fc=colour)
            for layer in range(stage.layers)
        ]
    return patches


def _labels(network: ScaledNetwork) -> list[str]:
    stages = (f"{s.channels} × {s.layers}\n{s.out_resolution} px" for s in network.stages)
    return [f"{network.resolution} px", *stages]


def _names(stages: Sequence[Stage]) -> list[str]:
    """Name each column: what the stage is made of, as in the paper's Table 1."""
    names = {"stem": "stem\n{k}×{k}", "mbconv": "MBConv{e}\n{k}×{k}", "head": "head\n{k}×{k}"}
    return [
        f"{stage.index}  " + names[stage.operator].format(k=stage.kernel, e=stage.expand)
        for stage in stages
    ]
