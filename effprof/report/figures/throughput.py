"""Throughput over batch size, one panel per family."""

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from effprof.core.units import si
from effprof.report.figures.labels import spread
from effprof.report.figures.panel import View
from effprof.report.figures.style import MUTED, SMALL, keep_layout, lay_out, log_axis, new_figure

_COLUMNS = 3
_DASHES = ("-", "--", ":", "-.")


def draw_throughput(view: View) -> Figure | None:
    """Draw a line per network over the measured batch sizes; None where all have one size only."""
    if view.frame.groupby("label")["batch_size"].nunique().max() < 2:
        return None
    families = list(dict.fromkeys(view.frame["family"]))
    columns = min(_COLUMNS, len(families))
    rows = math.ceil(len(families) / columns)
    figure = new_figure(max(7.0, 4.2 * columns), 1.1 + 3.1 * rows)
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flatten()
    for axes in panels[len(families) :]:
        axes.set_visible(False)
    _axes(panels[0], view)
    reference = view.frame[view.frame["model"] == view.reference]
    for axes, family in zip(panels, families, strict=False):
        axes.grid(visible=True)
        axes.set(title=family, xlabel="images per step", ylabel="images per second")
        axes.tick_params(labelbottom=True)
        _line(axes, reference, MUTED, "-")
        own = view.frame[view.frame["family"] == family]
        for place, (_, line) in enumerate(own.groupby("label", sort=False)):
            if line["model"].iloc[0] != view.reference:
                _line(axes, line, view.looks[family].colour, _DASHES[place % len(_DASHES)])
    title = "Throughput over batch size: where a line is flat, a larger batch buys nothing"
    figure.suptitle(f"{title}\n{view.setting}; grey: the reference, {view.reference_label}")
    lay_out(figure)
    for axes, family in zip(panels, families, strict=False):
        drawn = view.frame[(view.frame["family"] == family)]
        _end_labels(figure, axes, pd.concat([drawn, reference]).drop_duplicates())
    keep_layout(figure)
    return figure


def _axes(axes: Axes, view: View) -> None:
    sizes, speeds = view.batch_sizes, view.frame["images_per_second"]
    axes.set_xscale("log", base=2)
    log_axis(axes, "y", lambda value: si(value, digits=1))
    span = sizes[-1] / sizes[0]
    # Room at the right for the names at the ends of the lines.
    axes.set_xlim(sizes[0] / span**0.05, sizes[-1] * span**0.75)
    axes.set_ylim(speeds.min() / 1.5, speeds.max() * 1.5)
    axes.xaxis.set_major_locator(FixedLocator(sizes))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))


def _line(axes: Axes, rows: pd.DataFrame, colour: str, dashes: str) -> None:
    ordered = rows.sort_values("batch_size")
    axes.plot(
        ordered["batch_size"],
        ordered["images_per_second"],
        color=colour,
        linestyle=dashes,
        marker="o",
        markersize=3.5,
        linewidth=1.4,
    )


def _end_labels(figure: Figure, axes: Axes, rows: pd.DataFrame) -> None:
    """Name each line at its end, moved apart vertically, with a thread to the end."""
    ends = rows.sort_values("batch_size").groupby("label", sort=False).tail(1)
    points = [
        axes.transData.transform((r.batch_size, r.images_per_second)) for r in ends.itertuples()
    ]
    gap = SMALL * 1.25 * figure.dpi / 72
    heights = spread([y for _, y in points], gap)
    right = max(x for x, _ in points)
    for row, (x, y), height in zip(ends.itertuples(), points, heights, strict=True):
        shift = ((right - x) * 72 / figure.dpi + 12, (height - y) * 72 / figure.dpi)
        axes.annotate(
            row.label,
            (row.batch_size, row.images_per_second),
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
