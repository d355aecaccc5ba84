"""Time per image against FLOPs, on log-log axes with lines of equal FLOP/s."""

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from effprof.core.units import duration, si
from effprof.report.families import look_of
from effprof.report.pictures.charts import encodings, look
from effprof.report.pictures.charts.chart import ChartKind
from effprof.report.pictures.labels import Label, place_labels
from effprof.report.pictures.panel import family_marks, reference_mark
from effprof.report.pictures.picture_kind import PictureKind
from effprof.report.pictures.row import Row, of_cell
from effprof.report.pictures.style import (
    INK,
    MUTED,
    PALE,
    SMALL,
    keep_layout,
    lay_out,
    log_axis,
    new_figure,
    slope_angle,
    wrapped,
)
from effprof.report.view import View, chosen
from effprof.report.well_known import well_known_results
from effprof.study.results import Result, known
from effprof.study.setting import flops_of, is_variant, seconds_of, with_flops

#: Number of panels -> rows, columns, width and height in inches.
_GRIDS = {
    1: (1, 1, 8.0, 6.2),
    2: (1, 2, 12.0, 5.8),
    3: (2, 2, 12.0, 10.0),
    4: (2, 2, 12.0, 10.0),
}

#: The same for one panel with a whole zoo.
_CROWDED = (1, 1, 12.0, 8.0)

#: Ends of the axes: FLOPs from left to right, seconds per image from low to high.
_Box = tuple[float, float, float, float]


def draw(view: View) -> Figure | None:
    """Draw one panel per batch size, each network a point; None where no FLOPs are known.

    Of a whole zoo only the well-known networks are marked and named, the others are dots, and the
    commonest batch size is shown.
    """
    counted = with_flops(view.results)
    if not counted:
        return None
    named = well_known_results(counted, view.setting.reference)
    if crowded := len(named) < len(counted):
        commonest = _commonest_batch(counted)
        counted, named = _at(counted, commonest), _at(named, commonest)
    sizes = chosen(sorted({each.batch_size for each in counted}))
    down, across, width, height = _CROWDED if crowded else _GRIDS[len(sizes)]
    figure = new_figure(width, height)
    panels = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False).flatten()
    for axes in panels[len(sizes) :]:
        axes.set_visible(False)
    for axes, size in zip(panels, sizes, strict=False):
        log_axis(axes, "x", lambda value: si(value, digits=1))
        log_axis(axes, "y", lambda value: duration(value, digits=1))
        axes.set(xlabel="FLOPs per image (2 x MACs)", ylabel="time per image")
        _dots(axes, [each for each in _at(counted, size) if each not in named])
        _points(axes, _at(named, size), view)
        axes.set_title(f"batch {size}")
    left, right, low, high = _box(counted)
    panels[0].set(xlim=(left, right), ylim=(low, high))
    figure.suptitle(
        f"Time per image against FLOPs: what lies on one line is equally efficient\n{view.caption}"
    )
    _legend(figure, named, view, crowded)
    lay_out(figure)  # lays out, so that positions on the page are known
    for axes, size in zip(panels, sizes, strict=False):
        speeds = _iso_lines(axes, view.peak)
        labels = [
            Label(flops_of(each), seconds_of(each), wrapped(each.label))
            for each in _by_importance(_at(named, size), view)
        ]
        left_out = place_labels(figure, axes, labels, avoid=speeds)
        if left_out:
            axes.set_title(f"{axes.get_title()} (no room for the names of {left_out})")
    keep_layout(figure)
    return figure


def rows(view: View) -> Iterator[Row]:
    """Give time per image in seconds against FLOPs, and lines of equal FLOP/s in the same span."""
    there = with_flops(view.results)
    for each in there:
        flops, seconds = flops_of(each), seconds_of(each)
        yield of_cell(each) | {
            "part": "network",
            "family": each.family,
            "flops": flops,
            "seconds": seconds,
            "said": f"{si(flops, 'FLOP')} in {duration(seconds)} per image: "
            f"{si(known(each.flops_per_second), 'FLOP/s')}",
        }
    for size in sorted({each.batch_size for each in there}):
        own = [each for each in there if each.batch_size == size]
        yield from _equal_speeds(size, own, view.peak)


def chart(drawn: Sequence[Row]) -> encodings.Layers:
    """Draw networks as points; on one grey line FLOPs turn into time equally well."""
    base = encodings.chart().encode(
        x=encodings.logarithmic("flops", "X", "FLOPs per image (2 x MACs)", look.SI),
        y=encodings.logarithmic("seconds", "Y", "time per image", look.SECONDS),
    )
    networks = base.transform_filter("datum.part === 'network'")
    lines = base.transform_filter("datum.part !== 'network'").encode(detail="line:N")
    return encodings.layered(
        lines.mark_line(aria=False, color=look.PALE).transform_filter("datum.part === 'line'"),
        lines.mark_line(aria=False, color=look.MUTED).transform_filter("datum.part === 'peak'"),
        lines.mark_text(aria=False, align="left", dx=10, dy=6, color=look.MUTED)
        .transform_filter("datum.named && datum.part === 'line'")
        .encode(text="line:N"),
        encodings.haloed(
            lines.transform_filter("datum.named && datum.part === 'peak'"),
            "line:N",
            **{"align": "right", "dx": -16, "color": look.MUTED},
        ),
        networks.mark_point(filled=True, size=80, opacity=1, strokeWidth=1).encode(
            color=encodings.family("color", drawn),
            shape=encodings.family("shape", drawn),
            stroke=encodings.always(look.PAGE),
            tooltip=encodings.SAID,
            description=encodings.DESCRIBED,
        ),
        encodings.names_of_chosen(networks, dy=-12),
        height=look.HEIGHT,
    )


def _at(results: Iterable[Result], batch_size: int) -> tuple[Result, ...]:
    return tuple(each for each in results if each.batch_size == batch_size)


def _commonest_batch(results: Iterable[Result]) -> int:
    """Give the batch size of most networks, of equally common ones the smallest."""
    sizes = sorted(each.batch_size for each in results)
    return max(dict.fromkeys(sizes), key=sizes.count)


def _by_importance(results: Iterable[Result], view: View) -> list[Result]:
    """Order networks so that the subject, the reference and the subject's line find room first.

    Variants, which lie on top of what they vary, come last.
    """
    subject, line = view.subject, view.line

    def rank(each: Result) -> int:
        if each.model == subject.model or view.is_reference(each):
            return 0
        if is_variant(each):
            return 3
        return 1 if each.label in line else 2

    return sorted(results, key=lambda each: (rank(each), flops_of(each)))


def _box(results: Sequence[Result]) -> _Box:
    """Leave room around some results."""
    flops, times = [*map(flops_of, results)], [*map(seconds_of, results)]
    return min(flops) / 3, max(flops) * 2.2, min(times) / 2, max(times) * 2


def _decades(box: _Box) -> list[float]:
    """Give the FLOP/s of which lines cross a box: of 1, 10, 100 ..."""
    slowest, fastest = _speeds(box)
    first, last = math.ceil(math.log10(slowest)), math.floor(math.log10(fastest))
    return [10.0**power for power in range(first, last + 1)]


def _speeds(box: _Box) -> tuple[float, float]:
    """Give the FLOP/s at the upper left and at the lower right corner of a box."""
    left, right, low, high = box
    return left / high, right / low


def _dots(axes: Axes, shown: Sequence[Result]) -> None:
    flops, times = [*map(flops_of, shown)], [*map(seconds_of, shown)]
    axes.plot(flops, times, ".", color=MUTED, markersize=3, zorder=3)


def _points(axes: Axes, shown: Iterable[Result], view: View) -> None:
    for each in sorted(shown, key=view.is_reference):  # nothing covers the reference
        look, is_reference = look_of(each.family), view.is_reference(each)
        axes.plot(
            flops_of(each),
            seconds_of(each),
            marker=look.marker,
            color=INK if is_reference else look.colour,
            markersize=6,
            markeredgecolor="white",
            markeredgewidth=0.6,
            zorder=4,
        )


def _iso_lines(axes: Axes, peak: float | None) -> list[Text]:
    """Draw lines of 1, 10, 100 ... FLOP/s across the panel, and the measured peak; give names."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    box = (left, right, low, high)
    lines = [(speed, si(speed, "FLOP/s", 1), PALE, 1.0) for speed in _decades(box)]
    slowest, fastest = _speeds(box)
    if peak is not None and slowest < peak < fastest:
        lines.append((peak, f"measured peak {si(peak, 'FLOP/s')}", MUTED, 1.6))
    ends = np.array([left, right])
    names: list[Text] = []
    for speed, text, colour, width in lines:
        axes.plot(ends, ends / speed, color=colour, linewidth=width, zorder=1)
        # Written where the line enters the panel, at the left or at the bottom edge.
        start = max(left, low * speed) * 1.15
        name = axes.text(
            start,
            start / speed * 1.06,
            text,
            rotation=slope_angle(axes, (left, left / speed), (right, right / speed)),
            rotation_mode="anchor",
            fontsize=SMALL,
            color=MUTED,
            clip_on=True,
            zorder=2,
        )
        name.set_in_layout(False)
        names.append(name)
    axes.set_xlim(left, right)
    axes.set_ylim(low, high)
    return names


def _legend(figure: Figure, named: Sequence[Result], view: View, crowded: bool) -> None:
    marks = family_marks(view, named)
    marks += [reference_mark(each) for each in named if view.is_reference(each)][:1]
    if crowded:
        marks.append(Line2D([], [], linestyle="", marker=".", color=MUTED, label="other networks"))
    figure.legend(
        handles=marks,
        loc="outside lower center",
        ncols=6 if figure.get_figwidth() > 8 else 4,
        frameon=False,
    )


def _equal_speeds(size: int, results: Sequence[Result], peak: float | None) -> Iterator[Row]:
    """Draw lines of 1, 10, 100 ... FLOP/s through the box around the points, and the peak."""
    box = left, right, low, high = _box(results)
    slowest, fastest = _speeds(box)
    speeds = dict.fromkeys(_decades(box), "")
    if peak is not None and slowest < peak < fastest:
        speeds[peak] = "measured peak, "
    for speed, kind in speeds.items():
        for at in (max(left, low * speed), min(right, high * speed)):
            yield {
                "batch": size,
                "part": "peak" if kind else "line",
                "flops": at,
                "seconds": at / speed,
                "line": f"{kind}{si(speed, 'FLOP/s', 3 if kind else 1)}",
                "named": (at == max(left, low * speed)) != bool(kind),
            }


KIND = PictureKind(
    stem="time-flops",
    alt="Time per image against FLOPs",
    draw=draw,
    charts=(
        ChartKind(
            "time-flops", "Time against FLOPs", rows, chart, crowd=True, takes="static costs"
        ),
    ),
)
