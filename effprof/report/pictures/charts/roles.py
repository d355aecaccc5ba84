"""Charts of where the time goes: steps of the waterfall, roles, regimes, the roofline."""

from collections.abc import Callable, Sequence

import altair as alt

from effprof.analysis.waterfall import CAUSES
from effprof.report.phrases import CAUSE_WORDS
from effprof.report.pictures.charts import encodings, look
from effprof.report.pictures.rows import PROMISED, REALISED, SHARES, Row
from effprof.report.pictures.style import CAUSE_COLOURS, COLOURS, REGIME_COLOURS


def waterfall(_: Sequence[Row]) -> encodings.Layers:
    """Draw the steps from the promised to the realised speed-up."""
    base = encodings.chart().encode(y=encodings.names("step"))
    causes = {CAUSE_WORDS[cause].name: CAUSE_COLOURS[cause] for cause in CAUSES}
    colours = {PROMISED: look.PALE} | causes | {REALISED: look.INK}
    colour = alt.Scale(domain=list(colours), range=list(colours.values()))
    return alt.layer(
        base.mark_bar(height={"band": 0.7}).encode(
            x=encodings.speed_up("start", look.ROOM_FOR_ROLES),
            x2="end:Q",
            color=alt.Color("step:N", scale=colour, legend=None),
            tooltip=encodings.SAID_ONLY,
            description=encodings.DESCRIBED,
        ),
        encodings.text_behind(base),
        encodings.one(),
    ).properties(usermeta=encodings.lines("step"))


def stacked(value: str, title: str, axis: alt.Axis) -> Callable[[Sequence[Row]], encodings.Layers]:
    """Stack the groups of roles per network."""

    def draw(drawn: Sequence[Row]) -> encodings.Layers:
        bars = (
            encodings.chart()
            .mark_bar()
            .encode(
                x=alt.X(f"{value}:Q", title=title, axis=axis),
                y=encodings.names("network"),
                color=encodings.role_colour(drawn),
                order=alt.Order("place:Q"),
                tooltip=(alt.Tooltip("network:N"), *encodings.SAID_ONLY),
                description=encodings.DESCRIBED,
            )
        )
        return alt.layer(bars).properties(usermeta=encodings.lines("network"))

    return draw


def flops_beside_time(_: Sequence[Row]) -> encodings.Layers:
    """Draw for each group of roles its share of the FLOPs beside its share of the time."""
    base = encodings.chart().encode(
        y=encodings.names("group"),
        yOffset=alt.YOffset("kind:N", sort=list(SHARES)),
        x=alt.X(
            "share:Q", title="share", axis=encodings.PERCENTS, scale=alt.Scale(domain=[0, 1.1])
        ),
    )
    colours = alt.Scale(domain=list(SHARES), range=[look.PALE, COLOURS[0]])
    return alt.layer(
        base.mark_bar().encode(
            color=alt.Color("kind:N", scale=colours, title=None),
            tooltip=encodings.SAID_ONLY,
            description=encodings.DESCRIBED,
        ),
        base.mark_text(aria=False, align="left", dx=4).encode(text="short:N"),
    ).properties(usermeta=encodings.lines("group", "kind", height=look.OFFSET_HEIGHT))


def regimes(_: Sequence[Row]) -> encodings.Layers:
    """Draw what sets the pace, network by batch size."""
    base = encodings.chart().encode(
        x=alt.X("batch:O", title="images per step", axis=alt.Axis(labelAngle=0)),
        y=encodings.names("network"),
    )
    colours = alt.Scale(domain=list(REGIME_COLOURS), range=list(REGIME_COLOURS.values()))
    return alt.layer(
        base.mark_rect(stroke=look.PAGE, strokeWidth=2).encode(
            color=alt.Color("regime:N", scale=colours, title=None),
            tooltip=encodings.SAID,
            description=encodings.DESCRIBED,
        ),
        base.mark_text(aria=False, color="black").encode(text="short:N"),
        base.mark_text(aria=False, color="black", dx=48)
        .transform_filter("datum.borderline")
        .encode(text=alt.value("≈"), tooltip=alt.value("borderline")),
    ).properties(usermeta=encodings.lines("network"))


def roofline(drawn: Sequence[Row]) -> encodings.Layers:
    """Draw roles by arithmetic intensity and speed below the measured ceilings."""
    base = encodings.chart().encode(
        x=encodings.logarithmic(
            "intensity", "X", "FLOPs per byte moved", "format(datum.value, '~r')"
        ),
        y=encodings.logarithmic("speed", "Y", "FLOP/s", look.SI),
    )
    return alt.layer(
        base.mark_line(aria=False, color=look.MUTED).transform_filter("datum.part === 'ceiling'"),
        encodings.dots(base.transform_filter("datum.part === 'role'"), drawn),
    ).properties(height=look.HEIGHT)


def bandwidth(drawn: Sequence[Row]) -> encodings.Layers:
    """Draw roles that count no FLOPs by the bytes they move per second, beside a measured copy."""
    base = encodings.chart().encode(y=alt.Y("role:N", title=None, sort="-x", axis=encodings.NAMES))
    x = encodings.logarithmic(
        "speed", "X", "bytes moved per second (line: a copy)", f"{look.SI} + 'B/s'"
    )
    return alt.layer(
        encodings.chart()
        .mark_rule(aria=False, color=look.MUTED, strokeWidth=2)
        .encode(x="ceiling:Q"),
        encodings.dots(base.encode(x=x), drawn),
    ).properties(usermeta=encodings.lines("role"))
