"""The interactive charts: a table of them, each a Vega-Lite specification without values.

A page fills in the rows of the chosen mode, batch size and network, and the parameters `network`
and `reference`. Colours are names of the page's style sheet where they follow the reader's scheme.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from effprof.analysis.waterfall import CAUSES
from effprof.report.figures.memory import KINDS
from effprof.report.figures.panel import View
from effprof.report.figures.style import CAUSE_COLOURS, COLOURS, REGIME_COLOURS
from effprof.report.groups import ROLE_GROUPS
from effprof.report.html import look, rows
from effprof.report.html.rows import PROMISED, REALISED, SHARES, Row
from effprof.report.phrases import CAUSE_WORDS

#: A finished drawing, as Altair's `layer` types it.
Layers = alt.LayerChart | alt.FacetChart

_SAID = (alt.Tooltip("cell:N"), alt.Tooltip("said:N", title="measured"))
_SAID_ONLY = (alt.Tooltip("said:N", title="measured"),)
_DESCRIBED = alt.Description("said:N")
_CHOSEN = "datum.network === network"
_NAMED = f"{_CHOSEN} || datum.network === reference"
_PERCENTS = alt.Axis(format=".0%", values=[0, 0.2, 0.4, 0.6, 0.8, 1])


@dataclass(frozen=True, slots=True)
class ChartKind:
    """One kind of chart: its name, what it shows in words, its rows, and its specification.

    `name` begins with the stem of the picture it stands for. `by` names the choices that select
    its rows; the others are shown together. Of a whole zoo it shows the well-known networks, with
    `crowd` all of them.
    """

    name: str
    words: str
    rows: Callable[[View], Iterator[Row]]
    draw: Callable[[Sequence[Row]], Layers]
    by: tuple[str, ...] = ("batch",)
    crowd: bool = False


def specification(kind: ChartKind, drawn: Sequence[Row]) -> dict[str, Any]:
    """Give the Vega-Lite specification of a chart of the rows `drawn`, without them."""
    named = [alt.param(name=name, value="") for name in ("network", "reference")]
    chart = (
        kind.draw(drawn).add_params(*named).properties(width="container", description=kind.words)
    )
    spec: dict[str, Any] = chart.to_dict(validate=False)
    fitted = {"type": "fit-x", "contains": "padding"}
    return spec | {"config": look.CONFIG, "data": {"name": "rows"}, "autosize": fitted}


def vega_lite_version() -> str:
    """Give major and minor version of the grammar that the specifications are written in."""
    return ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])


def _promise(_: Sequence[Row]) -> Layers:
    base = _chart().encode(y=_names("network"))
    x = _speed_up("promise", look.ROOM)
    return alt.layer(
        base.mark_bar(aria=False, height={"band": 0.8}, color=look.PALE).encode(
            x=x, x2=alt.datum(1)
        ),
        base.mark_bar(height={"band": 0.45}, color=COLOURS[0]).encode(
            x="realised:Q", x2=alt.datum(1), tooltip=_SAID, description=_DESCRIBED
        ),
        base.mark_rule(aria=False, color=look.INK).encode(x="low:Q", x2="high:Q"),
        _text_behind(base),
        _one(),
    ).properties(usermeta=_lines("network"))


def _waterfall(_: Sequence[Row]) -> Layers:
    base = _chart().encode(y=_names("step"))
    causes = {CAUSE_WORDS[cause].name: CAUSE_COLOURS[cause] for cause in CAUSES}
    colours = {PROMISED: look.PALE} | causes | {REALISED: look.INK}
    colour = alt.Scale(domain=list(colours), range=list(colours.values()))
    return alt.layer(
        base.mark_bar(height={"band": 0.7}).encode(
            x=_speed_up("start", look.ROOM_FOR_ROLES),
            x2="end:Q",
            color=alt.Color("step:N", scale=colour, legend=None),
            tooltip=_SAID_ONLY,
            description=_DESCRIBED,
        ),
        _text_behind(base),
        _one(),
    ).properties(usermeta=_lines("step"))


def _stacked(value: str, title: str, axis: alt.Axis) -> Callable[[Sequence[Row]], Layers]:
    """Stack the groups of roles per network."""

    def draw(drawn: Sequence[Row]) -> Layers:
        bars = (
            _chart()
            .mark_bar()
            .encode(
                x=alt.X(f"{value}:Q", title=title, axis=axis),
                y=_names("network"),
                color=_role_colour(drawn),
                order=alt.Order("place:Q"),
                tooltip=(alt.Tooltip("network:N"), *_SAID_ONLY),
                description=_DESCRIBED,
            )
        )
        return alt.layer(bars).properties(usermeta=_lines("network"))

    return draw


def _flops_beside_time(_: Sequence[Row]) -> Layers:
    base = _chart().encode(
        y=_names("group"),
        yOffset=alt.YOffset("kind:N", sort=list(SHARES)),
        x=alt.X("share:Q", title="share", axis=_PERCENTS, scale=alt.Scale(domain=[0, 1.1])),
    )
    colours = alt.Scale(domain=list(SHARES), range=[look.PALE, COLOURS[0]])
    return alt.layer(
        base.mark_bar().encode(
            color=alt.Color("kind:N", scale=colours, title=None),
            tooltip=_SAID_ONLY,
            description=_DESCRIBED,
        ),
        base.mark_text(aria=False, align="left", dx=4).encode(text="short:N"),
    ).properties(usermeta=_lines("group", "kind", height=look.OFFSET_HEIGHT))


def _regimes(_: Sequence[Row]) -> Layers:
    base = _chart().encode(
        x=alt.X("batch:O", title="images per step", axis=alt.Axis(labelAngle=0)),
        y=_names("network"),
    )
    colours = alt.Scale(domain=list(REGIME_COLOURS), range=list(REGIME_COLOURS.values()))
    return alt.layer(
        base.mark_rect(stroke=look.PAGE, strokeWidth=2).encode(
            color=alt.Color("regime:N", scale=colours, title=None),
            tooltip=_SAID,
            description=_DESCRIBED,
        ),
        base.mark_text(aria=False, color="black").encode(text="short:N"),
        base.mark_text(aria=False, color="black", dx=48)
        .transform_filter("datum.borderline")
        .encode(text=alt.value("≈"), tooltip=alt.value("borderline")),
    ).properties(usermeta=_lines("network"))


def _roofline(drawn: Sequence[Row]) -> Layers:
    base = _chart().encode(
        x=_log("intensity", "X", "FLOPs per byte moved", "format(datum.value, '~r')"),
        y=_log("speed", "Y", "FLOP/s", look.SI),
    )
    return alt.layer(
        base.mark_line(aria=False, color=look.MUTED).transform_filter("datum.part === 'ceiling'"),
        _dots(base.transform_filter("datum.part === 'role'"), drawn),
    ).properties(height=look.HEIGHT)


def _bandwidth(drawn: Sequence[Row]) -> Layers:
    base = _chart().encode(y=alt.Y("role:N", title=None, sort="-x", axis=_NAMES))
    x = _log("speed", "X", "bytes moved per second (line: a copy)", f"{look.SI} + 'B/s'")
    return alt.layer(
        _chart().mark_rule(aria=False, color=look.MUTED, strokeWidth=2).encode(x="ceiling:Q"),
        _dots(base.encode(x=x), drawn),
    ).properties(usermeta=_lines("role"))


def _time_flops(_: Sequence[Row]) -> Layers:
    base = _chart().encode(
        x=_log("flops", "X", "FLOPs per image (2 x MACs)", look.SI),
        y=_log("seconds", "Y", "time per image", look.SECONDS),
    )
    networks = base.transform_filter("datum.part === 'network'")
    lines = base.transform_filter("datum.part !== 'network'").encode(detail="line:N")
    return alt.layer(
        lines.mark_line(aria=False, color=look.PALE).transform_filter("datum.part === 'line'"),
        lines.mark_line(aria=False, color=look.MUTED).transform_filter("datum.part === 'peak'"),
        lines.mark_text(aria=False, align="left", dx=10, dy=6, color=look.MUTED)
        .transform_filter("datum.named && datum.part === 'line'")
        .encode(text="line:N"),
        _haloed(
            lines.transform_filter("datum.named && datum.part === 'peak'"),
            "line:N",
            **{"align": "right", "dx": -16, "color": look.MUTED},
        ),
        networks.mark_point(filled=True, size=80, opacity=1, strokeWidth=1).encode(
            color=_family("color"),
            shape=_family("shape"),
            stroke=alt.condition(
                "datum.network === reference", alt.value(look.INK), alt.value(look.PAGE)
            ),
            tooltip=_SAID,
            description=_DESCRIBED,
        ),
        _names_of_chosen(networks, dy=-12),
    ).properties(height=look.HEIGHT)


def _front(_: Sequence[Row]) -> Layers:
    base = _chart().encode(
        x=_log("speed", "X", "images per second, measured", look.SI),
        y=alt.Y("top1:Q", title="ImageNet top-1, quoted (%)", scale=alt.Scale(zero=False)),
    )
    filled = alt.condition("datum.same_size", alt.value(1), alt.value(0))
    return alt.layer(
        base.mark_line(aria=False, interpolate="step-before", color=look.MUTED)
        .transform_filter("datum.on_front")
        .encode(order="speed:Q"),
        base.mark_point(filled=True, size=80, opacity=1, strokeWidth=1.5).encode(
            color=_family("color"),
            stroke=_family("stroke"),
            shape=_family("shape"),
            fillOpacity=filled,
            tooltip=_SAID,
            description=_DESCRIBED,
        ),
        _names_of_chosen(base, dy=-12),
    ).properties(height=look.HEIGHT)


def _throughput(_: Sequence[Row]) -> Layers:
    batch = alt.X(
        "batch:Q",
        title="images per step",
        scale=alt.Scale(type="log", base=2),
        axis=alt.Axis(values=alt.ExprRef("pluck(data('rows'), 'batch')"), labelOverlap=True),
    )
    speed = _log("speed", "Y", "images per second", look.SI)
    base = _chart().encode(x=batch, y=speed, detail="network:N")
    faint = alt.condition(_NAMED, alt.value(1.0), alt.value(0.6))
    bold = alt.condition(_CHOSEN, alt.value(3), alt.value(1.4))
    return alt.layer(
        base.mark_line(aria=False).encode(color=_family("color"), opacity=faint, strokeWidth=bold),
        base.mark_point(filled=True, size=50).encode(
            color=_family("color"), opacity=faint, tooltip=_SAID, description=_DESCRIBED
        ),
        _names_of_chosen(base.transform_filter("datum.last"), dy=-10),
    ).properties(height=look.HEIGHT)


def _memory(drawn: Sequence[Row]) -> Layers:
    base = _chart().encode(y=_names("network"), x=alt.X("mib:Q", title="MiB"))
    present = {row["kind"] for row in drawn}
    kinds = {kind: colour for kind, _, colour in KINDS.values() if kind in present}
    colours = alt.Scale(domain=list(kinds), range=list(kinds.values()))
    return alt.layer(
        base.mark_rule(aria=False, color=look.PALE, strokeWidth=3).encode(x2=alt.datum(0)),
        base.mark_point(filled=True, size=80, opacity=1).encode(
            color=alt.Color("kind:N", scale=colours, title=None),
            shape=alt.Shape("kind:N", scale=alt.Scale(domain=list(kinds)), title=None),
            tooltip=_SAID,
            description=_DESCRIBED,
        ),
    ).properties(usermeta=_lines("network"))


def _predictors(_: Sequence[Row]) -> Layers:
    base = _chart().encode(y=_names("statistic"), yOffset=alt.YOffset("predictor:N", sort=None))
    colour = alt.Color("predictor:N", scale=alt.Scale(range=list(COLOURS)), title=None)
    return alt.layer(
        _chart().mark_rule(aria=False, color=look.MUTED, strokeDash=[4, 4]).encode(x="perfect:Q"),
        base.mark_rule(aria=False, strokeWidth=2).encode(
            x=alt.X("low:Q", title="value, with 95 % interval (dashed: a perfect predictor)"),
            x2="high:Q",
            color=colour,
        ),
        base.mark_point(filled=True, size=70, opacity=1).encode(
            x="value:Q", color=colour, tooltip=_SAID_ONLY, description=_DESCRIBED
        ),
    ).properties(usermeta=_lines("statistic", "predictor", height=look.OFFSET_HEIGHT))


#: Choices that select the rows of charts of a single cell.
_BOTH = ("batch", "network")

#: Every chart, named for the pictures whose place it takes; a new one is one row here.
CHARTS = (
    ChartKind("promise", "Promised and realised speed-up", rows.promise, _promise),
    ChartKind(
        *("waterfall", "Where the promised speed-up went", rows.waterfall, _waterfall, _BOTH)
    ),
    ChartKind(
        *("role-time", "Time of the operators per image by role", rows.role_time),
        _stacked("seconds", "time per image", alt.Axis(labelExpr=look.SECONDS)),
    ),
    ChartKind(
        *("role-time-share", "Share of the operators' time by role", rows.role_time),
        _stacked("share", "share of the operators' time", _PERCENTS),
    ),
    ChartKind(
        *("flops-beside-time", "Share of FLOPs and of time by role"),
        *(rows.flops_beside_time, _flops_beside_time),
        by=_BOTH,
    ),
    ChartKind("regimes", "What sets the pace, over batch size", rows.regimes, _regimes, by=()),
    ChartKind("roofline", "Roles under the roofline", rows.roofline, _roofline, _BOTH),
    ChartKind(
        *("roofline-no-flops", "Roles that count no FLOPs, by the bytes they move per second"),
        *(rows.bandwidth, _bandwidth),
        by=_BOTH,
    ),
    ChartKind("time-flops", "Time against FLOPs", rows.time_flops, _time_flops, crowd=True),
    ChartKind(
        *("front", "Quoted accuracy against measured speed at the largest batch"),
        *(rows.front, _front),
        by=(),
        crowd=True,
    ),
    ChartKind("throughput", "Throughput over batch size", rows.throughput, _throughput, by=()),
    ChartKind("memory", "Peak memory of a step", rows.memory, _memory),
    ChartKind("predictors", "What predicts the time", rows.predictors, _predictors, crowd=True),
)


_NAMES = alt.Axis(labelLimit=230, ticks=False, domain=False, labelFontSize=12)


def _chart() -> alt.Chart:
    return alt.Chart(alt.NamedData("rows"))


def _lines(*fields: str, height: int = look.ROW_HEIGHT) -> dict[str, Any]:
    """Tell the page how high the chart is: `height` for each combination of the fields' values."""
    return {"lines": fields, "height": height}


def _names(field: str) -> alt.Y:
    """Put names on the vertical axis, in the order of the rows."""
    return alt.Y(f"{field}:N", sort=None, title=None, axis=_NAMES)


def _log(field: str, channel: str, title: str, format: str) -> Any:  # noqa: ANN401  # X or Y
    scale = alt.Scale(type="log", nice=False, padding=12)
    axis = alt.Axis(labelExpr=format, tickCount=6, labelOverlap=True, gridOpacity=0.5)
    return getattr(alt, channel)(f"{field}:Q", title=title, scale=scale, axis=axis)


def _speed_up(field: str, room: str) -> alt.X:
    title = "speed-up over the reference"
    scale = alt.Scale(type="log", nice=False, domainMax=alt.ExprRef(room))
    axis = alt.Axis(labelExpr="format(datum.value, '~r') + 'x'", tickCount=6, labelOverlap=True)
    return alt.X(f"{field}:Q", title=title, scale=scale, axis=axis)


def _role_colour(drawn: Sequence[Row]) -> alt.Color:
    """Colour by group of roles, as the pictures do; the legend names those that are there."""
    present = {row.get("group") for row in drawn}
    groups = [group for group in ROLE_GROUPS if group.name in present]
    domain, colours = [group.name for group in groups], [group.colour for group in groups]
    return alt.Color("group:N", scale=alt.Scale(domain=domain, range=colours), title=None)


def _text_behind(base: alt.Chart) -> Any:  # noqa: ANN401  # what Altair types so
    """Write `short` behind the longest of a row's bars."""
    return base.mark_text(aria=False, align="left", dx=6).encode(x="reach:Q", text="short:N")


def _one() -> Any:  # noqa: ANN401
    return (
        alt.Chart(alt.NamedData("rows"))
        .mark_rule(aria=False, color=look.INK)
        .encode(x=alt.datum(1))
    )


def _dots(base: alt.Chart, drawn: Sequence[Row]) -> Any:  # noqa: ANN401
    """Draw roles as dots in the colour of their group, as large as their share of the time."""
    return base.mark_circle(opacity=1, stroke=look.INK, strokeWidth=0.7).encode(
        size=alt.Size("share:Q", scale=alt.Scale(domain=[0, 1], range=[30, 1600]), legend=None),
        color=_role_colour(drawn),
        tooltip=_SAID_ONLY,
        description=_DESCRIBED,
    )


def _family(channel: str) -> Any:  # noqa: ANN401  # a colour or a shape
    if channel == "shape":
        return alt.Shape("family:N", title=None)
    kind = alt.Stroke if channel == "stroke" else alt.Color
    return kind("family:N", scale=alt.Scale(range=list(COLOURS)), title=None)


def _names_of_chosen(base: alt.Chart, dy: int) -> Layers:
    """Name the chosen network and the reference."""
    return _haloed(base.transform_filter(_NAMED), "network:N", dy=dy, fontWeight="bold")


def _haloed(base: alt.Chart, text: str, **mark: Any) -> Layers:  # noqa: ANN401
    """Write text that stays readable on top of other marks."""
    halo = {"stroke": look.PAGE, "strokeWidth": 4, "color": look.PAGE}
    return alt.layer(
        *(base.mark_text(aria=False, **mark | own).encode(text=text) for own in (halo, {}))
    )
