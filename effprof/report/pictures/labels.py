"""Labels beside points, moved until they overlap neither each other nor the points."""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from effprof.report.pictures.style import INK, MUTED, SMALL

#: Distances from point to label that are tried, in points.
DISTANCES = (6.0, 10.0, 18.0, 28.0, 40.0, 54.0, 70.0)

#: A label this many points away from its mark has a line that leads there.
LEADER_FROM = 7.0

#: A label without such a line that is this many points nearer to another mark seems to name that.
_ALIKE = 1.0

_ANGLES = (0, 180, 45, -45, 135, -135, 90, -90, 20, -20, 160, -160, 70, -70, 110, -110)
_DIRECTIONS = np.array([(math.cos(angle), math.sin(angle)) for angle in map(math.radians, _ANGLES)])

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
    marks = _rows(
        [_mark(label, x, y, scale) for label, (x, y) in zip(labels, centres, strict=True)]
    )
    texts = _rows([piece for text in avoid for piece in _pieces(text.get_window_extent())])
    drawn = _rows([box for line in lines for box in _traced(axes.transData.transform(line), scale)])
    window = np.array(axes.get_window_extent().extents)
    field = _Field(window, scale, marks, drawn, np.concatenate([marks, texts]))
    left_out = 0
    for label, mark in zip(labels, marks, strict=True):
        place = field.best(mark, _text_size(axes, label.text))
        if place is None:
            left_out += 1
        else:
            field = field.with_taken(place.box)
            _write(axes, label, place)
    return left_out


#: A box in pixels: its left, lower, right and upper end; or a row of each of several boxes.
Boxes = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a label may stand: its box in pixels, its shift in points, whether a leader is due."""

    box: Boxes
    shift: tuple[float, float]
    led: bool


@dataclass(frozen=True, slots=True)
class _Field:
    """What labels keep clear of, in pixels; leaders may cross what is `drawn`, not what is `taken`.

    `scale` is pixels per point.
    """

    window: Boxes
    scale: float
    marks: Boxes
    drawn: Boxes
    taken: Boxes

    def with_taken(self, box: Boxes) -> "_Field":
        """Give the field in which a box is taken too."""
        return replace(self, taken=np.concatenate([self.taken, box[None]]))

    def best(self, mark: Boxes, size: tuple[float, float]) -> _Place | None:
        """Give the nearest free place, one that seems to belong to another mark as a last resort.

        None where all is taken.
        """
        doubtful = None
        for place in self._free(mark, size):
            nearest = _gaps(self.marks, place.box).min()
            if place.led or _gaps(mark, place.box) - nearest <= _ALIKE * self.scale:
                return place
            doubtful = doubtful or place
        return doubtful

    def _free(self, mark: Boxes, size: tuple[float, float]) -> Iterator[_Place]:
        boxes, shifts = _candidates(mark, size, self.scale)
        # What none of them nor a leader can touch is not looked at again.
        reach = np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])
        taken = self.taken[_overlap(self.taken, reach)]
        drawn = self.drawn[_overlap(self.drawn, reach)]
        inside = (boxes[:, :2] >= self.window[:2]) & (boxes[:, 2:] <= self.window[2:])
        others = np.concatenate([taken, drawn])
        free = inside.all(axis=1) & ~_overlap(boxes[:, None], others).any(axis=1)
        for box, shift in zip(boxes[free], shifts[free], strict=True):
            led = bool(_gaps(mark, box) > LEADER_FROM * self.scale)
            if not (led and _crosses(mark, box, taken)):
                yield _Place(box, (float(shift[0]), float(shift[1])), led)


def _rows(boxes: Sequence[Bbox]) -> Boxes:
    return np.array([box.extents for box in boxes], dtype=float).reshape(-1, 4)


def _overlap(some: Boxes, others: Boxes) -> NDArray[np.bool_]:
    """Whether boxes share a point, for every pair that broadcasting makes."""
    touching = (some[..., :2] <= others[..., 2:]) & (others[..., :2] <= some[..., 2:])
    across, along = touching[..., 0], touching[..., 1]
    both: NDArray[np.bool_] = across & along
    return both


def _mark(label: Label, x: float, y: float, scale: float) -> Bbox:
    across, half = max(label.radius, label.reach) * scale, label.radius * scale
    return Bbox.from_extents(x - across, y - half, x + across, y + half)


def _gaps(marks: Boxes, label: Boxes) -> Boxes:
    """Distances of boxes from another one in pixels; 0 where they touch."""
    apart = np.maximum(marks[..., :2] - label[2:], label[:2] - marks[..., 2:]).clip(min=0)
    distances: Boxes = np.hypot(apart[..., 0], apart[..., 1])
    return distances


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


def _crosses(mark: Boxes, label: Boxes, taken: Boxes) -> bool:
    """Whether the line from a mark to its label runs through what belongs to another one."""
    point, end = (mark[:2] + mark[2:]) / 2, (label[:2] + label[2:]) / 2
    steps = np.arange(1, _LINE_STEPS)[:, None] / _LINE_STEPS
    line = point + (end - point) * steps
    others = taken[~_overlap(taken, np.concatenate([point, point]))]
    return bool(_overlap(np.concatenate([line, line], axis=1)[:, None], others).any())


def _pieces(extent: Bbox) -> list[Bbox]:
    """Cut the extent of a text written along its rising diagonal into boxes that follow it."""
    width, height = extent.width / _PIECES, extent.height / _PIECES
    return [
        Bbox.from_bounds(extent.x0 + i * width, extent.y0 + i * height, width, height)
        for i in range(_PIECES)
    ]


def _candidates(mark: Boxes, size: tuple[float, float], scale: float) -> tuple[Boxes, Boxes]:
    """Give boxes in pixels and the shifts of their centres in points, the nearest first."""
    centre, extent = (mark[:2] + mark[2:]) / 2, np.array(size)
    clear = (np.array(DISTANCES)[:, None, None] - _MARKER) * scale
    shifts = (_DIRECTIONS * ((mark[2:] - mark[:2]) / 2 + clear + extent / 2)).reshape(-1, 2)
    corners = centre + shifts - extent / 2
    return np.concatenate([corners, corners + extent], axis=1), shifts / scale


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
