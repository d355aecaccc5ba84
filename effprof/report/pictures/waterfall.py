"""The waterfall: from the promised to the realised speed-up, one bar per cause."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from effprof.analysis.split import Cause, Factor, Split
from effprof.core.units import percent, times
from effprof.report.phrases import CAUSE_WORDS, factor_text, roles_text, top_roles
from effprof.report.pictures.charts import encodings, look
from effprof.report.pictures.charts.chart import A_PROFILE, BY_CELL, ChartKind
from effprof.report.pictures.picture_kind import PictureKind
from effprof.report.pictures.row import Row, of_network
from effprof.report.pictures.style import (
    CAUSE_COLOURS,
    INK,
    MUTED,
    PALE,
    SMALL,
    lay_out,
    new_figure,
    plain_text,
    speed_up_axis,
)
from effprof.report.view import View, ends
from effprof.study.selection import telling

#: More networks make the picture too long; the table holds them all.
MAX_NETWORKS = 4

#: Of them, networks of other families than the subject's.
_RIVALS = 1

#: Columns of panels -> width of one in inches: a single one has room for text beside all bars.
_WIDTHS = {1: 7.0, 2: 5.6}

#: Columns of panels -> roles that are named beside a bar.
_ROLES = {1: 2, 2: 1}

#: Inches: height of a network's row of panels, and of what surrounds them.
_ROW, _FRAME = 1.75, 1.3

#: Height of a bar where rows are 1 apart.
_BAR = 0.66

#: Points between a bar and its text.
_APART = 5.0

#: The axis is lengthened in such steps, to at most this multiple of its first length more.
_STEP, _FARTHEST = 1.1, 2.0

#: Hatch of a factor that is won, not lost.
_WON = "////"

#: Names of the first and the last row, which are speed-ups; between them stand the causes.
PROMISED, REALISED = "promised by FLOPs", "realised"


def draw(view: View) -> Figure | None:
    """Draw a row of panels per network and a column per end of the batch sizes."""
    splits = {
        (each.label, each.batch_size): each.split
        for each in view.results
        if isinstance(each.split, Split)
    }
    found = [each for each in view.results if (each.label, each.batch_size) in splits]
    labels = telling(found, view.setting.reference, MAX_NETWORKS, _RIVALS)
    if not labels:
        return None
    causes = tuple(next(iter(splits.values())).factors)
    sizes = ends(sorted({size for _, size in splits}))
    figure = new_figure(1.4 + _WIDTHS[len(sizes)] * len(sizes), _FRAME + _ROW * len(labels))
    panels = figure.subplots(len(labels), len(sizes), sharex=True, sharey=True, squeeze=False)
    low, high = _limits([each for (label, _), each in splits.items() if label in labels])
    texts: list[_BarText] = []
    for label, line in zip(labels, panels, strict=True):
        for size, axes in zip(sizes, line, strict=True):
            speed_up_axis(axes, low, high)
            _begin(axes, f"{label}, batch {size}", causes)
            texts += _bars(axes, splits.get((label, size)), _ROLES[len(sizes)])
    for axes in panels[-1]:
        axes.set_xlabel(f"speed-up over {view.reference_label}")
    figure.suptitle(
        f"Where the speed-up that FLOPs promise over {view.reference_label} goes\n{view.caption}"
    )
    # A single column of panels has no room for two entries side by side.
    columns = min(2, len(sizes))
    figure.legend(handles=_legend(causes), loc="outside lower center", ncols=columns, frameon=False)
    lay_out(figure)  # lays out, so that widths of texts and panels are known
    high = _end(texts, low, high)
    for axes in panels.flatten():
        speed_up_axis(axes, low, high)
    for text in texts:
        text.write()
    return figure


def rows(view: View) -> Iterator[Row]:
    """Give the steps from promise to realised of every cell that is split, as ratios."""
    for each in view.results:
        steps = _steps(each.split) if isinstance(each.split, Split) else ()
        for step, start, end, short in steps:
            yield of_network(each) | {
                "step": step,
                "start": start,
                "end": end,
                "reach": max(1.0, start, end),
                "short": short,
                "said": f"{step}: {short}",
            }


def chart(_: Sequence[Row]) -> encodings.Layers:
    """Draw the steps from the promised to the realised speed-up."""
    base = encodings.chart().encode(y=encodings.names("step"))
    colours = {PROMISED: look.PALE, **CAUSE_COLOURS, REALISED: look.INK}
    return encodings.layered(
        base.mark_bar(height={"band": 0.7}).encode(
            x=encodings.speed_up("start", look.ROOM_FOR_ROLES),
            x2="end:Q",
            color=encodings.coloured("step", colours, legend=False),
            tooltip=encodings.SAID_ONLY,
            description=encodings.DESCRIBED,
        ),
        encodings.text_behind(base),
        encodings.one(),
        usermeta=encodings.lines("step"),
    )


def _begin(axes: Axes, title: str, causes: tuple[Cause, ...]) -> None:
    """Name the rows of a panel."""
    names = (PROMISED, *causes, REALISED)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    axes.axvline(1, color=INK, linewidth=0.8)
    axes.set_title(title, loc="left", fontweight="bold")


def _bars(axes: Axes, split: Split | None, roles: int) -> "list[_BarText]":
    """Draw the bars of a network; give what is to be written beside them, with so many roles."""
    if split is None:
        axes.text(0.5, 0.5, "not split", transform=axes.transAxes, color=MUTED, fontsize=SMALL)
        return []
    level = split.promise
    texts = [_bar(axes, 0, (1.0, level), PALE, times(level))]
    for place, (cause, factor) in enumerate(split.factors.items(), start=1):
        axes.plot([level, level], [place - 1 + _BAR / 2, place + _BAR / 2], color=MUTED, lw=0.8)
        after = level / factor.whole.value
        won = after > level
        text = _text(factor, roles)
        texts.append(_bar(axes, place, (level, after), CAUSE_COLOURS[cause], text, won))
        level = after
    last = len(split.factors) + 1
    axes.plot([level, level], [last - 1 + _BAR / 2, last + _BAR / 2], color=MUTED, lw=0.8)
    texts.append(_bar(axes, last, (1.0, split.realised.value), INK, _arrives(split)))
    return texts


def _bar(
    axes: Axes, place: int, ends: tuple[float, float], colour: str, text: str, won: bool = False
) -> "_BarText":
    low, high = min(ends), max(ends)
    axes.barh(
        place,
        high - low,
        left=low,
        height=_BAR,
        color=colour,
        edgecolor="white",
        linewidth=0,
        hatch=_WON if won else None,
        zorder=3,
    )
    return _BarText(axes, place, (low, high), text, "bold" if colour == INK else "normal")


def _text(factor: Factor, roles: int) -> str:
    """Write a factor and the roles that move it most."""
    named = plain_text(roles_text(top_roles(factor, roles)))
    return f"{factor_text(factor.whole)}{f'   {named}' if named else ''}"


@dataclass(frozen=True, slots=True)
class _BarText:
    """What is written beside the bar at `place`, right of it where there is room, else left."""

    axes: Axes
    place: int
    ends: tuple[float, float]
    text: str
    weight: str

    def width(self) -> float:
        """Width with its distances to bar and edge, in pixels."""
        probe = self.axes.text(
            0, 0, self.text, fontsize=SMALL, fontweight=self.weight, transform=None
        )
        extent: float = probe.get_window_extent().width
        probe.remove()
        return extent + 2 * _APART * self.axes.figure.dpi / 72

    def side(self, width: float, low: float, high: float) -> tuple[float, str] | None:
        """Give where it starts and the side it leans to on an axis, None where it fits nowhere."""
        left, right = self.ends
        spots = (
            (max(1.0, right), high, "left"),
            (1.0, left, "right"),  # between the line at 1x and the bar
            (low, left, "right"),  # across that line, which gives way
        )
        whole = self.axes.get_window_extent().width / math.log(high / low)
        for start, end, lean in spots:
            if end > start and math.log(end / start) * whole >= width:
                return (start if lean == "left" else end), lean
        return None

    def write(self) -> None:
        """Write it into the axis as it is now; right of the bar where it fits nowhere."""
        found = self.side(self.width(), *self.axes.get_xlim())
        start, lean = found or (max(1.0, self.ends[1]), "left")
        self.axes.annotate(
            self.text,
            (start, self.place),
            xytext=(_APART if lean == "left" else -_APART, 0),
            textcoords="offset points",
            ha=lean,
            va="center",
            fontsize=SMALL,
            fontweight=self.weight,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1} if lean == "right" else None,
            zorder=4,
        ).set_in_layout(False)


def _end(texts: list[_BarText], low: float, high: float) -> float:
    """Move the end of the axis out until every text has room; so far and no farther."""
    widths = [text.width() for text in texts]
    farthest = high * (high / low) ** _FARTHEST
    while high < farthest and not all(
        text.side(width, low, high) for text, width in zip(texts, widths, strict=True)
    ):
        high *= _STEP
    return high


def _limits(splits: list[Split]) -> tuple[float, float]:
    """Give the ends of an axis with all bars, up to twice the largest speed-up."""
    levels = [1.0]
    for split in splits:
        levels.append(split.promise)
        for factor in split.factors.values():
            levels.append(levels[-1] / factor.whole.value)
    return min(levels) / 1.25, max(levels) * 2


def _legend(causes: tuple[Cause, ...]) -> list[Patch]:
    marks = [
        Patch(facecolor=CAUSE_COLOURS[cause], label=f"{cause}: {CAUSE_WORDS[cause].explained}")
        for cause in causes
    ]
    won = Patch(
        facecolor=MUTED,
        edgecolor="white",
        hatch=_WON,
        label="hatched: × won, else ÷ lost; then the roles that do most",
    )
    return [*marks, won]


def _steps(split: Split) -> Iterator[tuple[str, float, float, str]]:
    """Name each step of a split with the speed-up before and after it, and its text."""
    level = split.promise
    yield PROMISED, 1.0, level, times(level)
    for cause, factor in split.factors.items():
        role = roles_text(top_roles(factor, 1))
        text = f"{factor_text(factor.whole)}{f' ({role})' if role else ''}"
        after = level / factor.whole.value
        yield cause, level, after, text
        level = after
    yield REALISED, 1.0, split.realised.value, _arrives(split)


def _arrives(split: Split) -> str:
    """Write the realised speed-up, and the part of the promise that it is."""
    share = percent(split.realised.value / split.promise)
    return f"{times(split.realised.value)}: {share} of the promise arrives"


KIND = PictureKind(
    stem="waterfall",
    alt="Where the promised speed-up went",
    draw=draw,
    charts=(
        ChartKind(
            "waterfall",
            "Where the promised speed-up went",
            rows,
            chart,
            BY_CELL,
            takes=f"{A_PROFILE} of the network and of the reference",
        ),
    ),
    inference=True,
)
