"""Which static cost predicts time: ranks, fit and slope with their bootstrap intervals."""

from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from effprof.analysis.correlation import PREDICTORS, Statistic
from effprof.core.units import estimate_text
from effprof.report.phrases import STATISTIC_WORDS
from effprof.report.pictures.charts import encodings, look
from effprof.report.pictures.charts.chart import ChartKind
from effprof.report.pictures.picture_kind import PictureKind
from effprof.report.pictures.row import Row
from effprof.report.pictures.style import COLOURS, INK, MUTED, new_figure
from effprof.report.view import View, chosen
from effprof.study.predictors import PERFECT, Prediction, predictions

#: Height of one row in inches, and the part of it that the batch sizes share.
ROW_HEIGHT = 0.55
SPREAD = 0.6

#: Markers of the batch sizes, in their order.
_MARKERS = ("o", "s", "^", "D")


def draw(view: View) -> Figure | None:
    """Draw each predictor's statistics per batch size; None with too few models."""
    found = predictions(view.results)
    sizes = chosen(sorted({each.batch_size for each in found}))
    if not sizes:
        return None
    names = [name for name in PREDICTORS if any(each.predictor == name for each in found)]
    figure = new_figure(11, 1.9 + ROW_HEIGHT * len(names))
    panels = figure.subplots(1, len(STATISTIC_WORDS), sharey=True)
    for axes, (statistic, title) in zip(panels, STATISTIC_WORDS.items(), strict=True):
        axes.axvline(PERFECT, color=MUTED, linewidth=1, linestyle="--")
        for place, size in enumerate(sizes):
            own = [each for each in found if each.batch_size == size]
            _draw_batch(axes, own, statistic, (place, len(sizes)))
        axes.set_title(title)
        axes.grid(axis="x")
    panels[0].set_yticks(range(len(names)), [PREDICTORS[name] for name in names])
    panels[0].invert_yaxis()
    figure.suptitle(
        "What predicts time per image? A correlation over a whole zoo flatters\n"
        f"{view.caption}; bars are 95 % intervals, families of networks resampled"
    )
    handles, labels = panels[0].get_legend_handles_labels()
    perfect_line = panels[0].lines[0]
    figure.legend(
        [*handles, perfect_line],
        [*labels, "a perfect predictor"],
        loc="outside lower center",
        ncols=len(sizes) + 1,
        frameon=False,
    )
    return figure


def rows(view: View) -> Iterator[Row]:
    """Give how well each static cost predicts time, with its interval."""
    for found in predictions(view.results):
        cost = PREDICTORS[found.predictor]
        for statistic, title in STATISTIC_WORDS.items():
            told = found.statistics[statistic]
            # Of few families there is no interval: a line without length, beneath the point.
            ends = (told.low, told.high) if told.bounded else (told.value, told.value)
            yield {
                "batch": found.batch_size,
                "statistic": title,
                "predictor": cost,
                "value": told.value,
                "low": ends[0],
                "high": ends[1],
                "perfect": PERFECT,
                "said": f"{cost}, {title}: {estimate_text(told)}, over {found.models} networks",
            }


def chart(_: Sequence[Row]) -> encodings.Layers:
    """Draw each statistic of each predictor with its interval, beside a perfect predictor's."""
    base = encodings.chart().encode(
        y=encodings.names("statistic"), yOffset=encodings.beside("predictor")
    )
    colour = encodings.told_apart("predictor")
    return encodings.layered(
        encodings.chart()
        .mark_rule(aria=False, color=look.MUTED, strokeDash=[4, 4])
        .encode(x="perfect:Q"),
        base.mark_rule(aria=False, strokeWidth=2).encode(
            x=encodings.numbers(
                "low", "X", "value, with 95 % interval (dashed: a perfect predictor)"
            ),
            x2="high:Q",
            color=colour,
        ),
        base.mark_point(filled=True, size=70, opacity=1).encode(
            x="value:Q", color=colour, tooltip=encodings.SAID_ONLY, description=encodings.DESCRIBED
        ),
        usermeta=encodings.lines("statistic", "predictor", height=look.OFFSET_HEIGHT),
    )


def _draw_batch(
    axes: Axes, found: Sequence[Prediction], statistic: Statistic, place_of_all: tuple[int, int]
) -> None:
    place, count = place_of_all
    order = {name: row for row, name in enumerate(PREDICTORS)}
    offset = (place - (count - 1) / 2) * SPREAD / max(count, 1)
    told = [each.statistics[statistic] for each in found]
    axes.errorbar(
        [each.value for each in told],
        [order[each.predictor] + offset for each in found],
        # A percentile interval of few networks may lie beside the value.
        xerr=[
            [max(each.value - each.low, 0) for each in told],
            [max(each.high - each.value, 0) for each in told],
        ],
        fmt=_MARKERS[place % len(_MARKERS)],
        color=COLOURS[place % len(COLOURS)],
        ecolor=COLOURS[place % len(COLOURS)],
        markeredgecolor=INK,
        markersize=5,
        capsize=2,
        linewidth=1.2,
        label=f"batch {found[0].batch_size}",
    )


KIND = PictureKind(
    stem="predictors",
    alt="What predicts time per image",
    draw=draw,
    charts=(
        ChartKind(
            "predictors",
            "What predicts the time",
            rows,
            chart,
            crowd=True,
            takes="static costs of more networks",
        ),
    ),
)
