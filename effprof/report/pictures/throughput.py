"""Throughput over batch size, one panel per family."""

import math
from collections.abc import Iterable, Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from effprof.core.units import estimate_text, si
from effprof.report.families import look_of
from effprof.report.pictures.charts import encodings, look
from effprof.report.pictures.charts.chart import SWEPT, ChartKind
from effprof.report.pictures.labels import spread
from effprof.report.pictures.picture_kind import PictureKind
from effprof.report.pictures.row import Row, of_cell
from effprof.report.pictures.style import (
    INK,
    MUTED,
    SMALL,
    keep_layout,
    lay_out,
    log_axis,
    new_figure,
)
from effprof.report.view import View
from effprof.study.results import Result
from effprof.study.setting import measured_speed, speed_of

_COLUMNS = 3
_DASHES = ("-", "--", ":", "-.")


def draw(view: View) -> Figure | None:
    """Draw a line per network over the measured batch sizes; None where they are few."""
    if not view.is_swept:
        return None
    lines = _lines(view.results)
    families = list(dict.fromkeys(each.family for each in view.results))
    across = min(_COLUMNS, len(families))
    down = math.ceil(len(families) / across)
    figure = new_figure(max(7.0, 4.2 * across), 1.1 + 3.1 * down)
    panels = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False).flatten()
    for axes in panels[len(families) :]:
        axes.set_visible(False)
    _axes(panels[0], view)
    reference = [each for each in view.results if view.is_reference(each)]
    for axes, family in zip(panels, families, strict=False):
        axes.grid(visible=True)
        axes.set(title=family, xlabel="images per step", ylabel="images per second")
        axes.tick_params(labelbottom=True)
        _line(axes, reference, INK, "-")
        own_lines = [line for line in lines.values() if line[0].family == family]
        for place, line in enumerate(own_lines):
            if not view.is_reference(line[0]):
                _line(axes, line, look_of(family).colour, _DASHES[place % len(_DASHES)])
    title = "Throughput over batch size: where a line is flat, a larger batch buys nothing"
    figure.suptitle(f"{title}\n{view.caption}; black: the reference, {view.reference_label}")
    lay_out(figure)
    for axes, family in zip(panels, families, strict=False):
        own = [each for each in view.results if each.family == family]
        others = [each for each in reference if each.family != family]
        _end_labels(figure, axes, [*own, *others])
    keep_layout(figure)
    return figure


def rows(view: View) -> Iterator[Row]:
    """Give images per second over batch size, where there are enough for a line."""
    if not view.is_swept:
        return
    largest: dict[str, int] = {}
    for each in view.results:
        largest[each.label] = max(each.batch_size, largest.get(each.label, 0))
    for each in view.results:
        speed = measured_speed(each)
        yield of_cell(each) | {
            "family": each.family,
            "speed": speed.value,
            "last": each.batch_size == largest[each.label],
            "said": f"{estimate_text(speed)} images/s",
        }


def chart(drawn: Sequence[Row]) -> encodings.Layers:
    """Draw a line per network; the chosen one and the reference stand out."""
    speed = encodings.logarithmic("speed", "Y", "images per second", look.SI)
    base = encodings.chart().encode(x=encodings.batch_sizes(), y=speed, detail="network:N")
    faint = encodings.either(encodings.NAMED, 1.0, 0.6)
    bold = encodings.either(encodings.CHOSEN, 3, 1.4)
    return encodings.layered(
        base.mark_line(aria=False).encode(
            color=encodings.family("color", drawn), opacity=faint, strokeWidth=bold
        ),
        base.mark_point(filled=True, size=50).encode(
            color=encodings.family("color", drawn),
            opacity=faint,
            tooltip=encodings.SAID,
            description=encodings.DESCRIBED,
        ),
        encodings.names_of_chosen(base.transform_filter("datum.last"), dy=-10),
        height=look.HEIGHT,
    )


def _lines(results: Iterable[Result]) -> dict[str, list[Result]]:
    """Group results by their labels, in plan order."""
    lines: dict[str, list[Result]] = {}
    for each in results:
        lines.setdefault(each.label, []).append(each)
    return lines


def _by_batch(results: Iterable[Result]) -> list[Result]:
    return sorted(results, key=lambda each: each.batch_size)


def _axes(axes: Axes, view: View) -> None:
    sizes, speeds = view.batch_sizes, [speed_of(each) for each in view.results]
    axes.set_xscale("log", base=2)
    log_axis(axes, "y", lambda value: si(value, digits=1))
    span = sizes[-1] / sizes[0]
    # Room at the right for the names at the ends of the lines.
    axes.set_xlim(sizes[0] / span**0.05, sizes[-1] * span**0.75)
    axes.set_ylim(min(speeds) / 1.5, max(speeds) * 1.5)
    axes.xaxis.set_major_locator(FixedLocator(sizes))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))


def _line(axes: Axes, results: Iterable[Result], colour: str, dashes: str) -> None:
    ordered = _by_batch(results)
    axes.plot(
        [each.batch_size for each in ordered],
        [speed_of(each) for each in ordered],
        color=colour,
        linestyle=dashes,
        marker="o",
        markersize=3.5,
        linewidth=1.4,
    )


def _end_labels(figure: Figure, axes: Axes, results: Sequence[Result]) -> None:
    """Name each line at its end, moved apart vertically, with a thread to the end."""
    last = {each.label: each for each in _by_batch(results)}
    ends = _by_batch(last.values())
    places = [(each.batch_size, speed_of(each)) for each in ends]
    points = [axes.transData.transform(place) for place in places]
    gap = SMALL * 1.25 * figure.dpi / 72
    heights = spread([y for _, y in points], gap)
    right = max(x for x, _ in points)
    for each, place, (x, y), height in zip(ends, places, points, heights, strict=True):
        shift = ((right - x) * 72 / figure.dpi + 12, (height - y) * 72 / figure.dpi)
        axes.annotate(
            each.label,
            place,
            xytext=shift,
            textcoords="offset points",
            va="center",
            fontsize=SMALL,
            arrowprops={
                "arrowstyle": "-",
                "color": MUTED,
                "linewidth": 0.5,
                "shrinkA": 0,
                "shrinkB": 2,
            },
        ).set_in_layout(False)


KIND = PictureKind(
    stem="throughput",
    alt="Throughput over batch size",
    draw=draw,
    charts=(
        ChartKind(
            "throughput",
            "Throughput over batch size",
            rows,
            chart,
            by=(),
            takes=SWEPT,
        ),
    ),
)
