"""Peak memory of a step, every kind of number with its own mark."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from effprof.report.figures.panel import View, chosen
from effprof.report.figures.style import (
    COLOURS,
    MUTED,
    PALE,
    SMALL,
    new_figure,
    row_height,
    wrapped,
)

#: Column -> (name, marker, colour): which memory number is meant is never left open.
KINDS = {
    "peak_rss_bytes": ("growth of the worker's resident set", "o", COLOURS[0]),
    "peak_allocated_bytes": ("allocated", "o", COLOURS[0]),
    "peak_reserved_bytes": ("reserved by the allocator", "s", COLOURS[1]),
    "device_used_bytes": ("lost by the device", "D", COLOURS[2]),
    "device_held_bytes": ("lost with the allocator's cache", "^", COLOURS[3]),
}

#: Height of one network's row and of what surrounds the rows, in inches.
_ROW, _FRAME = 0.25, 1.6

#: More ticks than this touch one another.
_MAX_TICKS = 4

_MIB = 2**20


def draw_memory(view: View) -> Figure | None:
    """Draw one panel per batch size and one row per network; None without any number."""
    kinds = [name for name in KINDS if view.frame[name].notna().any()]
    known = view.frame.dropna(subset=kinds, how="all")
    if not kinds or known.empty:
        return None
    sizes = chosen(sorted({int(size) for size in known["batch_size"]}))
    largest = known[known["batch_size"] == known["batch_size"].max()]
    order = [*largest.sort_values(kinds[0])["label"]]
    order += [label for label in known["label"].unique() if label not in order]
    figure = new_figure(
        2.2 + 2.6 * max(2, len(sizes)), _FRAME + row_height(order, _ROW) * max(4, len(order))
    )
    panels = figure.subplots(1, len(sizes), sharey=True, squeeze=False)[0]
    for axes, size in zip(panels, sizes, strict=True):
        rows = known[known["batch_size"] == size]
        _rows(axes, order)
        axes.set(title=f"batch {size}", xlabel="MiB")
        for label, fate in view.lost_at(size).items():
            if label in order:
                axes.text(
                    0, order.index(label), f"  {fate}", va="center", color=MUTED, fontsize=SMALL
                )
        for row in rows.itertuples():
            values = [getattr(row, name) / _MIB for name in kinds]
            y = order.index(row.label)
            axes.plot([0, max(values)], [y, y], color=PALE, linewidth=2, zorder=1)
            for name, value in zip(kinds, values, strict=True):
                _, marker, colour = KINDS[name]
                axes.plot(value, y, marker=marker, color=colour, markersize=5, linestyle="")
        axes.set_xlim(left=0)
    figure.suptitle(f"Peak memory of a step\n{view.setting}")
    marks = [
        Line2D(
            [], [], linestyle="", marker=KINDS[name][1], color=KINDS[name][2], label=KINDS[name][0]
        )
        for name in kinds
    ]
    figure.legend(handles=marks, loc="outside lower center", ncols=len(marks), frameon=False)
    return figure


def _rows(axes: Axes, order: list[str]) -> None:
    axes.set_yticks(range(len(order)), map(wrapped, order))
    axes.set_ylim(-0.6, len(order) - 0.4)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    axes.xaxis.set_major_locator(MaxNLocator(_MAX_TICKS))
