"""A series of nights as a small drawing (SVG) that needs no script: the nights, and the step."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from statistics import median

from markupsafe import Markup

from effprof.core.units import is_missing

#: Size of the drawing and the margin that keeps lines inside, in pixels.
WIDTH, HEIGHT, MARGIN = 320, 48, 4

#: More nights than this are drawn as medians of neighbours: two nights would share a pixel or two.
MOST_POINTS = 120

Point = tuple[int, float]


def drawing(
    medians: Sequence[float | None],
    step: int,
    levels: tuple[float | None, float | None],
    words: str,
) -> Markup:
    """Draw the value of each night, and the level before and from the first bad one, `step`.

    Nights without a value leave a gap. `levels` are None where they are not known; `words` is what
    is read aloud. Empty without a single value.
    """
    points, at = _thinned(medians, step)
    known = [value for _, value in points] + [level for level in levels if level is not None]
    if not points:
        return Markup()
    low, high = min(known), max(known)
    last = max(1, min(len(medians), MOST_POINTS) - 1)

    def x(place: float) -> int:
        return round(MARGIN + place / last * (WIDTH - 2 * MARGIN))

    def y(value: float) -> int:
        share = (value - low) / (high - low) if high > low else 0.5
        return round(HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN))

    edge = x(at - 0.5)
    parts = [f'<path class="at" d="M{edge} 0V{HEIGHT}"/>'] if 0 < at <= last else []
    for line in _unbroken(points):
        ends = " ".join(f"{x(place)},{y(value)}" for place, value in (*line, line[-1]))
        parts.append(f'<polyline points="{ends}"/>')
    for level, (start, end) in zip(levels, ((MARGIN, edge), (edge, WIDTH - MARGIN)), strict=True):
        if level is not None:
            parts.append(f'<path class="level" d="M{start} {y(level)}H{end}"/>')
    return Markup(
        '<svg class="nights" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
    ).format(WIDTH, HEIGHT, words, Markup("".join(parts)))


def _thinned(medians: Sequence[float | None], step: int) -> tuple[list[Point], float]:
    """Give places and values of at most `MOST_POINTS` points, and the place of the step."""
    count = min(len(medians), MOST_POINTS)
    bins: dict[int, list[float]] = {}
    for night, value in enumerate(medians):
        if value is not None and not is_missing(value):
            bins.setdefault(night * count // len(medians), []).append(value)
    at = step * count / len(medians) if medians else 0.0
    return [(place, median(values)) for place, values in bins.items()], at


def _unbroken(points: Sequence[Point]) -> Iterator[list[Point]]:
    """Split points where nights are missing."""
    for _, run in groupby(enumerate(points), key=lambda pair: pair[1][0] - pair[0]):
        yield [point for _, point in run]
