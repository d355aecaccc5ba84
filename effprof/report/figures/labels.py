"""Labels beside points, moved until they overlap neither each other nor the points."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from effprof.report.figures.style import INK, MUTED, SMALL

#: Distances from point to label that are tried, in points; from the third on a line leads there.
DISTANCES = (6.0, 10.0, 18.0, 28.0, 40.0, 54.0)
_LEADER_FROM = 18.0
_DIRECTIONS = tuple(
    math.radians(angle)
    for angle in (0, 180, 45, -45, 135, -135, 90, -90, 20, -20, 160, -160, 70, -70, 110, -110)
)

#: `Label.radius` of a common mark.
_MARKER = 4.0

#: Boxes that stand for one slanted text.
_PIECES = 8

#: Places along a line that are looked at for what it crosses.
_LINE_STEPS = 12


@dataclass(frozen=True, slots=True)
class Label:
    """A text for the point (`x`, `y`) in coordinates of the axes' values.

    `radius` is half the side of the square around the point that no label may cover, in points.
    """

    x: float
    y: float
    text: str
    radius: float = _MARKER


def place_labels(
    figure: Figure, axes: Axes, labels: Sequence[Label], avoid: Sequence[Text] = ()
) -> int:
    """Write each label next to its point, where there is room for it.

    Greedy: nearest free place first, in the order given, clear of the rising texts to `avoid`,
    with no line to a label crossing another point or label. Returns how many found no place;
    those are not written. The figure must have been laid out.
    """
    scale = figure.dpi / 72
    window = axes.get_window_extent()
    centres = [axes.transData.transform((label.x, label.y)) for label in labels]
    taken = [
        _square(x, y, label.radius * scale) for label, (x, y) in zip(labels, centres, strict=True)
    ]
    taken += [piece for text in avoid for piece in _pieces(text.get_window_extent())]
    left_out = 0
    for label, (x, y) in zip(labels, centres, strict=True):
        width, height = _text_size(axes, label.text)
        beyond = label.radius - _MARKER
        for box, shift, distance in _candidates(x, y, width, height, scale, beyond):
            inside = window.x0 <= box.x0 and box.x1 <= window.x1
            inside = inside and window.y0 <= box.y0 and box.y1 <= window.y1
            free = inside and not any(box.overlaps(other) for other in taken)
            if free and not (distance >= _LEADER_FROM and _crosses((x, y), box, taken)):
                taken.append(box)
                _write(axes, label, shift, distance)
                break
        else:
            left_out += 1
    return left_out


def _crosses(point: tuple[float, float], label: Bbox, taken: Sequence[Bbox]) -> bool:
    """Whether the line from a point to its label runs through what belongs to another one."""
    (x, y), (end_x, end_y) = point, ((label.x0 + label.x1) / 2, (label.y0 + label.y1) / 2)
    steps = [i / _LINE_STEPS for i in range(1, _LINE_STEPS)]
    line = [(x + (end_x - x) * step, y + (end_y - y) * step) for step in steps]
    others = [box for box in taken if not box.contains(x, y)]
    return any(box.contains(*place) for box in others for place in line)


def _pieces(extent: Bbox) -> list[Bbox]:
    """Cut the extent of a text written along its rising diagonal into boxes that follow it."""
    width, height = extent.width / _PIECES, extent.height / _PIECES
    return [
        Bbox.from_bounds(extent.x0 + i * width, extent.y0 + i * height, width, height)
        for i in range(_PIECES)
    ]


def _square(x: float, y: float, half: float) -> Bbox:
    return Bbox([[x - half, y - half], [x + half, y + half]])


def _candidates(
    x: float, y: float, width: float, height: float, scale: float, beyond: float
) -> Iterator[tuple[Bbox, tuple[float, float], float]]:
    """Yield the box in pixels, the shift of its centre in points, and the distance."""
    for distance in DISTANCES:
        for angle in _DIRECTIONS:
            dx = math.cos(angle) * ((distance + beyond) * scale + width / 2)
            dy = math.sin(angle) * ((distance + beyond) * scale + height / 2)
            corner = (x + dx - width / 2, y + dy - height / 2)
            yield Bbox.from_bounds(*corner, width, height), (dx / scale, dy / scale), distance


def _text_size(axes: Axes, text: str) -> tuple[float, float]:
    probe = axes.text(0, 0, text, fontsize=SMALL, transform=None)
    extent = probe.get_window_extent()
    probe.remove()
    return extent.width, extent.height


def _write(axes: Axes, label: Label, shift: tuple[float, float], distance: float) -> None:
    leader = {"arrowstyle": "-", "color": MUTED, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 2}
    axes.annotate(
        label.text,
        (label.x, label.y),
        xytext=shift,
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize=SMALL,
        color=INK,
        arrowprops=leader if distance >= _LEADER_FROM else None,
        path_effects=[withStroke(linewidth=2, foreground="white")],
        zorder=5,
    ).set_in_layout(False)


def spread(values: Sequence[float], gap: float) -> list[float]:
    """Move values apart until neighbours differ by `gap`, keeping their order and their middle.

    >>> spread([1.0, 1.0, 5.0], 1.0)
    [0.5, 1.5, 5.0]
    """
    order = sorted(range(len(values)), key=lambda i: values[i])
    clusters: list[tuple[float, list[int]]] = []
    for i in order:
        middle, members = values[i], [i]
        while (
            clusters and middle - clusters[-1][0] < gap * (len(members) + len(clusters[-1][1])) / 2
        ):
            above = clusters.pop()
            total = len(above[1]) + len(members)
            middle = (above[0] * len(above[1]) + middle * len(members)) / total
            members = above[1] + members
        clusters.append((middle, members))
    moved = [0.0] * len(values)
    for middle, members in clusters:
        for place, i in enumerate(members):
            moved[i] = middle + gap * (place - (len(members) - 1) / 2)
    return moved
