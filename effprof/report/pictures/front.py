"""Accuracy against measured speed, with the front that no other network beats.

One picture quotes publications, another one the best weights of today; they are never mixed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from matplotlib.axes import Axes
from matplotlib.cbook import pts_to_prestep
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from effprof.core.accuracies import AccuracyKind
from effprof.core.units import estimate_text, significant
from effprof.report.families import look_of
from effprof.report.pictures.charts import encodings, look
from effprof.report.pictures.charts.chart import ChartKind
from effprof.report.pictures.labels import Label, Polyline, place_labels
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
)
from effprof.report.view import View
from effprof.study.front import Contender, contenders

#: Half a point's width, in points.
_MARK = 4.0

#: Part of the accuracies' range that is left free above and below the points.
_MARGIN = 0.12


@dataclass(frozen=True, slots=True)
class Told:
    """What a picture quotes: which accuracy, how its title calls it, and its axis."""

    kind: AccuracyKind
    title: str
    axis: str


PAPER = Told("paper", "Quoted accuracy", "ImageNet top-1, quoted (%)")
TODAY = Told(
    "today",
    "Accuracy of the weights of today",
    "ImageNet top-1 of the best weights of today, quoted (%)",
)


def draw(view: View, told: Told = PAPER) -> Figure | None:
    """Draw quoted top-1 against images/s at the largest batch; None for too few networks."""
    there = contenders(view.results, told.kind, view.weights)
    if not there:
        return None
    size = there[0].result.batch_size
    front = [each for each in there if each.on_front]
    figure = new_figure(9.5, 6.6)
    axes = figure.subplots()
    _axis(axes, there, told)
    subject = view.subject.family
    own = [each for each in there if each.result.family == subject]
    lines = [_chain(own)]
    if front:  # none of the networks may have run at its quoted size
        lines.append(_front(axes, front))
    joined = len(lines[0]) > 1
    if joined:
        colour = look_of(subject).colour
        axes.plot(*zip(*lines[0], strict=True), ":", color=colour, zorder=3)
    _points(axes, there, view)
    held = sum(each.on_front for each in own)
    of_front = f": {subject} holds {held} of {len(front)} points of the front" if own else ""
    figure.suptitle(
        f"{told.title} against measured speed, batch {size}{of_front}\n"
        f"{view.caption}; bars are 95 % intervals"
    )
    _legend(figure, there, view, subject if joined else None)
    lay_out(figure)  # lays out, so that positions on the page are known
    # The front and the subject are named first: they find room before the others do.
    ordered = sorted(there, key=lambda each: not (each.on_front or each in own))
    labels = [_label(axes, figure.dpi, each) for each in ordered]
    left_out = place_labels(figure, axes, labels, lines=lines)
    if left_out:
        axes.set_title(f"no room for the names of {left_out}", fontsize=SMALL, color=MUTED)
    else:
        keep_layout(figure)
    return figure


def rows(view: View, told: Told = PAPER) -> Iterator[Row]:
    """Give quoted top-1 in per cent against images per second, and who is on the front."""
    for each in contenders(view.results, told.kind, view.weights):
        elsewhere = "" if each.same_size else f", quoted at {each.accuracy.resolution} px"
        yield of_cell(each.result) | {
            "family": each.result.family,
            "speed": each.speed.value,
            "top1": each.top1,
            "same_size": each.same_size,
            "on_front": each.on_front,
            "said": f"{significant(each.top1)} % top-1{elsewhere} ({each.accuracy.text}), "
            f"{estimate_text(each.speed)} images/s"
            f"{', on the front' if each.on_front else ''}",
        }


def chart(drawn: Sequence[Row], told: Told = PAPER) -> encodings.Layers:
    """Draw networks as points, filled where accuracy is quoted at that size; and the front."""
    base = encodings.chart().encode(
        x=encodings.logarithmic("speed", "X", "images per second, measured", look.SI),
        y=encodings.numbers("top1", "Y", told.axis, zero=False),
    )
    filled = encodings.either("datum.same_size", 1, 0)
    return encodings.layered(
        base.mark_line(aria=False, interpolate="step-before", color=look.MUTED)
        .transform_filter("datum.on_front")
        .encode(order="speed:Q"),
        base.mark_point(filled=True, size=80, opacity=1, strokeWidth=1.5).encode(
            color=encodings.family("color", drawn),
            stroke=encodings.family("stroke", drawn),
            shape=encodings.family("shape", drawn),
            fillOpacity=filled,
            tooltip=encodings.SAID,
            description=encodings.DESCRIBED,
        ),
        encodings.names_of_chosen(base, dy=-12),
        height=look.HEIGHT,
    )


def _label(axes: Axes, dpi: float, named: Contender) -> Label:
    """Name a point clear of its interval."""
    speed, top1, reach = named.speed, named.top1, 0.0
    if speed.bounded:
        low, middle, high = (
            axes.transData.transform((x, top1))[0] for x in (speed.low, speed.value, speed.high)
        )
        reach = max(middle - low, high - middle) * 72 / dpi
    return Label(speed.value, top1, named.result.label, _MARK, reach)


def _axis(axes: Axes, there: Sequence[Contender], told: Told) -> None:
    log_axis(axes, "x", lambda value: significant(value, 1))
    accuracies, speeds = [each.top1 for each in there], [each.speed.value for each in there]
    low, high = min(accuracies), max(accuracies)
    margin = _MARGIN * max(high - low, 1.0)
    axes.set_ylim(low - margin, high + margin)
    axes.set_xlim(min(speeds) / 1.5, max(speeds) * 2.3)
    axes.set(xlabel="images/s, measured", ylabel=told.axis)
    axes.grid()


def _front(axes: Axes, front: Iterable[Contender]) -> Polyline:
    """Draw the best accuracy to be had at each speed, the region that it leaves; give its corners.

    The line comes in from the left and ends at the bottom.
    """
    ordered = sorted(front, key=lambda each: each.speed.value)
    speeds, accuracies = [each.speed.value for each in ordered], [each.top1 for each in ordered]
    left, bottom = axes.get_xlim()[0], axes.get_ylim()[0]
    xs, ys = [left, *speeds, speeds[-1]], [accuracies[0], *accuracies, bottom]
    axes.fill_between(xs, ys, bottom, step="pre", color=PALE, alpha=0.35, zorder=0)
    axes.step(xs, ys, where="pre", color=INK, linewidth=1.1, zorder=2)
    corners = pts_to_prestep(xs, ys)
    return [(float(x), float(y)) for x, y in corners.T]


def _chain(own: Iterable[Contender]) -> Polyline:
    """Join the networks of the subject's family, of equally accurate ones the fastest."""
    fastest: dict[float, float] = {}
    for each in own:
        fastest[each.top1] = max(each.speed.value, fastest.get(each.top1, 0.0))
    return [(speed, top1) for top1, speed in sorted(fastest.items())]


def _points(axes: Axes, there: Iterable[Contender], view: View) -> None:
    """Draw the networks with their intervals, the reference last: nothing covers it."""
    for each in sorted(there, key=lambda each: view.is_reference(each.result)):
        look, speed = look_of(each.result.family), each.speed
        colour = INK if view.is_reference(each.result) else look.colour
        axes.plot([speed.low, speed.high], [each.top1] * 2, color=colour, linewidth=1.2, zorder=3)
        axes.plot(
            speed.value,
            each.top1,
            marker=look.marker,
            markersize=6.5,
            color=colour,
            markerfacecolor=colour if each.same_size else "white",
            zorder=4,
        )


def _legend(figure: Figure, there: Sequence[Contender], view: View, subject: str | None) -> None:
    marks = family_marks(view, [each.result for each in there])
    marks += [reference_mark(e.result) for e in there if view.is_reference(e.result)][:1]
    marks.append(Line2D([], [], color=INK, linewidth=1.1, label="front: none is better in both"))
    if subject is not None:
        colour = look_of(subject).colour
        told = f"dotted: {subject} by accuracy"
        marks.append(Line2D([], [], linestyle=":", color=colour, label=told))
    if not all(each.same_size for each in there):
        told = "hollow: run at another size than quoted; not on the front"
        marks.append(
            Line2D([], [], linestyle="", marker="o", color=MUTED, fillstyle="none", label=told)
        )
    figure.legend(handles=marks, loc="outside lower center", ncols=5, frameon=False)


def _kind(stem: str, told: Told, takes: str) -> PictureKind:
    return PictureKind(
        stem=stem,
        alt=f"{told.title} against measured speed",
        draw=partial(draw, told=told),
        charts=(
            ChartKind(
                stem,
                f"{told.title} against measured speed at the largest batch",
                partial(rows, told=told),
                partial(chart, told=told),
                by=(),
                crowd=True,
                takes=takes,
            ),
        ),
    )


KIND = _kind("front", PAPER, "several networks of which somebody quotes a top-1")
TODAY_KIND = _kind("front-today", TODAY, "several networks with weights of a known top-1")
