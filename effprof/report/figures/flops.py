"""Time per image against FLOPs, on log-log axes with lines of equal FLOP/s."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from effprof.core.units import duration, si
from effprof.report.figures.labels import Label, place_labels
from effprof.report.figures.panel import View, chosen, reference_mark
from effprof.report.figures.style import (
    INK,
    MUTED,
    PALE,
    SMALL,
    log_axis,
    new_figure,
    slope_angle,
    wrapped,
)
from effprof.report.figures.subjects import subject_of
from effprof.report.scene_frames import variant
from effprof.report.well_known import well_known

#: Number of panels -> rows, columns, width and height in inches.
_GRIDS = {
    1: (1, 1, 8.0, 6.2),
    2: (1, 2, 12.0, 5.8),
    3: (2, 2, 12.0, 10.0),
    4: (2, 2, 12.0, 10.0),
}


#: The same for one panel with a whole zoo.
_CROWDED = (1, 1, 12.0, 8.0)


def draw_time_against_flops(view: View) -> Figure | None:
    """Draw one panel per batch size, each network a point; None where no FLOPs are known.

    Of a whole zoo only the well-known networks are marked and named, the others are dots, and the
    commonest batch size is shown.
    """
    known = view.frame.dropna(subset=["flops", "images_per_second"])
    known = known[known["flops"] > 0]
    if known.empty:
        return None
    named = well_known(known, view.reference)
    if crowded := len(named) < len(known):
        commonest = known["batch_size"].mode().iloc[0]
        known, named = (each[each["batch_size"] == commonest] for each in (known, named))
    sizes = chosen(sorted({int(size) for size in known["batch_size"]}))
    rows, columns, width, height = _CROWDED if crowded else _GRIDS[len(sizes)]
    figure = new_figure(width, height)
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flatten()
    for axes in panels[len(sizes) :]:
        axes.set_visible(False)
    for axes, size in zip(panels, sizes, strict=False):
        log_axis(axes, "x", lambda value: si(value, digits=1))
        log_axis(axes, "y", lambda value: duration(value, digits=1))
        axes.set(xlabel="FLOPs per image (2 x MACs)", ylabel="time per image")
        shown = known["batch_size"] == size
        _dots(axes, known[shown & ~known.index.isin(named.index)])
        _points(axes, named[named["batch_size"] == size], view)
        axes.set_title(f"batch {size}")
    _limits(panels[0], known)
    figure.suptitle(
        f"Time per image against FLOPs: what lies on one line is equally efficient\n{view.setting}"
    )
    _legend(figure, named, view, crowded)
    figure.draw_without_rendering()  # lays out, so that positions on the page are known
    for axes, size in zip(panels, sizes, strict=False):
        speeds = _iso_lines(axes, view.peak)
        shown = _by_importance(named[named["batch_size"] == size], view)
        labels = [
            Label(r.flops, 1 / r.images_per_second, wrapped(r.label)) for r in shown.itertuples()
        ]
        left_out = place_labels(figure, axes, labels, avoid=speeds)
        if left_out:
            axes.set_title(f"{axes.get_title()} (no room for the names of {left_out})")
    return figure


def _by_importance(rows: pd.DataFrame, view: View) -> pd.DataFrame:
    """Order networks so that the subject, the reference and the subject's line find room first.

    Variants, which lie on top of what they vary, come last.
    """
    models = rows["model"]
    subject = subject_of(view.frame, view.reference)["model"]
    kinds = [
        models.isin([subject, view.reference]),
        variant(rows),
        view.line[rows.index],
    ]
    ranks = np.select(kinds, [0, 3, 1], default=2)
    return rows.assign(rank=ranks).sort_values(["rank", "flops"])


def _limits(axes: Axes, known: pd.DataFrame) -> None:
    times = 1 / known["images_per_second"]
    axes.set_xlim(known["flops"].min() / 3, known["flops"].max() * 2.2)
    axes.set_ylim(times.min() / 2, times.max() * 2)


def _dots(axes: Axes, rows: pd.DataFrame) -> None:
    axes.plot(
        rows["flops"], 1 / rows["images_per_second"], ".", color=MUTED, markersize=3, zorder=3
    )


def _points(axes: Axes, rows: pd.DataFrame, view: View) -> None:
    last = (rows["model"] == view.reference).sort_values(kind="stable").index  # nothing covers it
    for row in rows.loc[last].itertuples():
        look, is_reference = view.looks[row.family], row.model == view.reference
        axes.plot(
            row.flops,
            1 / row.images_per_second,
            marker=look.marker,
            color=look.colour,
            markersize=6,
            markeredgecolor=INK if is_reference else "white",
            markeredgewidth=1.5 if is_reference else 0.6,
            zorder=4,
        )


def _iso_lines(axes: Axes, peak: float | None) -> list[Text]:
    """Draw lines of 1, 10, 100 ... FLOP/s across the panel, and the measured peak; give names."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    decades = range(math.ceil(math.log10(left / high)), math.floor(math.log10(right / low)) + 1)
    lines = [(10.0**power, si(10.0**power, "FLOP/s", 1), PALE, 1.0) for power in decades]
    if peak is not None and left / high < peak < right / low:
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


def _legend(figure: Figure, known: pd.DataFrame, view: View, crowded: bool) -> None:
    marks = [
        Line2D([], [], linestyle="", marker=look.marker, color=look.colour, label=family)
        for family, look in view.looks.items()
        if family in set(known["family"])
    ]
    if view.reference in set(known["model"]):
        marks.append(reference_mark(view))
    if crowded:
        marks.append(Line2D([], [], linestyle="", marker=".", color=MUTED, label="other networks"))
    figure.legend(
        handles=marks,
        loc="outside lower center",
        ncols=6 if figure.get_figwidth() > 8 else 4,
        frameon=False,
    )
