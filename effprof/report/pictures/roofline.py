"""Roles in the roofline: beside the ceiling of arithmetic, and that of each level of memory."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.text import Text

from effprof.analysis.role_points import RolePoint, role_points
from effprof.analysis.roofline import Ceilings, Level, Roofline
from effprof.core.profiles import Profile
from effprof.core.units import percent, si, significant
from effprof.report.groups import ROLE_GROUPS, group_of
from effprof.report.pictures.charts import encodings, look
from effprof.report.pictures.charts.chart import A_PROFILE, BY_CELL, ChartKind
from effprof.report.pictures.labels import Label, Polyline, place_labels
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

#: How the lines of memory levels look, from main memory inwards; a CPU has three that are measured.
_LINES = ("-", "--", "-.", ":")

_COLOURS = {group.name: group.colour for group in ROLE_GROUPS}


def draw(view: View) -> Figure | None:
    """Draw the subject and the reference at the ends of the batch sizes.

    A narrow strip beside each roofline holds the roles without FLOPs, which have no place on it:
    their ceilings are the bandwidths alone. Which level of memory an operator's operands come from
    is not known, so that there is a line for each.
    """
    labels = view.telling()
    panels = list(_panels(view, labels))
    if not panels:
        return None
    across = min(len(panels), len(labels))
    down = -(-len(panels) // across)
    figure = new_figure(7.2 * across, 1.0 + 4.2 * down)
    figure.suptitle(
        "Roles beside the measured ceilings, a line per level of memory; "
        "area = share of the operators' time\n"
        f"{view.caption}"
    )
    boxes = np.atleast_1d(figure.subfigures(down, across, squeeze=False)).flatten()
    pairs = [_axes(box, title, roof) for box, (title, _, roof) in zip(boxes, panels, strict=False)]
    everything = [point for _, points, _ in panels for point in points]
    for (strip, main), (_, points, roof) in zip(pairs, panels, strict=True):
        _strip(strip, points, roof.ceilings, everything)
        _main(main, points, roof.ceilings, everything)
    lay_out(figure)  # lays out, so that positions on the page are known
    for (strip, main), (_, points, roof) in zip(pairs, panels, strict=True):
        _label(figure, strip, main, points, _name_lines(main, roof.ceilings))
    keep_layout(figure)
    return figure


def rows(view: View) -> Iterator[Row]:
    """Give the roles that count FLOPs, as points, and the ceilings, a line per level of memory."""
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
        spots = [*(point.intensity for point in points), *map(ceilings.ridge, ceilings.levels)]
        for level in ceilings.levels:
            ridge = ceilings.ridge(level)
            for at in (min(spots) / 3, ridge, max(spots) * 4):
                yield of_network(each) | {
                    "part": "ceiling",
                    "level": _level(level),
                    "intensity": at,
                    "speed": min(at * level.bytes_per_second, ceilings.flops_per_second),
                    "said": f"ceilings: {si(ceilings.flops_per_second, 'FLOP/s')}, {_level(level)}",
                }


def bandwidth_rows(view: View) -> Iterator[Row]:
    """Give the roles without FLOPs: their only ceilings are the bandwidths, in bytes/s."""
    for each, ceilings, profile in _roofed(view):
        points = [p for p in role_points(profile, each.part.cost) if not p.intensity]
        for point in points:
            yield of_network(each) | {
                "part": "role",
                "role": point.role,
                "group": group_of(point.role),
                "speed": point.bytes_per_second,
                "share": point.share,
                "said": f"{point.role}: {si(point.bytes_per_second, 'B/s')}, "
                f"{percent(point.share)} of the operators' time",
            }
        # A line of a chart belongs to no role; it has the first one's, so as to take no row.
        for level in ceilings.levels if points else ():
            yield of_network(each) | {
                "part": "ceiling",
                "role": points[0].role,
                "level": _level(level),
                "speed": level.bytes_per_second,
                "said": _level(level),
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
        base.mark_line(aria=False, color=look.MUTED)
        .encode(strokeDash=encodings.dashed("level"))
        .transform_filter(_CEILINGS),
        encodings.dots(base.transform_filter(_ROLES), drawn),
        height=look.HEIGHT,
    )


def bandwidth_chart(drawn: Sequence[Row]) -> encodings.Layers:
    """Draw roles that count no FLOPs by the bytes they move per second, beside measured copies."""
    base = encodings.chart().encode(
        x=encodings.logarithmic(
            "speed", "X", "bytes moved per second (lines: copies)", f"{look.SI} + 'B/s'"
        )
    )
    roles = base.encode(y=encodings.names("role", sort="-x")).transform_filter(_ROLES)
    return encodings.layered(
        base.mark_rule(aria=False, color=look.MUTED, strokeWidth=2)
        .encode(strokeDash=encodings.dashed("level"))
        .transform_filter(_CEILINGS),
        encodings.dots(roles, drawn),
        usermeta=encodings.lines("role"),
    )


#: Rows of charts that are roles, and those that are lines.
_ROLES, _CEILINGS = "datum.part === 'role'", "datum.part === 'ceiling'"


def _level(level: Level) -> str:
    """Name a level with its bandwidth."""
    return f"{level.name}, {si(level.bytes_per_second, 'B/s')}"


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
    shares = roof.memory_shares.values()
    told = dict.fromkeys(significant(share * 100, 2) for share in (min(shares), max(shares)))
    box.suptitle(f"{title}: memory bounds {' to '.join(told)} % of the roofline", fontweight="bold")
    return strip, main


def _strip(
    axes: Axes, points: list[RolePoint], roof: Ceilings, everything: list[RolePoint]
) -> None:
    """Draw what counts no FLOPs by the bytes it moves per second."""
    log_axis(axes, "y", lambda value: si(value, digits=1))
    axes.set(title="no FLOPs", ylabel="bytes moved per second", xlim=(0, 1), xticks=[])
    axes.set_xlabel("lines: copies, as beside")
    lines = [level.bytes_per_second for level in roof.levels]
    speeds = [point.bytes_per_second for point in everything if not point.intensity]
    axes.set_ylim(min([*speeds, *lines]) / 3, max(lines) * 4)
    for line, style in zip(lines, _LINES, strict=False):
        axes.axhline(line, color=MUTED, linewidth=1.4, linestyle=style)
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
    ridges = [roof.ridge(level) for level in roof.levels]
    left = min([*(point.intensity for point in counted), *ridges]) / 3
    right = max([*(point.intensity for point in counted), *ridges]) * 4
    low = min(point.flops_per_second for point in counted) / 4
    axes.set_xlim(left, right)
    axes.set_ylim(low, roof.flops_per_second * 3)
    for level, ridge, style in zip(roof.levels, ridges, _LINES, strict=False):
        xs = np.array([left, ridge, right])
        ys = np.minimum(xs * level.bytes_per_second, roof.flops_per_second)
        axes.plot(xs, ys, color=MUTED, linewidth=1.4, linestyle=style, zorder=1)
        axes.fill_between(xs, ys, low, color=INK, alpha=0.03, linewidth=0, zorder=0)
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


def _name_lines(axes: Axes, roof: Ceilings) -> list[Text]:
    """Name the lines of memory levels at their lower ends, as slanted; after the layout."""
    names = []
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    window = axes.get_window_extent()
    rise, run = window.height / math.log(high / low), window.width / math.log(right / left)
    for level in roof.levels:
        start = max(left, low / level.bytes_per_second) * 1.1
        name = axes.text(
            start,
            start * level.bytes_per_second * 1.04,
            _level(level),
            rotation=math.degrees(math.atan2(rise, run)),
            rotation_mode="anchor",
            fontsize=SMALL,
            color=MUTED,
            va="bottom",
        )
        name.set_in_layout(False)
        names.append(name)
    return names


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


def _label(
    figure: Figure, strip: Axes, main: Axes, points: list[RolePoint], names: Sequence[Text]
) -> None:
    """Name the roles, clear of the ceilings and of their `names`."""
    uncounted = [_mark_label(x, p.bytes_per_second, p) for x, p in _strip_places(points)]
    counted = [_mark_label(p.intensity, p.flops_per_second, p) for p in points if p.intensity]
    place_labels(figure, strip, uncounted, lines=_drawn(strip))
    place_labels(figure, main, counted, avoid=names, lines=_drawn(main))


def _drawn(axes: Axes) -> list[Polyline]:
    """Give the lines of the ceilings, those across the whole axes by their ends in it.

    What is written level along them counts as a line, too.
    """
    left, right = axes.get_xlim()
    lines = [
        [(min(max(x, left), right), y) for x, y in np.asarray(line.get_xydata(), dtype=float)]
        for line in axes.lines
    ]
    level = [text for text in axes.texts if not text.get_rotation()]
    boxes = [text.get_window_extent().transformed(axes.transData.inverted()) for text in level]
    return lines + [[(box.x0, y), (box.x1, y)] for box in boxes for y in (box.y0, box.y1)]


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
    alt="Roles in the roofline",
    draw=draw,
    charts=(
        ChartKind(
            "roofline",
            "Roles in the roofline, a line per level of memory",
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
