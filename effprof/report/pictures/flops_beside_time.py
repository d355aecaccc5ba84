"""The share of FLOPs beside that of time, by role."""

from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from effprof.analysis.role_points import flop_shares, time_shares
from effprof.core.units import percent
from effprof.report.groups import ROLE_GROUPS, RoleGroup, grouped
from effprof.report.pictures.charts import encodings, look
from effprof.report.pictures.charts.chart import A_PROFILE, BY_CELL, ChartKind
from effprof.report.pictures.panel import name_rows
from effprof.report.pictures.picture_kind import PictureKind
from effprof.report.pictures.row import Row, of_network, profiled
from effprof.report.pictures.style import COLOURS, INK, MUTED, PALE, SMALL, new_figure
from effprof.report.view import View

#: What the bars of the chart are shares of.
SHARES = ("share of FLOPs", "share of time")


def draw(view: View) -> Figure | None:
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
        name_rows(axes, [group.name for group in groups], f"{label}, batch {size}")
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


def rows(view: View) -> Iterator[Row]:
    """Give the shares of FLOPs and of time of every group of roles."""
    for each, profile in profiled(view):
        if each.part.cost is None:
            continue
        both = grouped(flop_shares(each.part.cost)), grouped(time_shares(profile))
        for name in (group.name for group in ROLE_GROUPS if group.name in both[1]):
            for kind, shares in zip(SHARES, both, strict=True):
                share = shares.get(name, 0.0)
                text = percent(share) if share else "none"
                yield of_network(each) | {
                    "group": name,
                    "kind": kind,
                    "share": share,
                    "short": text,
                    "said": f"{name}, {kind}: {text}",
                }


def chart(_: Sequence[Row]) -> encodings.Layers:
    """Draw for each group of roles its share of the FLOPs beside its share of the time."""
    base = encodings.chart().encode(
        y=encodings.names("group"),
        yOffset=encodings.beside("kind", SHARES),
        x=encodings.numbers("share", "X", "share", encodings.PERCENTS, domain=[0, 1.1]),
    )
    colours = dict(zip(SHARES, (look.PALE, COLOURS[0]), strict=True))
    return encodings.layered(
        base.mark_bar().encode(
            color=encodings.coloured("kind", colours),
            tooltip=encodings.SAID_ONLY,
            description=encodings.DESCRIBED,
        ),
        base.mark_text(aria=False, align="left", dx=4).encode(text="short:N"),
        usermeta=encodings.lines("group", "kind", height=look.OFFSET_HEIGHT),
    )


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


KIND = PictureKind(
    stem="flops-beside-time",
    alt="Share of FLOPs and of time by role",
    draw=draw,
    charts=(
        ChartKind(
            "flops-beside-time",
            "Share of FLOPs and of time by role",
            rows,
            chart,
            BY_CELL,
            takes=f"{A_PROFILE}, and static costs",
        ),
    ),
    inference=True,
)
