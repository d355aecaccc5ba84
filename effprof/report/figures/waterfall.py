"""The waterfall: from the promised to the realised speed-up, one bar per cause."""

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from effprof.analysis.waterfall import CAUSES, Cause, Waterfall
from effprof.core.units import percent, significant, times
from effprof.report.figures.panel import View
from effprof.report.figures.style import (
    CAUSE_COLOURS,
    INK,
    MUTED,
    PALE,
    SMALL,
    log_axis,
    new_figure,
    plain_text,
)
from effprof.report.phrases import CAUSE_WORDS, factor_text, roles_text, top_roles

#: More networks make the picture too long; the table holds them all.
MAX_NETWORKS = 4

#: Inches: width of a panel, height of a network's row of panels, and of what surrounds them.
_WIDTH, _ROW, _FRAME = 5.6, 1.75, 1.3

#: Height of a bar where rows are 1 apart.
_BAR = 0.66

#: Hatch of a factor that is won, not lost.
_WON = "////"

#: Rows from top to bottom: the two ends are speed-ups, the others factors.
_NAMES = ("promised by FLOPs", *(CAUSE_WORDS[cause].name for cause in CAUSES), "realised")


def draw_waterfall(view: View) -> Figure | None:
    """Draw a row of panels per network and a column per end of the batch sizes."""
    rows = [row for key, row in view.frame.iterrows() if str(key) in view.falls]
    labels = list(dict.fromkeys(row["label"] for row in rows))[:MAX_NETWORKS]
    sizes = sorted({int(row["batch_size"]) for row in rows})
    sizes = list(dict.fromkeys(sizes[:1] + sizes[-1:]))
    if not labels:
        return None
    figure = new_figure(1.4 + _WIDTH * len(sizes), _FRAME + _ROW * len(labels))
    panels = figure.subplots(len(labels), len(sizes), sharex=True, sharey=True, squeeze=False)
    drawn = {(row["label"], int(row["batch_size"])): row for row in rows}
    for label, line in zip(labels, panels, strict=True):
        for size, axes in zip(sizes, line, strict=True):
            _panel(axes, f"{label}, batch {size}", drawn.get((label, size)), view)
    _limits(panels[0][0], [view.falls[str(row.name)] for row in rows if row["label"] in labels])
    for axes in panels[-1]:
        axes.set_xlabel(f"speed-up over {view.reference_label}")
    figure.suptitle(
        f"Where the speed-up that FLOPs promise over {view.reference_label} goes\n{view.setting}"
    )
    # A single column of panels has no room for two entries side by side.
    columns = min(2, len(sizes))
    figure.legend(handles=_legend(), loc="outside lower center", ncols=columns, frameon=False)
    return figure


def _panel(axes: Axes, title: str, row: pd.Series | None, view: View) -> None:
    log_axis(axes, "x", lambda value: f"{significant(value, 1)}x")
    axes.set_yticks(range(len(_NAMES)), _NAMES)
    axes.set_ylim(len(_NAMES) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    axes.axvline(1, color=INK, linewidth=0.8)
    axes.set_title(title, loc="left", fontweight="bold")
    if row is None:
        axes.text(0.5, 0.5, "no waterfall", transform=axes.transAxes, color=MUTED, fontsize=SMALL)
        return
    fall = view.falls[str(row.name)]
    _bar(axes, 0, (1.0, fall.promise.factor), PALE, times(fall.promise.factor))
    level = fall.promise.factor
    for place, cause in enumerate(CAUSES, start=1):
        factor = fall.bars[cause].factor
        axes.plot([level, level], [place - 1 + _BAR / 2, place + _BAR / 2], color=MUTED, lw=0.8)
        _bar(axes, place, (level, level * factor), CAUSE_COLOURS[cause], _text(fall, cause))
        level *= factor
    last = len(_NAMES) - 1
    axes.plot([level, level], [last - 1 + _BAR / 2, last + _BAR / 2], color=MUTED, lw=0.8)
    share = percent(fall.realised / fall.promise.factor)
    text = f"{times(fall.realised)}: {share} of the promise arrives"
    _bar(axes, last, (1.0, fall.realised), INK, text, bold=True)


def _bar(
    axes: Axes, place: int, ends: tuple[float, float], colour: str, text: str, bold: bool = False
) -> None:
    low, high = min(ends), max(ends)
    axes.barh(
        place,
        high - low,
        left=low,
        height=_BAR,
        color=colour,
        edgecolor="white",
        linewidth=0,
        hatch=_WON if 0 < place < len(_NAMES) - 1 and ends[1] > ends[0] else None,
        zorder=3,
    )
    axes.annotate(
        text,
        (max(1.0, high), place),
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        fontsize=SMALL,
        fontweight="bold" if bold else "normal",
        zorder=4,
    ).set_in_layout(False)


def _text(fall: Waterfall, cause: Cause) -> str:
    """Write a factor and the roles that move it most."""
    bar = fall.bars[cause]
    roles = plain_text(roles_text(top_roles(bar)))
    return f"{factor_text(bar.factor)}{f'   {roles}' if roles else ''}"


def _limits(axes: Axes, falls: list[Waterfall]) -> None:
    levels = [1.0]
    for fall in falls:
        level = fall.promise.factor
        levels.append(level)
        for cause in CAUSES:
            level *= fall.bars[cause].factor
            levels.append(level)
    low, high = min(levels), max(levels)
    # Room at the right for the text behind the longest bar: as wide as the bars themselves.
    axes.set_xlim(low / 1.25, high * 1.1 * math.exp(max(1.0, math.log(high / low))))


def _legend() -> list[Patch]:
    marks = [
        Patch(
            facecolor=CAUSE_COLOURS[cause],
            label=f"{CAUSE_WORDS[cause].name}: {CAUSE_WORDS[cause].explained}",
        )
        for cause in CAUSES
    ]
    won = Patch(
        facecolor=MUTED,
        edgecolor="white",
        hatch=_WON,
        label="hatched: × won, else ÷ lost; then the roles that do most",
    )
    return [*marks, won]
