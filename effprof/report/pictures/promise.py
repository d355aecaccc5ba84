"""Promised against realised speed-up, one bar of each per network."""

from collections.abc import Iterable, Iterator, Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from effprof.core.units import estimate_text, percent, times
from effprof.report.families import look_of
from effprof.report.pictures.charts import encodings, look
from effprof.report.pictures.charts.chart import ChartKind
from effprof.report.pictures.picture_kind import PictureKind
from effprof.report.pictures.row import Row, of_cell
from effprof.report.pictures.style import (
    INK,
    MUTED,
    PALE,
    SMALL,
    end_for_texts,
    lay_out,
    new_figure,
    row_height,
    speed_up_axis,
    wrapped,
)
from effprof.report.text import listed
from effprof.report.view import View, chosen
from effprof.study.results import Result
from effprof.study.selection import telling
from effprof.study.setting import arrived_of, promise_of, reach_of, realised_of

#: Height of one network's row and of what surrounds the rows, in inches.
_ROW, _FRAME = 0.27, 1.5

#: Networks that a picture shows: more are too high for a screen. Tables and the chart have all.
MOST_NETWORKS = 24

#: Of these, networks of other families than the subject's.
_RIVALS = 10


def draw(view: View) -> Figure | None:
    """Draw bars from 1x, the reference, on a log axis; None without a single comparison."""
    compared = _shown(view.setting.compared, view.setting.reference)
    if not compared:
        return None
    ranked = sorted(compared, key=lambda each: (promise_of(each), each.label))
    order = list(dict.fromkeys(each.label for each in ranked))
    sizes = chosen(sorted({each.batch_size for each in compared}))
    figure = new_figure(
        2.2 + 2.7 * max(2, len(sizes)), _FRAME + row_height(order, _ROW) * max(4, len(order))
    )
    panels = figure.subplots(1, len(sizes), sharex=True, sharey=True, squeeze=False)[0]
    low = min(1.0, *map(_least, compared)) / 1.1
    high = max(1.0, *map(reach_of, compared)) * 1.1
    for axes, size in zip(panels, sizes, strict=True):
        speed_up_axis(axes, low, high)
        _frame(axes, order)
        _bars(axes, [each for each in compared if each.batch_size == size], order)
        _fates(axes, view.lost_at(size), order)
        axes.set_title(f"batch {size}")
        axes.set_xlabel(f"speed-up over {view.reference_label}")
    planned = len({each.label for each in view.setting.compared})
    left_out = f"; {len(order)} of {planned} networks" if len(order) < planned else ""
    figure.suptitle(
        f"How much of the speed-up that FLOPs promise over {view.reference_label} arrives\n"
        f"{view.caption}{left_out}"
    )
    figure.legend(handles=_legend(compared), loc="outside lower center", ncols=2, frameon=False)
    lay_out(figure)  # lays out, so that widths of texts and panels are known
    end = max(end_for_texts(axes, axes.texts) for axes in panels)
    for axes in panels:
        speed_up_axis(axes, low, end)
    return figure


def _shown(compared: Sequence[Result], reference: str) -> list[Result]:
    """Keep the networks that tell most where there are too many for a picture."""
    labels = telling(compared, reference, MOST_NETWORKS, _RIVALS)
    return [each for each in compared if each.label in labels]


def rows(view: View) -> Iterator[Row]:
    """Give promised and realised speed-up of every network but the reference, as ratios."""

    def place(each: Result) -> tuple[float, str]:
        return promise_of(each), each.label

    for each in sorted(view.setting.compared, key=place, reverse=True):
        arrived, realised = percent(arrived_of(each)), realised_of(each)
        yield of_cell(each) | {
            "family": each.family,
            "promise": promise_of(each),
            "realised": realised.value,
            "low": realised.low,
            "high": realised.high,
            "reach": max(1.0, reach_of(each)),
            "short": _arrives(each),
            "said": f"promised {times(promise_of(each))}, realised "
            f"{estimate_text(realised, 'x')}: {arrived} arrives",
        }


def chart(drawn: Sequence[Row]) -> encodings.Layers:
    """Draw bars of the realised speed-up, with its interval, within those of the promised one."""
    base = encodings.chart().encode(y=encodings.names("network"))
    room = look.room([encodings.longest(drawn, "short")], "promise", "realised", "low")
    x = encodings.speed_up("promise", room)
    return encodings.layered(
        base.mark_bar(aria=False, height={"band": 0.8}, color=look.PALE).encode(
            x=x, x2=encodings.at(1)
        ),
        base.mark_bar(height={"band": 0.45}).encode(
            x="realised:Q",
            x2=encodings.at(1),
            color=encodings.family("color", drawn),
            tooltip=encodings.SAID,
            description=encodings.DESCRIBED,
        ),
        base.mark_rule(aria=False, color=look.INK).encode(x="low:Q", x2="high:Q"),
        encodings.text_behind(base),
        encodings.one(),
        usermeta=encodings.lines("network"),
    )


def _arrives(result: Result) -> str:
    """Write the realised speed-up, and the part of the promise that it is."""
    return f"{times(realised_of(result).value, 2)}, {percent(arrived_of(result))}"


def _least(result: Result) -> float:
    """Give the smallest speed-up among promise, realised and its interval."""
    realised = realised_of(result)
    return min(promise_of(result), realised.value, *(realised.interval or ()))


def _legend(compared: Sequence[Result]) -> list[Artist]:
    """Explain the bars: relatives share a colour, and an entry."""
    named: dict[str, list[str]] = {}
    for family in dict.fromkeys(each.family for each in compared):
        named.setdefault(look_of(family).colour, []).append(family)
    marks: list[Artist] = [Patch(facecolor=PALE, label="promised by FLOPs")]
    marks += [
        Patch(facecolor=colour, label=f"realised: {listed(families)}")
        for colour, families in named.items()
    ]
    if any(realised_of(each).bounded for each in compared):
        marks.append(Line2D([], [], color=INK, linewidth=1.2, label="95 % interval"))
    return marks


def _frame(axes: Axes, order: list[str]) -> None:
    axes.set_yticks(range(len(order)), map(wrapped, order))
    axes.set_ylim(-0.7, len(order) - 0.3)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    axes.axvline(1, color=INK, linewidth=0.8)


def _bars(axes: Axes, shown: Iterable[Result], order: list[str]) -> None:
    for each in shown:
        y, realised = order.index(each.label), realised_of(each)
        axes.barh(y, promise_of(each) - 1, left=1, height=0.78, color=PALE)
        colour = look_of(each.family).colour
        axes.barh(y, realised.value - 1, left=1, height=0.42, color=colour)
        axes.plot([realised.low, realised.high], [y, y], color=INK, linewidth=1.2)
        axes.annotate(
            _arrives(each),
            (max(1.0, reach_of(each)), y),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL,
        ).set_in_layout(False)


def _fates(axes: Axes, lost: dict[str, str], order: list[str]) -> None:
    """Say in the row of a network why it has no bar."""
    for label in order:
        if label in lost:
            axes.annotate(
                lost[label],
                (1, order.index(label)),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=SMALL,
                color=MUTED,
            ).set_in_layout(False)


KIND = PictureKind(
    stem="promise",
    alt="Promised and realised speed-up",
    draw=draw,
    charts=(
        ChartKind(
            "promise",
            "Promised and realised speed-up",
            rows,
            chart,
            takes="static costs, and the speed of the reference beside that of another network",
        ),
    ),
)
