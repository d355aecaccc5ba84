"""Roles under the roofline: how close each comes to the ceiling of arithmetic or of memory."""

import math
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from effprof.analysis.profiles import seconds_by_role
from effprof.analysis.roofline import Ceilings, Roofline
from effprof.core.profiles import Profile
from effprof.core.units import percent, si, significant
from effprof.report.figures.labels import Label, place_labels
from effprof.report.figures.panel import View
from effprof.report.figures.style import (
    INK,
    MUTED,
    SMALL,
    keep_layout,
    lay_out,
    log_axis,
    new_figure,
    plain_text,
)
from effprof.report.groups import ROLE_GROUPS, group_of

#: Area in square points of the mark of a role that takes all the time, and the smallest mark.
_WHOLE, _SMALLEST = 1600.0, 12.0

_COLOURS = {group.name: group.colour for group in ROLE_GROUPS}


@dataclass(frozen=True, slots=True)
class RolePoint:
    """One role: FLOPs per byte (0 where it counts none), speed reached, share of the time."""

    role: str
    intensity: float
    flops_per_second: float
    bytes_per_second: float
    share: float


def draw_roofline(view: View) -> Figure | None:
    """Draw the subject and the reference at the ends of the batch sizes.

    A narrow strip beside each roofline holds the roles without FLOPs, which have no place on it:
    their ceiling is the bandwidth alone.
    """
    labels = view.subjects()
    panels = [
        (
            f"{row['label']}, batch {row['batch_size']}",
            role_points(view, str(row.name), profile),
            roof,
        )
        for size in view.ends
        for label in labels
        for row, profile in view.profiled()
        if row["label"] == label and row["batch_size"] == size
        if isinstance(roof := view.parts[str(row.name)].roofline, Roofline)
    ]
    if not panels:
        return None
    columns = min(len(panels), len(labels))
    rows = -(-len(panels) // columns)
    figure = new_figure(7.2 * columns, 1.0 + 4.2 * rows)
    figure.suptitle(
        "How close each role comes to the measured ceilings; area = share of the operators' time\n"
        f"{view.setting}"
    )
    boxes = np.atleast_1d(figure.subfigures(rows, columns, squeeze=False)).flatten()
    pairs = [_axes(box, title, roof) for box, (title, _, roof) in zip(boxes, panels, strict=False)]
    everything = [point for _, points, _ in panels for point in points]
    for (strip, main), (_, points, roof) in zip(pairs, panels, strict=True):
        _strip(strip, points, roof.ceilings, everything)
        _main(main, points, roof.ceilings, everything)
    lay_out(figure)  # lays out, so that positions on the page are known
    for (strip, main), (_, points, _) in zip(pairs, panels, strict=True):
        _label(figure, strip, main, points)
    keep_layout(figure)
    return figure


def role_points(view: View, key: str, profile: Profile) -> list[RolePoint]:
    """Place the roles of a profiled cell, by its key, in the roofline."""
    cost, total = view.parts[key].cost, profile.op_seconds
    costs = cost.by_role if cost else {}
    return [
        RolePoint(
            role,
            costs[role].arithmetic_intensity or 0.0,
            costs[role].flops / seconds,
            costs[role].bytes_moved / seconds,
            seconds / total,
        )
        for role, seconds in seconds_by_role(profile).items()
        if role in costs and seconds
    ]


def _axes(box: SubFigure, title: str, roof: Roofline) -> tuple[Axes, Axes]:
    strip, main = box.subplots(1, 2, width_ratios=(1, 1.9))
    box.suptitle(
        f"{title}: memory bounds {percent(roof.memory_share)} of the roofline", fontweight="bold"
    )
    return strip, main


def _strip(
    axes: Axes, points: list[RolePoint], roof: Ceilings, everything: list[RolePoint]
) -> None:
    """Draw what counts no FLOPs by the bytes it moves per second."""
    log_axis(axes, "y", lambda value: si(value, digits=1))
    axes.set(title="no FLOPs", ylabel="bytes moved per second", xlim=(0, 1), xticks=[])
    axes.set_xlabel(f"line: copy, {si(roof.bytes_per_second, 'B/s')}")
    speeds = [point.bytes_per_second for point in everything if not point.intensity]
    axes.set_ylim(min([*speeds, roof.bytes_per_second]) / 3, roof.bytes_per_second * 4)
    axes.axhline(roof.bytes_per_second, color=MUTED, linewidth=1.6)
    for x, point in _strip_places(points):
        _mark(axes, x, point.bytes_per_second, point)


def _strip_places(points: list[RolePoint]) -> list[tuple[float, RolePoint]]:
    """Spread the roles without FLOPs evenly over the strip, in the order of the groups."""
    uncounted = [point for point in points if not point.intensity]
    names = [group.name for group in ROLE_GROUPS]
    uncounted.sort(key=lambda point: (names.index(group_of(point.role)), point.role))
    step = 1 / (len(uncounted) + 1)
    return [(step * place, point) for place, point in enumerate(uncounted, start=1)]


def _main(axes: Axes, points: list[RolePoint], roof: Ceilings, everything: list[RolePoint]) -> None:
    log_axis(axes, "x", lambda value: significant(value, 1))
    log_axis(axes, "y", lambda value: si(value, digits=1))
    axes.set(xlabel="FLOPs per byte moved", ylabel="FLOP/s", title="counted by FLOPs")
    counted = [point for point in everything if point.intensity]
    left = min([*(point.intensity for point in counted), roof.ridge]) / 3
    right = max([*(point.intensity for point in counted), roof.ridge]) * 4
    low = min(point.flops_per_second for point in counted) / 4
    axes.set_xlim(left, right)
    axes.set_ylim(low, roof.flops_per_second * 3)
    xs = np.array([left, roof.ridge, right])
    ys = np.minimum(xs * roof.bytes_per_second, roof.flops_per_second)
    axes.plot(xs, ys, color=MUTED, linewidth=1.6, zorder=1)
    axes.fill_between(xs, ys, low, color="#f4f4f4", zorder=0)
    axes.text(
        right / 1.1,
        roof.flops_per_second * 1.1,
        f"peak {si(roof.flops_per_second, 'FLOP/s')}",
        ha="right",
        fontsize=SMALL,
        color=MUTED,
    )
    for point in points:
        if point.intensity:
            _mark(axes, point.intensity, point.flops_per_second, point)


def _mark(axes: Axes, x: float, y: float, point: RolePoint) -> None:
    axes.scatter(
        x,
        y,
        s=_area(point),
        color=_COLOURS[group_of(point.role)],
        edgecolor=INK,
        linewidth=0.6,
        alpha=0.9,
        zorder=3,
    )


def _label(figure: Figure, strip: Axes, main: Axes, points: list[RolePoint]) -> None:
    uncounted = [_mark_label(x, p.bytes_per_second, p) for x, p in _strip_places(points)]
    counted = [_mark_label(p.intensity, p.flops_per_second, p) for p in points if p.intensity]
    place_labels(figure, strip, uncounted)
    place_labels(figure, main, counted)


def _mark_label(x: float, y: float, point: RolePoint) -> Label:
    name = f"{plain_text(point.role)} {percent(point.share)}"
    return Label(x, y, name, math.sqrt(_area(point) / math.pi))


def _area(point: RolePoint) -> float:
    return max(_SMALLEST, _WHOLE * point.share)
