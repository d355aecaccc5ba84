"""Labels beside points, moved until they overlap neither each other nor the points."""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from effprof.report.figures.style import INK, MUTED, SMALL

#: Distances from point to label that are tried, in points.
DISTANCES = (6.0, 10.0, 18.0, 28.0, 40.0, 54.0, 70.0)

#: A label this many points away from its mark has a line that leads there.
LEADER_FROM = 7.0

#: A label without such a line that is this many points nearer to another mark seems to name that.
_ALIKE = 1.0

_DIRECTIONS = tuple(
    math.radians(angle)
    for angle in (0, 180, 45, -45, 135, -135, 90, -90, 20, -20, 160, -160, 70, -70, 110, -110)
)

#: Half the side of a mark, in points.
_MARKER = 4.0

#: Half the width of what a drawn line takes, and the length of the pieces of a slanted one, in
#: points.
_LINE_HALF, _LINE_PIECE = 1.0, 6.0

#: Boxes that stand for one slanted text.
_PIECES = 8

#: Places along a line that are looked at for what it crosses.
_LINE_STEPS = 12


#: Points of a drawn line, in coordinates of the axes' values.
Polyline = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Label:
    """A text for the point (`x`, `y`) in coordinates of the axes' values.

    No label may cover the mark, `radius` points around it, nor its interval, `reach` points to
    either side.
    """

    x: float
    y: float
    text: str
    radius: float = _MARKER
    reach: float = 0.0


def place_labels(
    figure: Figure,
    axes: Axes,
    labels: Sequence[Label],
    avoid: Sequence[Text] = (),
    lines: Sequence[Polyline] = (),
) -> int:
    """Write each label next to its point, where there is room for it.

    Greedy: nearest free place first, in the order given, clear of the rising texts to `avoid` and
    of drawn `lines`; no leader crosses another point or label. Returns how many found no place;
    those are not written. The figure must have been laid out.
    """
    scale = figure.dpi / 72
    centres = [axes.transData.transform((label.x, label.y)) for label in labels]
    marks = [_mark(label, x, y, scale) for label, (x, y) in zip(labels, centres, strict=True)]
    texts = [piece for text in avoid for piece in _pieces(text.get_window_extent())]
    drawn = [box for line in lines for box in _traced(axes.transData.transform(line), scale)]
    field = _Field(axes.get_window_extent(), scale, marks, drawn, [*marks, *texts])
    left_out = 0
    for label, mark in zip(labels, marks, strict=True):
        place = field.best(mark, _text_size(axes, label.text))
        if place is None:
            left_out += 1
        else:
            field.taken.append(place.box)
            _write(axes, label, place)
    return left_out


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a label may stand: its box in pixels, its shift in points, whether a leader is due."""

    box: Bbox
    shift: tuple[float, float]
    led: bool


@dataclass(frozen=True, slots=True)
class _Field:
    """What labels keep clear of, in pixels; leaders may cross what is `drawn`, not what is `taken`.

    `scale` is pixels per point.
    """

    window: Bbox
    scale: float
    marks: Sequence[Bbox]
    drawn: Sequence[Bbox]
    taken: list[Bbox]

    def best(self, mark: Bbox, size: tuple[float, float]) -> _Place | None:
        """Give the nearest free place, one that seems to belong to another mark as a last resort.

        None where all is taken.
        """
        doubtful = None
        for place in self._free(mark, size):
            nearest = min(_gap(other, place.box) for other in self.marks)
            if place.led or _gap(mark, place.box) - nearest <= _ALIKE * self.scale:
                return place
            doubtful = doubtful or place
        return doubtful

    def _free(self, mark: Bbox, size: tuple[float, float]) -> Iterator[_Place]:
        window = self.window
        for box, shift in _candidates(mark, size, self.scale):
            inside = window.x0 <= box.x0 and box.x1 <= window.x1
            inside = inside and window.y0 <= box.y0 and box.y1 <= window.y1
            if not inside or any(box.overlaps(other) for other in (*self.taken, *self.drawn)):
                continue
            led = _gap(mark, box) > LEADER_FROM * self.scale
            if not (led and _crosses(tuple((mark.p0 + mark.p1) / 2), box, self.taken)):
                yield _Place(box, shift, led)


def _mark(label: Label, x: float, y: float, scale: float) -> Bbox:
    across, half = max(label.radius, label.reach) * scale, label.radius * scale
    return Bbox.from_extents(x - across, y - half, x + across, y + half)


def _gap(mark: Bbox, label: Bbox) -> float:
    """Distance between two boxes in pixels; 0 where they touch."""
    across = max(mark.x0 - label.x1, label.x0 - mark.x1, 0.0)
    return math.hypot(across, max(mark.y0 - label.y1, label.y0 - mark.y1, 0.0))


def _traced(line: NDArray[np.float64], scale: float) -> Iterator[Bbox]:
    """Cover a line, in pixels, with boxes: straight up or across in one, a slanted one in many."""
    half = _LINE_HALF * scale
    for (x0, y0), (x1, y1) in itertools.pairwise(line):
        slanted = min(abs(x1 - x0), abs(y1 - y0)) > half
        length = math.hypot(x1 - x0, y1 - y0)
        pieces = math.ceil(length / (_LINE_PIECE * scale)) if slanted else 1
        for low, high in itertools.pairwise(np.linspace(0, 1, pieces + 1)):
            xs = sorted((x0 + (x1 - x0) * low, x0 + (x1 - x0) * high))
            ys = sorted((y0 + (y1 - y0) * low, y0 + (y1 - y0) * high))
            yield Bbox.from_extents(xs[0] - half, ys[0] - half, xs[1] + half, ys[1] + half)


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


def _candidates(
    mark: Bbox, size: tuple[float, float], scale: float
) -> Iterator[tuple[Bbox, tuple[float, float]]]:
    """Yield the box in pixels and the shift of its centre in points, the nearest first."""
    (x, y), (width, height) = (mark.p0 + mark.p1) / 2, size
    for distance in DISTANCES:
        clear = (distance - _MARKER) * scale
        for angle in _DIRECTIONS:
            dx = math.cos(angle) * (mark.width / 2 + clear + width / 2)
            dy = math.sin(angle) * (mark.height / 2 + clear + height / 2)
            corner = (x + dx - width / 2, y + dy - height / 2)
            yield Bbox.from_bounds(*corner, width, height), (dx / scale, dy / scale)


def _text_size(axes: Axes, text: str) -> tuple[float, float]:
    probe = axes.text(0, 0, text, fontsize=SMALL, transform=None)
    extent = probe.get_window_extent()
    probe.remove()
    return extent.width, extent.height


def _write(axes: Axes, label: Label, place: _Place) -> None:
    leader = {"arrowstyle": "-", "color": MUTED, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 2}
    axes.annotate(
        label.text,
        (label.x, label.y),
        xytext=place.shift,
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize=SMALL,
        color=INK,
        arrowprops=leader if place.led else None,
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
