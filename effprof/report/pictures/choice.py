"""A choice drawn: accuracy against speed, the limits as lines, and who meets them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from effprof.analysis.picking import Choice, Limit, Placed, Standing
from effprof.core.accuracies import ACCURACIES
from effprof.core.quantities import QUANTITIES
from effprof.models.names import bare_name
from effprof.report.pictures.labels import Label, place_labels
from effprof.report.pictures.style import (
    DPI,
    INK,
    MUTED,
    SMALL,
    keep_layout,
    lay_out,
    log_axis,
    new_figure,
    plain_text,
)

#: What networks are drawn by where no limit is on how fast they are.
SPEED = "images_per_second"

#: Quantities of how fast a network is; the first that is limited is drawn.
SPEEDS = ("latency_p50_seconds", "latency_p90_seconds", SPEED)

#: Width of the picture, and height of the panel of one run, in inches.
_WIDTH, _HEIGHT = 8.0, 4.6

#: Half the width of a mark, in points.
_MARK_RADIUS = 4.0

#: Times the outermost values that an axis reaches, and points of accuracy that it leaves free.
_REACH, _FREE = 1.3, 1.0


@dataclass(frozen=True, slots=True)
class _Mark:
    """How networks of a standing are drawn."""

    colour: str
    filled: bool


#: Standing -> its mark; what meets the limits stands out.
_MARKS: Mapping[Standing, _Mark] = {
    "meets": _Mark("#0072B2", filled=True),
    "on the edge": _Mark("#D55E00", filled=True),
    "near miss": _Mark("#D55E00", filled=False),
    "misses": _Mark(MUTED, filled=False),
    "not told": _Mark(MUTED, filled=False),
}


def choice_figure(choices: Sequence[tuple[str, Choice]]) -> Figure:
    """Draw choices, each under its title in a panel of its own; networks without accuracy are not.

    What counts is how fast a network is by the first limit on that, else images per second.
    """
    figure = new_figure(_WIDTH, _HEIGHT * len(choices))
    panels = figure.subplots(len(choices), squeeze=False)[:, 0]
    for axes, (title, choice) in zip(panels, choices, strict=True):
        _panel(axes, title, choice)
    there = [s for s in _MARKS if any(not choice.of(s).empty for _, choice in choices)]
    figure.legend(
        handles=[_legend_mark(standing) for standing in there],
        loc="outside lower center",
        ncols=len(_MARKS),
        frameon=False,
    )
    lay_out(figure)
    for axes, (_, choice) in zip(panels, choices, strict=True):
        left_out = place_labels(figure, axes, _labels(axes, choice))
        if left_out:
            told = f"no room for the names of {left_out}"
            axes.text(0, 1, told, fontsize=SMALL, color=MUTED, transform=axes.transAxes, va="top")
    keep_layout(figure)
    return figure


def _speed(choice: Choice) -> str:
    """Name the quantity of how fast networks are that is drawn."""
    limited = {limit.quantity.id for limit in choice.limits}
    return next((name for name in SPEEDS if name in limited), SPEED)


def _panel(axes: Axes, title: str, choice: Choice) -> None:
    name, column = _speed(choice), ACCURACIES[choice.accuracy].column
    quantity, there = QUANTITIES[name], choice.placed(name)
    for each in there:
        mark, found = _MARKS[each.standing], each.found
        if found.bounded:
            axes.plot([found.low, found.high], [each.top1] * 2, color=mark.colour, linewidth=1.2)
        face = mark.colour if mark.filled else "white"
        axes.plot(found.value, each.top1, "o", color=mark.colour, markerfacecolor=face, zorder=3)
    log_axis(axes, "x", quantity.write)
    axes.set_xlim(*_span(choice, name))
    if there:
        accuracies = [each.top1 for each in there]
        axes.set_ylim(min(accuracies) - _FREE, max(accuracies) + _FREE)
    for limit in choice.limits:
        _line(axes, limit, (name, column))
    axes.set(xlabel=quantity.meaning, ylabel=f"ImageNet {QUANTITIES[column].label}, quoted")
    axes.set_title(plain_text(title), loc="left")
    axes.grid()


def _span(choice: Choice, name: str) -> tuple[float, float]:
    """Give the ends of the axis of speed: networks and limits have room."""
    values = [each.found.value for each in choice.placed(name)]
    values += [each.value for each in choice.limits if each.quantity.id == name]
    return min(values, default=1.0) / _REACH, max(values, default=1.0) * _REACH


def _line(axes: Axes, limit: Limit, shown: tuple[str, str]) -> None:
    """Draw a limit on what an axis shows; others are told by the colours of who misses them."""
    speed, accuracy = shown
    if limit.quantity.id == speed:
        axes.axvline(limit.value, color=INK, linewidth=1.0, linestyle="--", zorder=1)
    elif limit.quantity.id == accuracy:
        axes.axhline(limit.value, color=INK, linewidth=1.0, linestyle="--", zorder=1)


def _labels(axes: Axes, choice: Choice) -> list[Label]:
    """Name the networks, those that meet the limits first: they find room before the others."""
    return [_label(axes, each) for each in choice.placed(_speed(choice))]


def _label(axes: Axes, named: Placed) -> Label:
    """Name a point clear of its interval."""
    found, reach = named.found, 0.0
    if found.bounded:
        low, middle, high = (
            axes.transData.transform((x, named.top1))[0]
            for x in (found.low, found.value, found.high)
        )
        reach = max(middle - low, high - middle) * 72 / DPI
    return Label(found.value, named.top1, plain_text(bare_name(named.model)), _MARK_RADIUS, reach)


def _legend_mark(standing: Standing) -> Line2D:
    mark = _MARKS[standing]
    face = mark.colour if mark.filled else "white"
    return Line2D(
        [], [], linestyle="", marker="o", color=mark.colour, markerfacecolor=face, label=standing
    )
