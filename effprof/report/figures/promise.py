"""Promised against realised speed-up, one bar of each per network."""

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from effprof.core.units import percent, times
from effprof.report.figures.panel import View, chosen
from effprof.report.figures.style import (
    COLOURS,
    INK,
    MUTED,
    PALE,
    SMALL,
    end_for_texts,
    lay_out,
    new_figure,
    row_height,
    speed_up_axis,
    wrapped,
)
from effprof.report.text import listed

#: Height of one network's row and of what surrounds the rows, in inches.
_ROW, _FRAME = 0.27, 1.5

#: Colour of the subject's line of families, and of all other networks.
_LINE, _OTHERS = COLOURS[0], COLOURS[4]


def draw_promise(view: View) -> Figure | None:
    """Draw bars from 1x, the reference, on a log axis; None without a single comparison."""
    compared = view.frame.dropna(subset=["promise", "realised"])
    compared = compared[compared["model"] != view.reference]
    if compared.empty:
        return None
    order = compared.sort_values(["promise", "label"])["label"].unique().tolist()
    sizes = chosen(sorted({int(size) for size in compared["batch_size"]}))
    figure = new_figure(
        2.2 + 2.7 * max(2, len(sizes)), _FRAME + row_height(order, _ROW) * max(4, len(order))
    )
    panels = figure.subplots(1, len(sizes), sharex=True, sharey=True, squeeze=False)[0]
    ends = compared[["promise", "realised", "realised_low", "realised_high"]]
    low, high = min(1.0, ends.min().min()) / 1.1, max(1.0, ends.max().max()) * 1.1
    line = compared[view.line[compared.index]]
    for axes, size in zip(panels, sizes, strict=True):
        speed_up_axis(axes, low, high)
        _frame(axes, order)
        _bars(axes, compared[compared["batch_size"] == size], order, set(line["label"]))
        _fates(axes, view.lost_at(size), order)
        axes.set_title(f"batch {size}")
        axes.set_xlabel(f"speed-up over {view.reference_label}")
    figure.suptitle(
        f"How much of the speed-up that FLOPs promise over {view.reference_label} arrives\n"
        f"{view.setting}"
    )
    figure.legend(
        handles=_legend(compared, line), loc="outside lower center", ncols=2, frameon=False
    )
    lay_out(figure)  # lays out, so that widths of texts and panels are known
    end = max(end_for_texts(axes, axes.texts) for axes in panels)
    for axes in panels:
        speed_up_axis(axes, low, end)
    return figure


def _legend(compared: pd.DataFrame, line: pd.DataFrame) -> list[Artist]:
    families = listed([str(name) for name in line["family"].unique()])
    named = {_LINE: families, _OTHERS: "other networks"}
    present = {_LINE: not line.empty, _OTHERS: len(line) < len(compared)}
    marks: list[Artist] = [Patch(facecolor=PALE, label="promised by FLOPs")]
    marks += [
        Patch(facecolor=colour, label=f"realised: {name}")
        for colour, name in named.items()
        if present[colour]
    ]
    if compared["realised_low"].notna().any():
        marks.append(Line2D([], [], color=INK, linewidth=1.2, label="95 % interval"))
    return marks


def _frame(axes: Axes, order: list[str]) -> None:
    axes.set_yticks(range(len(order)), map(wrapped, order))
    axes.set_ylim(-0.7, len(order) - 0.3)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    axes.axvline(1, color=INK, linewidth=0.8)


def _bars(axes: Axes, rows: pd.DataFrame, order: list[str], line: set[str]) -> None:
    for row in rows.itertuples():
        y = order.index(row.label)
        axes.barh(y, row.promise - 1, left=1, height=0.78, color=PALE)
        colour = _LINE if row.label in line else _OTHERS
        axes.barh(y, row.realised - 1, left=1, height=0.42, color=colour)
        axes.plot([row.realised_low, row.realised_high], [y, y], color=INK, linewidth=1.2)
        axes.annotate(
            f"{times(row.realised, 2)}, {percent(row.realised_efficiency)}",
            (np.nanmax([1.0, row.promise, row.realised, row.realised_high]), y),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL,
        ).set_in_layout(False)


def _fates(axes: Axes, lost: dict[str, str], order: list[str]) -> None:
    """Say in the row of a network why it has no bar."""
    for label in order:
        if label in lost:
            axes.annotate(
                lost[label],
                (1, order.index(label)),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=SMALL,
                color=MUTED,
            ).set_in_layout(False)
