"""Time of the operators by role, stacked per network."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from effprof.analysis.profiles import seconds_by_role
from effprof.analysis.role_points import time_shares
from effprof.core.units import duration, percent
from effprof.report.groups import ROLE_GROUPS, group_of, grouped
from effprof.report.pictures.charts import encodings
from effprof.report.pictures.charts.chart import A_PROFILE, ChartKind
from effprof.report.pictures.panel import name_rows
from effprof.report.pictures.picture_kind import PictureKind
from effprof.report.pictures.row import Row, of_network, profiled
from effprof.report.pictures.style import (
    INK,
    SMALL,
    end_for_texts,
    lay_out,
    new_figure,
    plain_text,
    row_height,
)
from effprof.report.view import RIVALS, View, ends
from effprof.study.results import Result, known

#: Networks drawn at most besides the reference; the table holds them all.
_MAX_NETWORKS = 5

#: A role that is drawn as part of "other" is named from this share of the time on.
_TOLD_FROM = 0.1

#: Group -> its place in a stack.
_PLACES = {group.name: place for place, group in enumerate(ROLE_GROUPS)}

#: Name of the group of all roles that have none of their own.
_LAST = ROLE_GROUPS[-1].name

#: Inches: height of a bar's row, and of what surrounds the rows of one panel.
_ROW, _FRAME = 0.3, 0.8

#: Segments narrower than this share of the axis carry no text.
_NARROW = 0.065

#: Perceived brightness below which text on a colour is white (ITU-R BT.601 weights).
_DARK = 0.5


def draw(view: View) -> Figure | None:
    """Draw per end of the batch sizes the time per image and the shares, stacked by role."""
    labels = view.telling(_MAX_NETWORKS, RIVALS)
    there = [pair for pair in view.profiled if pair[0].label in labels]
    measured = {each.batch_size for each, _ in there}
    sizes = [size for size in ends(view.batch_sizes) if size in measured]
    if not sizes:
        return None
    order = labels[::-1]
    height = _FRAME + row_height(order, _ROW) * max(3, len(order))
    figure = new_figure(12.0, 1.2 + height * len(sizes))
    panels = figure.subplots(len(sizes), 2, sharey=True, squeeze=False, width_ratios=(1, 1))
    used: set[str] = set()
    for (absolute, shares), size in zip(panels, sizes, strict=True):
        own = [pair for pair in there if pair[0].batch_size == size]
        absolute.set_xlim(0, max(profile.op_seconds / size for _, profile in own))
        for each, profile in own:
            times = grouped(seconds_by_role(profile))
            used |= times.keys()
            y, total = order.index(each.label), profile.op_seconds
            _stack(absolute, y, {name: spent / size for name, spent in times.items()}, None)
            _stack(shares, y, {name: spent / total for name, spent in times.items()}, _NARROW)
            _end_text(absolute, y, total / size, each)
            _hidden(shares, y, time_shares(profile))
        name_rows(absolute, order, f"batch {size}: time of the operators per image")
        absolute.xaxis.set_major_formatter(lambda value, _: duration(value, 2) if value else "0")
        name_rows(shares, order, f"batch {size}: share of it")
        shares.set_xlim(0, 1)
        shares.xaxis.set_major_formatter(PercentFormatter(1.0))
    figure.suptitle(f"What the time is spent on\n{view.caption}")
    shown = [group for group in ROLE_GROUPS if group.name in used]
    figure.legend(
        handles=[Patch(facecolor=g.colour, label=g.name) for g in shown],
        loc="outside lower center",
        ncols=min(9, len(shown)),
        frameon=False,
    )
    lay_out(figure)  # lays out, so that widths of texts and panels are known
    for absolute, _ in panels:
        absolute.set_xlim(0, end_for_texts(absolute, absolute.texts))
    return figure


def rows(view: View) -> Iterator[Row]:
    """Give the operators' time per image in seconds, and the share of it, by group of roles."""
    for each, profile in profiled(view):
        total, size = profile.op_seconds, each.batch_size
        for name, seconds in grouped(seconds_by_role(profile)).items():
            share = seconds / total
            yield of_network(each) | {
                "group": name,
                "place": _PLACES[name],
                "seconds": seconds / size,
                "share": share,
                "said": f"{name}: {duration(seconds / size)} per image, {percent(share)} of "
                f"{duration(total / size)}",
            }


def chart(drawn: Sequence[Row]) -> encodings.Layers:
    """Stack the groups of roles of each network by their time per image."""
    return _stacks(encodings.numbers("seconds", "X", "time per image", encodings.SECONDS), drawn)


def share_chart(drawn: Sequence[Row]) -> encodings.Layers:
    """Stack the groups of roles of each network by their share of the time."""
    title = "share of the operators' time"
    return _stacks(encodings.numbers("share", "X", title, encodings.PERCENTS), drawn)


def _stack(axes: Axes, y: float, parts: dict[str, float], narrow: float | None) -> None:
    """Stack the groups in their order; segments wider than `narrow` carry their share."""
    left = 0.0
    for group in ROLE_GROUPS:
        width = parts.get(group.name, 0.0)
        if not width:
            continue
        axes.barh(y, width, left=left, height=0.74, color=group.colour, edgecolor="white", lw=0.5)
        if narrow is not None and width >= narrow:
            axes.text(
                left + width / 2,
                y,
                percent(width),
                ha="center",
                va="center",
                fontsize=SMALL,
                color="white" if _is_dark(group.colour) else INK,
            )
        left += width


def _end_text(axes: Axes, y: float, seconds: float, result: Result) -> None:
    axes.annotate(
        f"{duration(seconds)}, {percent(known(result.flop_invisible_share))} FLOP-invisible",
        (seconds, y),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=SMALL,
    ).set_in_layout(False)


def _hidden(axes: Axes, y: float, shares: Mapping[str, float]) -> None:
    """Name the largest role of those drawn as one with the last group, where it is large."""
    others = {role: share for role, share in shares.items() if group_of(role) == _LAST}
    role = max(others, key=others.__getitem__, default="")
    if role and role != _LAST and others[role] > _TOLD_FROM:
        axes.annotate(
            f"{plain_text(role)} {percent(others[role])}",
            (1, y),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL,
            annotation_clip=False,
        )


def _stacks(x: Any, drawn: Sequence[Row]) -> encodings.Layers:  # noqa: ANN401  # what Altair types so
    bars = (
        encodings.chart()
        .mark_bar()
        .encode(
            x=x,
            y=encodings.names("network"),
            color=encodings.role_colour(drawn),
            order="place:Q",
            tooltip=encodings.SAID_OF_NETWORK,
            description=encodings.DESCRIBED,
        )
    )
    return encodings.layered(bars, usermeta=encodings.lines("network"))


def _is_dark(colour: str) -> bool:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue < _DARK


KIND = PictureKind(
    stem="role-time",
    alt="Time of the operators by role",
    draw=draw,
    charts=(
        ChartKind(
            "role-time", "Time of the operators per image by role", rows, chart, takes=A_PROFILE
        ),
        ChartKind(
            "role-time-share",
            "Share of the operators' time by role",
            rows,
            share_chart,
            takes=A_PROFILE,
        ),
    ),
    inference=True,
)
