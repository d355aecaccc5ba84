"""Peak memory of a step, every kind of number with its own mark.

One number a network, as CPUs have, is a column of the results and no picture.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from effprof.core.units import byte_size
from effprof.report.phrases import MEMORY_WORDS
from effprof.report.pictures.charts import encodings, look
from effprof.report.pictures.charts.chart import ChartKind
from effprof.report.pictures.picture_kind import PictureKind
from effprof.report.pictures.row import Row, of_cell
from effprof.report.pictures.style import (
    COLOURS,
    MUTED,
    PALE,
    SMALL,
    new_figure,
    row_height,
    wrapped,
)
from effprof.report.view import View, chosen, memory_of
from effprof.study.results import Result

#: Quantity -> its mark and colour.
MARKS = {
    "peak_rss_bytes": ("o", COLOURS[0]),
    "peak_allocated_bytes": ("o", COLOURS[0]),
    "peak_reserved_bytes": ("s", COLOURS[1]),
    "device_used_bytes": ("D", COLOURS[2]),
    "device_held_bytes": ("^", COLOURS[3]),
}

#: Kinds of memory from which on a picture tells more than a column.
_LEAST_KINDS = 2

#: Height of one network's row and of what surrounds the rows, in inches.
_ROW, _FRAME = 0.25, 1.6

#: More ticks than this touch one another.
_MAX_TICKS = 4

_MIB = 2**20

#: A result with its numbers of memory by quantity.
_Known = tuple[Result, Mapping[str, float]]


def draw(view: View) -> Figure | None:
    """Draw one panel per batch size, one row per network; None without several kinds of memory."""
    kinds = view.memory_kinds
    if len(kinds) < _LEAST_KINDS:
        return None
    known = [(each, found) for each in view.results if (found := memory_of(each))]
    sizes = chosen(sorted({each.batch_size for each, _ in known}))
    order = _order(known, kinds[0])
    figure = new_figure(
        2.2 + 2.6 * max(2, len(sizes)), _FRAME + row_height(order, _ROW) * max(4, len(order))
    )
    panels = figure.subplots(1, len(sizes), sharey=True, squeeze=False)[0]
    for axes, size in zip(panels, sizes, strict=True):
        _rows(axes, order)
        axes.set(title=f"batch {size}", xlabel="MiB")
        for label, fate in view.lost_at(size).items():
            if label in order:
                axes.text(
                    0, order.index(label), f"  {fate}", va="center", color=MUTED, fontsize=SMALL
                )
        for each, found in known:
            if each.batch_size == size:
                _marks(axes, order.index(each.label), found)
        axes.set_xlim(left=0)
    figure.suptitle(f"Peak memory of a step\n{view.caption}")
    marks = [
        Line2D([], [], linestyle="", marker=marker, color=colour, label=MEMORY_WORDS[name])
        for name, (marker, colour) in MARKS.items()
        if name in kinds
    ]
    figure.legend(handles=marks, loc="outside lower center", ncols=len(marks), frameon=False)
    return figure


def rows(view: View) -> Iterator[Row]:
    """Give every kind of peak memory in bytes, where there are several."""
    if len(view.memory_kinds) < _LEAST_KINDS:
        return
    there = [(each, memory_of(each)) for each in view.results]
    # The largest first, by the first number that tells two apart; what is not known comes last.
    there.sort(key=lambda pair: [-pair[1].get(name, -math.inf) for name in MEMORY_WORDS])
    for each, found in there:
        for name, value in found.items():
            kind = MEMORY_WORDS[name]
            yield of_cell(each) | {
                "kind": kind,
                "mib": value / _MIB,
                "said": f"{kind}: {byte_size(value)}",
            }


def chart(drawn: Sequence[Row]) -> encodings.Layers:
    """Draw a point per network for each kind of memory that was measured."""
    base = encodings.chart().encode(
        y=encodings.names("network"), x=encodings.numbers("mib", "X", "MiB")
    )
    present = {row.get("kind") for row in drawn}
    words = {MEMORY_WORDS[name]: colour for name, (_, colour) in MARKS.items()}
    kinds = {kind: colour for kind, colour in words.items() if kind in present}
    return encodings.layered(
        base.mark_rule(aria=False, color=look.PALE, strokeWidth=3).encode(x2=encodings.at(0)),
        base.mark_point(filled=True, size=80, opacity=1).encode(
            color=encodings.coloured("kind", kinds),
            shape=encodings.shaped("kind", list(kinds)),
            tooltip=encodings.SAID,
            description=encodings.DESCRIBED,
        ),
        usermeta=encodings.lines("network"),
    )


def _order(known: Sequence[_Known], kind: str) -> list[str]:
    """Order labels by what they need at the largest batch; those without it come last."""
    size = max(each.batch_size for each, _ in known)
    largest = [(each, found) for each, found in known if each.batch_size == size]
    largest.sort(key=lambda pair: (pair[1].get(kind, math.inf), pair[0].label))
    return list(dict.fromkeys(each.label for each, _ in (*largest, *known)))


def _marks(axes: Axes, y: float, found: Mapping[str, float]) -> None:
    axes.plot([0, max(found.values()) / _MIB], [y, y], color=PALE, linewidth=2, zorder=1)
    for name, value in found.items():
        marker, colour = MARKS[name]
        axes.plot(value / _MIB, y, marker=marker, color=colour, markersize=5, linestyle="")


def _rows(axes: Axes, order: list[str]) -> None:
    axes.set_yticks(range(len(order)), map(wrapped, order))
    axes.set_ylim(-0.6, len(order) - 0.4)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    axes.xaxis.set_major_locator(MaxNLocator(_MAX_TICKS))


KIND = PictureKind(
    stem="memory",
    alt="Peak memory",
    draw=draw,
    charts=(
        ChartKind("memory", "Peak memory of a step", rows, chart, takes="several kinds of memory"),
    ),
)
