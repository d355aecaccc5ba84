"""Promised against realised speed-up, one bar of each per network."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from effprof.core.units import percent, significant, times
from effprof.report.figures.panel import View, chosen
from effprof.report.figures.style import INK, MUTED, PALE, SMALL, log_axis, new_figure

#: Height of one network's row and of what surrounds the rows, in inches.
_ROW, _FRAME = 0.27, 1.5


def draw_promise(view: View) -> Figure | None:
    """Draw bars from 1x, the reference, on a log axis; None without a single comparison."""
    compared = view.frame.dropna(subset=["promise", "realised"])
    compared = compared[compared["model"] != view.reference]
    if compared.empty:
        return None
    order = compared.sort_values(["promise", "label"])["label"].unique().tolist()
    sizes = chosen(sorted({int(size) for size in compared["batch_size"]}))
    figure = new_figure(2.2 + 2.7 * max(2, len(sizes)), _FRAME + _ROW * max(4, len(order)))
    panels = figure.subplots(1, len(sizes), sharex=True, sharey=True, squeeze=False)[0]
    for axes, size in zip(panels, sizes, strict=True):
        _bars(axes, compared[compared["batch_size"] == size], order, view)
        _fates(axes, view.lost_at(size), order)
        axes.set_title(f"batch {size}")
        axes.set_xlabel(f"speed-up over {view.reference_label}")
    ends = compared[["promise", "realised", "realised_low", "realised_high"]]
    bracketed = ", with 95 % interval" if compared["realised_low"].notna().any() else ""
    # Room at the right for the text behind the longest bar.
    panels[0].set_xlim(min(1.0, ends.min().min()) / 1.3, max(1.0, ends.max().max()) * 5.5)
    figure.suptitle(
        f"How much of the speed-up that FLOPs promise over {view.reference_label} arrives\n"
        f"{view.setting}"
    )
    figure.legend(
        handles=[
            Patch(facecolor=PALE, label="promised by FLOPs"),
            Patch(facecolor=MUTED, label=f"realised{bracketed}; colour = family"),
        ],
        loc="outside lower center",
        ncols=2,
        frameon=False,
    )
    return figure


def _bars(axes: Axes, rows: pd.DataFrame, order: list[str], view: View) -> None:
    log_axis(axes, "x", lambda value: f"{significant(value, 1)}x")
    axes.set_yticks(range(len(order)), order)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    for row in rows.itertuples():
        y = order.index(row.label)
        axes.barh(y, row.promise - 1, left=1, height=0.78, color=PALE)
        colour = view.looks[row.family].colour
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
    axes.axvline(1, color=INK, linewidth=0.8)


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
