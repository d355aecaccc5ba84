"""The words that charts are written in: encodings, axes, marks and their looks."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from effprof.report.families import look_of
from effprof.report.groups import ROLE_GROUPS
from effprof.report.pictures.charts import look
from effprof.report.pictures.row import Row
from effprof.report.pictures.style import COLOURS

#: A finished drawing, as Altair's `layer` types it.
Layers = alt.LayerChart | alt.FacetChart

#: What pointing at a mark shows.
SAID = (
    alt.Tooltip("cell:N"),
    alt.Tooltip("said:N", title="measured"),
    alt.Tooltip("facts:N", title="network"),
)
SAID_ONLY = (alt.Tooltip("said:N", title="measured"),)
SAID_OF_NETWORK = (alt.Tooltip("network:N"), *SAID_ONLY)
#: What is read aloud of a mark.
DESCRIBED = alt.Description("said:N")
#: Rows of the network chosen on the page, and of the reference too.
CHOSEN = "datum.network === network"
NAMED = f"{CHOSEN} || datum.network === reference"
REFERENCE = "datum.network === reference"
#: Axes of seconds, of shares, and of names.
SECONDS = alt.Axis(labelExpr=look.SECONDS)
PERCENTS = alt.Axis(format=".0%", values=[0, 0.2, 0.4, 0.6, 0.8, 1])
NAMES = alt.Axis(labelLimit=230, ticks=False, domain=False, labelFontSize=12)


def chart() -> alt.Chart:
    """Begin a chart of the rows that the page fills in."""
    return alt.Chart(alt.NamedData("rows"))


def lines(*fields: str, height: int = look.ROW_HEIGHT) -> dict[str, Any]:
    """Tell the page how high the chart is: `height` for each combination of the fields' values."""
    return {"lines": fields, "height": height}


def names(field: str, sort: str | None = None) -> alt.Y:
    """Put names on the vertical axis: in the order of the rows, or as Vega-Lite's `sort` says."""
    return alt.Y(f"{field}:N", sort=sort, title=None, axis=NAMES)


def logarithmic(field: str, channel: str, title: str, format: str) -> Any:  # noqa: ANN401  # X or Y
    """Put numbers on a logarithmic axis; `format` is the expression that writes them."""
    scale = alt.Scale(type="log", nice=False, padding=12)
    axis = alt.Axis(labelExpr=format, tickCount=6, labelOverlap=True, gridOpacity=0.5)
    return getattr(alt, channel)(f"{field}:Q", title=title, scale=scale, axis=axis)


def speed_up(field: str, room: str) -> alt.X:
    """Put speed-ups on the horizontal axis, up to where the expression `room` says."""
    title = "speed-up over the reference"
    scale = alt.Scale(type="log", nice=False, domainMax=alt.ExprRef(room))
    axis = alt.Axis(
        labelExpr="format(datum.value, '~r') + 'x'",
        tickCount=6,
        labelOverlap=True,
        labelBound=True,
    )
    return alt.X(f"{field}:Q", title=title, scale=scale, axis=axis)


def role_colour(drawn: Sequence[Row]) -> alt.Color:
    """Colour by group of roles, as the pictures do; the legend names those that are there."""
    present = {row.get("group") for row in drawn}
    groups = [group for group in ROLE_GROUPS if group.name in present]
    domain, colours = [group.name for group in groups], [group.colour for group in groups]
    return alt.Color("group:N", scale=alt.Scale(domain=domain, range=colours), title=None)


def text_behind(base: alt.Chart, shorter: str = "short") -> Any:  # noqa: ANN401  # Altair's
    """Write `short` behind the longest of a row's bars, or `shorter` where it has no room."""
    text = alt.value(alt.ExprRef(look.fitting("short", shorter)))
    return base.mark_text(aria=False, align="left", dx=6).encode(x="reach:Q", text=text)


def longest(drawn: Sequence[Row], field: str) -> int:
    """Count the letters of the longest text of a field."""
    return max((len(str(row[field])) for row in drawn if field in row), default=0)


def one() -> Any:  # noqa: ANN401
    """Mark the speed of the reference."""
    return (
        alt.Chart(alt.NamedData("rows"))
        .mark_rule(aria=False, color=look.INK)
        .encode(x=alt.datum(1))
    )


def dots(base: alt.Chart, drawn: Sequence[Row]) -> Any:  # noqa: ANN401
    """Draw roles as dots in the colour of their group, as large as their share of the time."""
    return base.mark_circle(opacity=1, stroke=look.INK, strokeWidth=0.7).encode(
        size=alt.Size("share:Q", scale=alt.Scale(domain=[0, 1], range=[30, 1600]), legend=None),
        color=role_colour(drawn),
        tooltip=SAID_ONLY,
        description=DESCRIBED,
    )


def family(channel: str, drawn: Sequence[Row]) -> Any:  # noqa: ANN401  # a colour or a shape
    """Tell families of networks apart by one channel: `color`, `stroke` or `shape`.

    Each has its own look everywhere; the colour of the reference is that of text.
    """
    there = list(dict.fromkeys(str(each) for row in drawn if (each := row.get("family"))))
    if channel == "shape":
        shapes = [look_of(each).shape for each in there]
        return alt.Shape("family:N", scale=alt.Scale(domain=there, range=shapes), title=None)
    colours = alt.Scale(domain=there, range=[look_of(each).colour for each in there])
    kind = alt.Stroke if channel == "stroke" else alt.Color
    reference = {"test": REFERENCE, "value": look.INK}
    return kind("family:N", scale=colours, title=None, condition=reference)


def names_of_chosen(base: alt.Chart, dy: int) -> Layers:
    """Name the chosen network and the reference, where they are among the rows.

    Others are named by nothing: a layer without rows has no extent, of which Vega warns.
    """
    name = alt.condition(NAMED, alt.Text("network:N"), alt.value(""))
    return haloed(base, name, dy=dy, fontWeight="bold")


def haloed(base: alt.Chart, text: Any, **mark: Any) -> Layers:  # noqa: ANN401
    """Write text that stays readable on top of other marks."""
    halo = {"stroke": look.PAGE, "strokeWidth": 4, "color": look.PAGE}
    return alt.layer(
        *(base.mark_text(aria=False, **mark | own).encode(text=text) for own in (halo, {}))
    )


def layered(*layers: Any, **properties: Any) -> Layers:  # noqa: ANN401  # Altair's marks
    """Draw layers on top of each other, the last one in front.

    `properties` are those of the whole: Altair would copy every layer to be told them afterwards.
    """
    return alt.layer(*layers, **properties)


def at(place: float) -> Any:  # noqa: ANN401
    """Give a place on an axis that is the same for all rows."""
    return alt.datum(place)


def always(value: str) -> Any:  # noqa: ANN401
    """Give a text that is the same for all rows."""
    return alt.value(value)


def either(test: str, yes: str | float, no: str | float) -> Any:  # noqa: ANN401
    """Give a look by whether the expression `test` holds for a row."""
    return alt.condition(test, alt.value(yes), alt.value(no))


def numbers(
    field: str,
    channel: str,
    title: str,
    axis: alt.Axis | None = None,
    **scale: Any,  # noqa: ANN401  # what Vega-Lite's scales take
) -> Any:  # noqa: ANN401  # X or Y
    """Put numbers on a linear axis."""
    given = {"axis": axis, "scale": alt.Scale(**scale) if scale else None}
    there = {name: value for name, value in given.items() if value is not None}
    return getattr(alt, channel)(f"{field}:Q", title=title, **there)


def batch_sizes() -> alt.X:
    """Put batch sizes on the horizontal axis, those that there are named."""
    there = alt.ExprRef("pluck(data('rows'), 'batch')")
    return alt.X(
        "batch:Q",
        title="images per step",
        scale=alt.Scale(type="log", base=2),
        axis=alt.Axis(values=there, labelOverlap=True),
    )


def batch_columns() -> alt.X:
    """Give every batch size a column."""
    return alt.X("batch:O", title="images per step", axis=alt.Axis(labelAngle=0))


def beside(field: str, order: Sequence[str] | None = None) -> alt.YOffset:
    """Put the bars or points of one name beside each other, in the order of the rows or of `order`.

    The chart's lines are a little lower: `lines(..., height=look.OFFSET_HEIGHT)`.
    """
    return alt.YOffset(f"{field}:N", sort=order)


def coloured(field: str, colours: Mapping[str, str], legend: bool = True) -> alt.Color:
    """Colour by a field whose values have their own colours."""
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    absent: dict[str, Any] = {"title" if legend else "legend": None}
    return alt.Color(f"{field}:N", scale=scale, **absent)


def dashed(field: str) -> alt.StrokeDash:
    """Tell lines apart by how they are dashed, the first one of the rows not at all."""
    legend = alt.Legend(
        symbolType="stroke", symbolStrokeColor=look.MUTED, symbolStrokeWidth=2, columns=1
    )
    return alt.StrokeDash(f"{field}:N", sort=None, title=None, legend=legend)


def told_apart(field: str) -> alt.Color:
    """Colour by a field whose values only have to be told apart."""
    return alt.Color(f"{field}:N", scale=alt.Scale(range=list(COLOURS)), title=None)


def shaped(field: str, values: Sequence[str]) -> alt.Shape:
    """Mark by a field, in the order of its values."""
    return alt.Shape(f"{field}:N", scale=alt.Scale(domain=values), title=None)
