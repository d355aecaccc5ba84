"""Quoted accuracy against measured speed, with the front that no other network beats."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cbook import pts_to_prestep
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from effprof.analysis.accuracy import with_accuracy
from effprof.analysis.pareto import pareto_front
from effprof.core.units import significant
from effprof.report.figures.labels import Label, Polyline, place_labels
from effprof.report.figures.panel import View, reference_mark
from effprof.report.figures.style import (
    INK,
    MUTED,
    PALE,
    SMALL,
    keep_layout,
    lay_out,
    log_axis,
    new_figure,
)
from effprof.report.figures.subjects import subject_of

#: Fewer networks with a quoted accuracy than this make no front worth a picture.
MIN_NETWORKS = 3

#: Half a point's width, in points.
_MARK = 4.0

#: Part of the accuracies' range that is left free above and below the points.
_MARGIN = 0.12


def draw_front(view: View) -> Figure | None:
    """Draw quoted top-1 against images/s at the largest batch; None for too few networks."""
    rows = ranked(view)
    if rows.empty:
        return None
    size = int(rows["batch_size"].iloc[0])
    front = rows[rows["on_front"]]
    figure = new_figure(9.5, 6.6)
    axes = figure.subplots()
    _axis(axes, rows)
    subject = str(subject_of(view.frame, view.reference)["family"])
    lines = [_chain(rows[rows["family"] == subject])]
    if not front.empty:  # none of the networks may have run at its quoted size
        lines.append(_front(axes, front))
    joined = len(lines[0]) > 1
    if joined:
        axes.plot(*zip(*lines[0], strict=True), ":", color=view.looks[subject].colour, zorder=3)
    _points(axes, rows, view)
    held = int((front["family"] == subject).sum())
    figure.suptitle(
        f"Quoted accuracy against measured speed, batch {size}: {subject} holds {held} of "
        f"{len(front)} points of the front\n{view.setting}; bars are 95 % intervals"
    )
    _legend(figure, rows, view, subject if joined else None)
    lay_out(figure)  # lays out, so that positions on the page are known
    # The front and the subject are named first: they find room before the others do.
    first = rows.index.isin(front.index) | (rows["family"] == subject)
    ordered = pd.concat([rows[first], rows[~first]])
    labels = [_label(axes, figure.dpi, row) for _, row in ordered.iterrows()]
    left_out = place_labels(figure, axes, labels, lines=lines)
    if left_out:
        axes.set_title(f"no room for the names of {left_out}", fontsize=SMALL, color=MUTED)
    else:
        keep_layout(figure)
    return figure


def ranked(view: View) -> pd.DataFrame:
    """Give the networks with a quoted accuracy at the largest batch, and which are `on_front`.

    Empty for fewer than `MIN_NETWORKS`.
    """
    quoted = with_accuracy(view.frame).dropna(subset=["top1", "images_per_second"])
    rows = quoted[quoted["batch_size"] == quoted["batch_size"].max()]
    rows = rows.assign(seconds_per_image=1 / rows["images_per_second"])
    if rows["model"].nunique() < MIN_NETWORKS:
        return rows.iloc[:0]
    front = pareto_front(rows[rows["same_size"]], "top1", "seconds_per_image")
    return rows.assign(on_front=rows.index.isin(front))


def _label(axes: Axes, dpi: float, row: pd.Series) -> Label:
    """Name a point clear of its interval."""
    interval = ["images_per_second_low", "images_per_second", "images_per_second_high"]
    ends = row[interval].astype(float)
    low, middle, high = (axes.transData.transform((x, row["top1"]))[0] for x in ends.fillna(1))
    reach = max(middle - low, high - middle) * 72 / dpi if ends.notna().all() else 0.0
    return Label(row["images_per_second"], row["top1"], row["label"], _MARK, reach)


def _axis(axes: Axes, rows: pd.DataFrame) -> None:
    log_axis(axes, "x", lambda value: significant(value, 1))
    low, high = rows["top1"].min(), rows["top1"].max()
    margin = _MARGIN * max(high - low, 1.0)
    axes.set_ylim(low - margin, high + margin)
    ends = rows["images_per_second"]
    axes.set_xlim(ends.min() / 1.5, ends.max() * 2.3)
    axes.set(xlabel="images/s, measured", ylabel="ImageNet top-1, quoted (%)")
    axes.grid()


def _front(axes: Axes, front: pd.DataFrame) -> Polyline:
    """Draw the best accuracy to be had at each speed, the region that it leaves; give its corners.

    The line comes in from the left and ends at the bottom.
    """
    ordered = front.sort_values("images_per_second")
    speeds, accuracies = ordered["images_per_second"].tolist(), ordered["top1"].tolist()
    left, bottom = axes.get_xlim()[0], axes.get_ylim()[0]
    xs, ys = [left, *speeds, speeds[-1]], [accuracies[0], *accuracies, bottom]
    axes.fill_between(xs, ys, bottom, step="pre", color=PALE, alpha=0.35, zorder=0)
    axes.step(xs, ys, where="pre", color=INK, linewidth=1.1, zorder=2)
    corners = pts_to_prestep(xs, ys)
    return [(float(x), float(y)) for x, y in corners.T]


def _chain(rows: pd.DataFrame) -> Polyline:
    """Join the networks of the subject's family, of equally accurate ones the fastest."""
    fastest = rows.loc[rows.groupby("top1")["images_per_second"].idxmax()]
    return list(zip(fastest["images_per_second"], fastest["top1"], strict=True))


def _points(axes: Axes, rows: pd.DataFrame, view: View) -> None:
    """Draw the networks with their intervals, the reference last: nothing covers it."""
    is_reference = rows["model"] == view.reference
    for row in pd.concat([rows[~is_reference], rows[is_reference]]).itertuples():
        look = view.looks[row.family]
        ends = [row.images_per_second_low, row.images_per_second_high]
        axes.plot(ends, [row.top1] * 2, color=look.colour, linewidth=1.2, zorder=3)
        axes.plot(
            row.images_per_second,
            row.top1,
            marker=look.marker,
            markersize=6.5,
            color=look.colour,
            markerfacecolor=look.colour if row.same_size else "white",
            markeredgecolor=INK if row.model == view.reference else look.colour,
            zorder=4,
        )


def _legend(figure: Figure, rows: pd.DataFrame, view: View, subject: str | None) -> None:
    marks = [
        Line2D([], [], linestyle="", marker=look.marker, color=look.colour, label=family)
        for family, look in view.looks.items()
        if family in set(rows["family"])
    ]
    if view.reference in set(rows["model"]):
        marks.append(reference_mark(view))
    marks.append(Line2D([], [], color=INK, linewidth=1.1, label="front: none is better in both"))
    if subject is not None:
        colour = view.looks[subject].colour
        told = f"dotted: {subject} by accuracy"
        marks.append(Line2D([], [], linestyle=":", color=colour, label=told))
    if not rows["same_size"].all():
        told = "hollow: run at another size than quoted; not on the front"
        marks.append(
            Line2D([], [], linestyle="", marker="o", color=MUTED, fillstyle="none", label=told)
        )
    figure.legend(handles=marks, loc="outside lower center", ncols=5, frameon=False)
