"""Roles under the roofline: how close each comes to the ceiling of arithmetic or of memory."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from effprof.analysis.role_points import RolePoint, role_points
from effprof.analysis.roofline import Ceilings, Roofline
from effprof.core.profiles import Profile
from effprof.core.units import percent, si, significant
from effprof.report.groups import ROLE_GROUPS, group_of
from effprof.report.pictures.charts import encodings, look
from effprof.report.pictures.charts.chart import A_PROFILE, BY_CELL, ChartKind
from effprof.report.pictures.labels import Label, place_labels
from effprof.report.pictures.picture_kind import PictureKind
from effprof.report.pictures.row import Row, of_network, profiled
from effprof.report.pictures.style import (
    INK,
    MUTED,
    SMALL,
    keep_layout,
    lay_out,
    log_axis,
    new_figure,
    plain_text,
)
from effprof.report.view import View, ends
from effprof.study.results import Result

#: Area in square points of the mark of a role that takes all the time, and the smallest mark.
_WHOLE, _SMALLEST = 1600.0, 12.0

_COLOURS = {group.name: group.colour for group in ROLE_GROUPS}


def draw(view: View) -> Figure | None:
    """Draw the subject and the reference at the ends of the batch sizes.

    A narrow strip beside each roofline holds the roles without FLOPs, which have no place on it:
    their ceiling is the bandwidth alone.
    """
    labels = view.telling()
    panels = list(_panels(view, labels))
    if not panels:
        return None
    across = min(len(panels), len(labels))
    down = -(-len(panels) // across)
    figure = new_figure(7.2 * across, 1.0 + 4.2 * down)
    figure.suptitle(
        "How close each role comes to the measured ceilings; area = share of the operators' time\n"
        f"{view.caption}"
    )
    boxes = np.atleast_1d(figure.subfigures(down, across, squeeze=False)).flatten()
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


def rows(view: View) -> Iterator[Row]:
    """Give the roles that count FLOPs, as points, and the ceilings above them, as a line."""
    for each, ceilings, profile in _roofed(view):
        points = [p for p in role_points(profile, each.part.cost) if p.intensity]
        for point in points:
            yield of_network(each) | {
                "part": "role",
                "group": group_of(point.role),
                "intensity": point.intensity,
                "speed": point.flops_per_second,
                "share": point.share,
                "said": f"{point.role}: {si(point.flops_per_second, 'FLOP/s')} at "
                f"{significant(point.intensity)} FLOPs per byte, {percent(point.share)} of the "
                "operators' time",
            }
        spots = [*(point.intensity for point in points), ceilings.ridge]
        for at in (min(spots) / 3, ceilings.ridge, max(spots) * 4):
            yield of_network(each) | {
                "part": "ceiling",
                "intensity": at,
                "speed": min(at * ceilings.bytes_per_second, ceilings.flops_per_second),
                "said": f"ceilings: {si(ceilings.flops_per_second, 'FLOP/s')}, "
                f"{si(ceilings.bytes_per_second, 'B/s')}",
            }


def bandwidth_rows(view: View) -> Iterator[Row]:
    """Give the roles without FLOPs: their only ceiling is the bandwidth, in bytes/s."""
    for each, ceilings, profile in _roofed(view):
        for point in role_points(profile, each.part.cost):
            if not point.intensity:
                yield of_network(each) | {
                    "role": point.role,
                    "group": group_of(point.role),
                    "speed": point.bytes_per_second,
                    "ceiling": ceilings.bytes_per_second,
                    "share": point.share,
                    "said": f"{point.role}: {si(point.bytes_per_second, 'B/s')}, "
                    f"{percent(point.share)} of the operators' time; a copy reaches "
                    f"{si(ceilings.bytes_per_second, 'B/s')}",
                }


def chart(drawn: Sequence[Row]) -> encodings.Layers:
    """Draw roles by arithmetic intensity and speed below the measured ceilings."""
    base = encodings.chart().encode(
        x=encodings.logarithmic(
            "intensity", "X", "FLOPs per byte moved", "format(datum.value, '~r')"
        ),
        y=encodings.logarithmic("speed", "Y", "FLOP/s", look.SI),
    )
    return encodings.layered(
        base.mark_line(aria=False, color=look.MUTED).transform_filter("datum.part === 'ceiling'"),
        encodings.dots(base.transform_filter("datum.part === 'role'"), drawn),
        height=look.HEIGHT,
    )


def bandwidth_chart(drawn: Sequence[Row]) -> encodings.Layers:
    """Draw roles that count no FLOPs by the bytes they move per second, beside a measured copy."""
    base = encodings.chart().encode(y=encodings.names("role", sort="-x"))
    x = encodings.logarithmic(
        "speed", "X", "bytes moved per second (line: a copy)", f"{look.SI} + 'B/s'"
    )
    return encodings.layered(
        encodings.chart()
        .mark_rule(aria=False, color=look.MUTED, strokeWidth=2)
        .encode(x="ceiling:Q"),
        encodings.dots(base.encode(x=x), drawn),
        usermeta=encodings.lines("role"),
    )


def _panels(view: View, labels: list[str]) -> Iterator[tuple[str, list[RolePoint], Roofline]]:
    """Yield title, roles and roofline of each cell that has one, by batch size."""
    for size in ends(view.batch_sizes):
        for label in labels:
            for each, profile in view.profiled:
                roof = each.part.roofline
                if (each.label, each.batch_size) == (label, size) and isinstance(roof, Roofline):
                    yield f"{label}, batch {size}", role_points(profile, each.part.cost), roof


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


def _roofed(view: View) -> Iterator[tuple[Result, Ceilings, Profile]]:
    for each, profile in profiled(view):
        if isinstance(each.part.roofline, Roofline):
            yield each, each.part.roofline.ceilings, profile


KIND = PictureKind(
    stem="roofline",
    alt="Roles under the roofline",
    draw=draw,
    charts=(
        ChartKind(
            "roofline",
            "Roles under the roofline",
            rows,
            chart,
            BY_CELL,
            takes=f"{A_PROFILE}, and the peaks of the device",
        ),
        ChartKind(
            "roofline-no-flops",
            "Roles that count no FLOPs, by the bytes they move per second",
            bandwidth_rows,
            bandwidth_chart,
            BY_CELL,
            takes=f"{A_PROFILE}, and the peaks of the device",
        ),
    ),
    inference=True,
)
