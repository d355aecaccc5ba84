"""Time of the operators by role: stacked per network, and beside the share of FLOPs."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from effprof.analysis.profiles import seconds_by_role
from effprof.analysis.role_points import flop_shares, time_shares
from effprof.core.units import duration, percent
from effprof.report.groups import ROLE_GROUPS, RoleGroup, group_of, grouped
from effprof.report.pictures.style import (
    INK,
    MUTED,
    PALE,
    SMALL,
    end_for_texts,
    lay_out,
    new_figure,
    plain_text,
    row_height,
    wrapped,
)
from effprof.report.view import RIVALS, View, ends
from effprof.study.results import Result, known

#: Networks drawn at most besides the reference; the table holds them all.
_MAX_NETWORKS = 5

#: A role that is drawn as part of "other" is named from this share of the time on.
_TOLD_FROM = 0.1

#: Name of the group of all roles that have none of their own.
_LAST = ROLE_GROUPS[-1].name

#: Inches: height of a bar's row, and of what surrounds the rows of one panel.
_ROW, _FRAME = 0.3, 0.8

#: Segments narrower than this share of the axis carry no text.
_NARROW = 0.065

#: Perceived brightness below which text on a colour is white (ITU-R BT.601 weights).
_DARK = 0.5


def draw_role_time(view: View) -> Figure | None:
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
        _frame(absolute, order, f"batch {size}: time of the operators per image")
        absolute.xaxis.set_major_formatter(lambda value, _: duration(value, 2) if value else "0")
        _frame(shares, order, f"batch {size}: share of it")
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


def draw_flops_beside_time(view: View) -> Figure | None:
    """Draw for the subject and the reference the share of FLOPs beside that of time, by role."""
    size = max(view.batch_sizes, default=0)
    shares = [
        (each.label, grouped(flop_shares(each.part.cost)), grouped(time_shares(profile)))
        for label in view.telling()
        for each, profile in view.profiled
        if each.label == label and each.batch_size == size
        if each.part.cost is not None
    ]
    if not shares:
        return None
    groups = [g for g in ROLE_GROUPS if any(g.name in time for *_, time in shares)][::-1]
    figure = new_figure(2.0 + 4.6 * len(shares), 1.7 + 0.36 * len(groups))
    panels = figure.subplots(1, len(shares), sharex=True, sharey=True, squeeze=False)[0]
    for axes, (label, flops, time) in zip(panels, shares, strict=True):
        _pairs(axes, groups, flops, time)
        _frame(axes, [group.name for group in groups], f"{label}, batch {size}")
    panels[0].set_xlim(0, 1.18)
    panels[0].xaxis.set_major_formatter(PercentFormatter(1.0))
    panels[0].set_xticks([0, 0.25, 0.5, 0.75, 1])
    figure.suptitle(f"FLOPs are not time\n{view.caption}")
    figure.legend(
        handles=[
            Patch(facecolor=PALE, label="share of FLOPs"),
            Patch(facecolor=MUTED, label="share of the operators' time; colour = role"),
        ],
        loc="outside lower center",
        ncols=2,
        frameon=False,
    )
    return figure


def _pairs(
    axes: Axes, groups: list[RoleGroup], flops: dict[str, float], time: dict[str, float]
) -> None:
    for y, group in enumerate(groups):
        of_flops, of_time = flops.get(group.name, 0.0), time.get(group.name, 0.0)
        axes.barh(y + 0.2, of_flops, height=0.34, color=PALE)
        axes.barh(y - 0.2, of_time, height=0.34, color=group.colour)
        if group.name in time:
            texts = ((y + 0.2, of_flops, MUTED), (y - 0.2, of_time, INK))
            for place, share, colour in texts:
                axes.annotate(
                    percent(share) if share else "none",
                    (share, place),
                    xytext=(3, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=SMALL,
                    color=colour,
                ).set_in_layout(False)


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


def _frame(axes: Axes, names: list[str], title: str) -> None:
    axes.set_yticks(range(len(names)), map(wrapped, names))
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    axes.set_title(title, loc="left")


def _is_dark(colour: str) -> bool:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue < _DARK
