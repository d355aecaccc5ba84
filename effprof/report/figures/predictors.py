"""Which static cost predicts time: ranks, fit and slope with their bootstrap intervals."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from effprof.analysis.correlation import PREDICTORS, correlations
from effprof.report.figures.panel import View, chosen
from effprof.report.figures.style import COLOURS, INK, MARKERS, MUTED, new_figure

#: Statistic -> panel title, and where a perfect predictor would stand.
PANELS = {
    "spearman": ("rank correlation (Spearman)", 1.0),
    "r_squared": ("R², log time over log cost", 1.0),
    "slope": ("slope, log time over log cost", 1.0),
}

#: Height of one row in inches, and the part of it that the batch sizes share.
ROW_HEIGHT = 0.55
SPREAD = 0.6


def draw_predictors(view: View) -> Figure | None:
    """Draw each predictor's statistics per batch size; None with too few models."""
    found = correlations(view.frame).dropna(subset=["spearman"])
    sizes = chosen([int(size) for size in sorted(found["batch_size"].unique())])
    if not sizes:
        return None
    rows = [name for name in PREDICTORS if name in set(found["predictor"])]
    figure = new_figure(11, 1.9 + ROW_HEIGHT * len(rows))
    panels = figure.subplots(1, len(PANELS), sharey=True)
    for axes, (statistic, (title, perfect)) in zip(panels, PANELS.items(), strict=True):
        axes.axvline(perfect, color=MUTED, linewidth=1, linestyle="--")
        for place, size in enumerate(sizes):
            _draw_batch(axes, found[found["batch_size"] == size], statistic, (place, len(sizes)))
        axes.set_title(title)
        axes.grid(axis="x")
    panels[0].set_yticks(range(len(rows)), [PREDICTORS[name] for name in rows])
    panels[0].invert_yaxis()
    figure.suptitle(
        "What predicts time per image? A correlation over a whole zoo flatters\n"
        f"{view.setting}; bars are 95 % bootstrap intervals over networks"
    )
    handles, labels = panels[0].get_legend_handles_labels()
    perfect_line = panels[0].lines[0]
    figure.legend(
        [*handles, perfect_line],
        [*labels, "a perfect predictor"],
        loc="outside lower center",
        ncols=len(sizes) + 1,
        frameon=False,
    )
    return figure


def _draw_batch(
    axes: Axes, found: pd.DataFrame, statistic: str, place_of_all: tuple[int, int]
) -> None:
    place, count = place_of_all
    order = {name: row for row, name in enumerate(PREDICTORS)}
    offset = (place - (count - 1) / 2) * SPREAD / max(count, 1)
    heights = [order[name] + offset for name in found["predictor"]]
    values = found[statistic]
    low, high = found[f"{statistic}_low"], found[f"{statistic}_high"]
    axes.errorbar(
        values,
        heights,
        # A percentile interval of few networks may lie beside the value.
        xerr=[(values - low).clip(lower=0), (high - values).clip(lower=0)],
        fmt=MARKERS[place % len(MARKERS)],
        color=COLOURS[place % len(COLOURS)],
        ecolor=COLOURS[place % len(COLOURS)],
        markeredgecolor=INK,
        markersize=5,
        capsize=2,
        linewidth=1.2,
        label=f"batch {int(found['batch_size'].iloc[0])}",
    )
