"""Charts of networks beside each other: speed, time, memory, accuracy, predictors."""

from collections.abc import Sequence

import altair as alt

from effprof.report.phrases import MEMORY_WORDS
from effprof.report.pictures.charts import encodings, look
from effprof.report.pictures.memory import MARKS
from effprof.report.pictures.rows import Row
from effprof.report.pictures.style import COLOURS


def promise(_: Sequence[Row]) -> encodings.Layers:
    """Draw bars of the realised speed-up, with its interval, within those of the promised one."""
    base = encodings.chart().encode(y=encodings.names("network"))
    x = encodings.speed_up("promise", look.ROOM)
    return alt.layer(
        base.mark_bar(aria=False, height={"band": 0.8}, color=look.PALE).encode(
            x=x, x2=alt.datum(1)
        ),
        base.mark_bar(height={"band": 0.45}, color=COLOURS[0]).encode(
            x="realised:Q", x2=alt.datum(1), tooltip=encodings.SAID, description=encodings.DESCRIBED
        ),
        base.mark_rule(aria=False, color=look.INK).encode(x="low:Q", x2="high:Q"),
        encodings.text_behind(base),
        encodings.one(),
    ).properties(usermeta=encodings.lines("network"))


def time_flops(_: Sequence[Row]) -> encodings.Layers:
    """Draw networks as points; on one grey line FLOPs turn into time equally well."""
    base = encodings.chart().encode(
        x=encodings.logarithmic("flops", "X", "FLOPs per image (2 x MACs)", look.SI),
        y=encodings.logarithmic("seconds", "Y", "time per image", look.SECONDS),
    )
    networks = base.transform_filter("datum.part === 'network'")
    lines = base.transform_filter("datum.part !== 'network'").encode(detail="line:N")
    return alt.layer(
        lines.mark_line(aria=False, color=look.PALE).transform_filter("datum.part === 'line'"),
        lines.mark_line(aria=False, color=look.MUTED).transform_filter("datum.part === 'peak'"),
        lines.mark_text(aria=False, align="left", dx=10, dy=6, color=look.MUTED)
        .transform_filter("datum.named && datum.part === 'line'")
        .encode(text="line:N"),
        encodings.haloed(
            lines.transform_filter("datum.named && datum.part === 'peak'"),
            "line:N",
            **{"align": "right", "dx": -16, "color": look.MUTED},
        ),
        networks.mark_point(filled=True, size=80, opacity=1, strokeWidth=1).encode(
            color=encodings.family("color"),
            shape=encodings.family("shape"),
            stroke=alt.condition(
                "datum.network === reference", alt.value(look.INK), alt.value(look.PAGE)
            ),
            tooltip=encodings.SAID,
            description=encodings.DESCRIBED,
        ),
        encodings.names_of_chosen(networks, dy=-12),
    ).properties(height=look.HEIGHT)


def front(_: Sequence[Row]) -> encodings.Layers:
    """Draw networks as points, filled where accuracy is quoted at that size; and the front."""
    base = encodings.chart().encode(
        x=encodings.logarithmic("speed", "X", "images per second, measured", look.SI),
        y=alt.Y("top1:Q", title="ImageNet top-1, quoted (%)", scale=alt.Scale(zero=False)),
    )
    filled = alt.condition("datum.same_size", alt.value(1), alt.value(0))
    return alt.layer(
        base.mark_line(aria=False, interpolate="step-before", color=look.MUTED)
        .transform_filter("datum.on_front")
        .encode(order="speed:Q"),
        base.mark_point(filled=True, size=80, opacity=1, strokeWidth=1.5).encode(
            color=encodings.family("color"),
            stroke=encodings.family("stroke"),
            shape=encodings.family("shape"),
            fillOpacity=filled,
            tooltip=encodings.SAID,
            description=encodings.DESCRIBED,
        ),
        encodings.names_of_chosen(base, dy=-12),
    ).properties(height=look.HEIGHT)


def throughput(_: Sequence[Row]) -> encodings.Layers:
    """Draw a line per network; the chosen one and the reference stand out."""
    batch = alt.X(
        "batch:Q",
        title="images per step",
        scale=alt.Scale(type="log", base=2),
        axis=alt.Axis(values=alt.ExprRef("pluck(data('rows'), 'batch')"), labelOverlap=True),
    )
    speed = encodings.logarithmic("speed", "Y", "images per second", look.SI)
    base = encodings.chart().encode(x=batch, y=speed, detail="network:N")
    faint = alt.condition(encodings.NAMED, alt.value(1.0), alt.value(0.6))
    bold = alt.condition(encodings.CHOSEN, alt.value(3), alt.value(1.4))
    return alt.layer(
        base.mark_line(aria=False).encode(
            color=encodings.family("color"), opacity=faint, strokeWidth=bold
        ),
        base.mark_point(filled=True, size=50).encode(
            color=encodings.family("color"),
            opacity=faint,
            tooltip=encodings.SAID,
            description=encodings.DESCRIBED,
        ),
        encodings.names_of_chosen(base.transform_filter("datum.last"), dy=-10),
    ).properties(height=look.HEIGHT)


def memory(drawn: Sequence[Row]) -> encodings.Layers:
    """Draw a point per network for each kind of memory that was measured."""
    base = encodings.chart().encode(y=encodings.names("network"), x=alt.X("mib:Q", title="MiB"))
    present = {row["kind"] for row in drawn}
    words = {MEMORY_WORDS[name]: colour for name, (_, colour) in MARKS.items()}
    kinds = {kind: colour for kind, colour in words.items() if kind in present}
    colours = alt.Scale(domain=list(kinds), range=list(kinds.values()))
    return alt.layer(
        base.mark_rule(aria=False, color=look.PALE, strokeWidth=3).encode(x2=alt.datum(0)),
        base.mark_point(filled=True, size=80, opacity=1).encode(
            color=alt.Color("kind:N", scale=colours, title=None),
            shape=alt.Shape("kind:N", scale=alt.Scale(domain=list(kinds)), title=None),
            tooltip=encodings.SAID,
            description=encodings.DESCRIBED,
        ),
    ).properties(usermeta=encodings.lines("network"))


def predictors(_: Sequence[Row]) -> encodings.Layers:
    """Draw each statistic of each predictor with its interval, beside a perfect predictor's."""
    base = encodings.chart().encode(
        y=encodings.names("statistic"), yOffset=alt.YOffset("predictor:N", sort=None)
    )
    colour = alt.Color("predictor:N", scale=alt.Scale(range=list(COLOURS)), title=None)
    return alt.layer(
        encodings.chart()
        .mark_rule(aria=False, color=look.MUTED, strokeDash=[4, 4])
        .encode(x="perfect:Q"),
        base.mark_rule(aria=False, strokeWidth=2).encode(
            x=alt.X("low:Q", title="value, with 95 % interval (dashed: a perfect predictor)"),
            x2="high:Q",
            color=colour,
        ),
        base.mark_point(filled=True, size=70, opacity=1).encode(
            x="value:Q", color=colour, tooltip=encodings.SAID_ONLY, description=encodings.DESCRIBED
        ),
    ).properties(usermeta=encodings.lines("statistic", "predictor", height=look.OFFSET_HEIGHT))
