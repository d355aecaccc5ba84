"""The regime map: what sets the pace of every network at every batch size."""

from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.text import Text

from effprof.analysis.regimes import REGIMES, Regime, RegimeName
from effprof.core.units import percent, significant
from effprof.report.pictures.charts import encodings, look
from effprof.report.pictures.charts.chart import A_PROFILE, SWEPT, ChartKind
from effprof.report.pictures.picture_kind import PictureKind
from effprof.report.pictures.row import Row, of_cell
from effprof.report.pictures.style import (
    MUTED,
    PALE,
    REGIME_COLOURS,
    SMALL,
    new_figure,
    row_height,
    wrapped,
)
from effprof.report.view import View

#: Inches: width of a batch size's column, height of a network's row, and what surrounds them.
_COLUMN, _ROW, _SIDE, _FRAME = 1.25, 0.34, 2.6, 2.1

#: The map is at least as wide as this many columns, so that its title fits.
_LEAST_COLUMNS = 3

_IN_A_CELL = (
    "In a cell: the share of the roofline that memory bounds, over the levels of memory;\n"
    "where the time between operators sets the pace, the share of the step that they are busy."
)


def draw(view: View) -> Figure | None:
    """Draw a grid of networks over batch sizes; None for few of them, or without a regime."""
    if not view.is_swept:
        return None
    regimes = {
        (each.label, each.batch_size): regime
        for each in view.results
        if isinstance(regime := each.part.regime, Regime)
    }
    if not regimes:
        return None
    labels = list(dict.fromkeys(label for label, _ in regimes))[::-1]
    sizes = view.batch_sizes
    width = _SIDE + _COLUMN * max(_LEAST_COLUMNS, len(sizes))
    figure = new_figure(max(7.0, width), _FRAME + row_height(labels, _ROW) * max(3, len(labels)))
    axes = figure.subplots()
    lost = {size: view.lost_at(size) for size in sizes}
    for y, label in enumerate(labels):
        for x, size in enumerate(sizes):
            known = regimes.get((label, size))
            if known is None:
                _write(axes, x, y, lost[size].get(label, "not known"), MUTED)
            else:
                _cell(axes, x, y, known)
    axes.set_xlim(-0.5, len(sizes) - 0.5)
    axes.set_ylim(-0.5, len(labels) - 0.5)
    axes.set_xticks(range(len(sizes)), map(str, sizes))
    axes.set_yticks(range(len(labels)), map(wrapped, labels))
    axes.tick_params(length=0)
    axes.set_xlabel("images per step")
    for spine in axes.spines.values():
        spine.set_visible(False)
    figure.suptitle(f"What sets the pace\n{view.caption}")
    legend = figure.legend(
        handles=_legend({regime.name for regime in regimes.values()}),
        loc="outside lower center",
        ncols=4,
        frameon=False,
        title=_IN_A_CELL,
        title_fontsize=SMALL,
    )
    legend.get_title().set_horizontalalignment("center")
    return figure


def rows(view: View) -> Iterator[Row]:
    """Give the regime of every cell that has one, where there are enough batch sizes."""
    if not view.is_swept:
        return
    for each in view.results:
        regime = each.part.regime
        if isinstance(regime, Regime):
            yield of_cell(each) | {
                "regime": regime.name,
                "borderline": regime.borderline,
                "short": _share(regime),
                "said": f"{regime.name}: {regime.why}",
            }


def chart(_: Sequence[Row]) -> encodings.Layers:
    """Draw what sets the pace, network by batch size."""
    base = encodings.chart().encode(
        x=encodings.batch_columns(),
        y=encodings.names("network"),
    )
    return encodings.layered(
        base.mark_rect(stroke=look.PAGE, strokeWidth=2).encode(
            color=encodings.coloured("regime", REGIME_COLOURS),
            tooltip=encodings.SAID,
            description=encodings.DESCRIBED,
        ),
        base.mark_text(aria=False, color="black").encode(text="short:N"),
        base.mark_text(aria=False, color="black", dx=48)
        .transform_filter("datum.borderline")
        .encode(text=encodings.always("≈"), tooltip=encodings.always("borderline")),
        usermeta=encodings.lines("network"),
    )


def _share(regime: Regime) -> str:
    """Write the share that tells the regime."""
    seen = regime.evidence
    if seen.waits:
        return f"busy {percent(seen.busy_share)}"
    shares = seen.memory_shares.values()
    told = dict.fromkeys(significant(share * 100, 2) for share in (min(shares), max(shares)))
    return f"memory {'–'.join(told)} %"


def _cell(axes: Axes, x: int, y: int, regime: Regime) -> None:
    axes.add_patch(
        Rectangle(
            (x - 0.48, y - 0.44),
            0.96,
            0.88,
            facecolor=REGIME_COLOURS[regime.name],
            edgecolor="white",
            hatch="///" if regime.borderline else None,
            linewidth=0,
        )
    )
    text = _write(axes, x, y, _share(regime), "black")
    if regime.borderline:
        text.set_bbox({"facecolor": REGIME_COLOURS[regime.name], "edgecolor": "none", "pad": 1.5})


def _write(axes: Axes, x: int, y: int, text: str, colour: str) -> Text:
    return axes.text(x, y, text, ha="center", va="center", fontsize=SMALL, color=colour)


def _legend(present: set[RegimeName]) -> list[Patch]:
    """Explain colours and the hatch."""
    marks = [
        Patch(facecolor=REGIME_COLOURS[rule.name], label=rule.name)
        for rule in REGIMES
        if rule.name in present
    ]
    hatched = Patch(facecolor=PALE, edgecolor="white", hatch="///", label="hatched: borderline")
    return [*marks, hatched]


KIND = PictureKind(
    stem="regimes",
    alt="What sets the pace, over batch size",
    draw=draw,
    charts=(
        ChartKind(
            "regimes",
            "What sets the pace, over batch size",
            rows,
            chart,
            by=(),
            takes=f"{SWEPT}, and {A_PROFILE}",
        ),
    ),
    inference=True,
)
