"""How the interactive charts look: colours, heights, room for text, how axes write numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

#: Colours that the style sheet defines for light and dark pages.
INK, MUTED, PALE, PAGE = "var(--ink)", "var(--muted)", "var(--pale)", "var(--page)"
LINE, EDGE = "var(--line)", "var(--edge)"

#: What they are on light pages: for charts where there is no style sheet.
LIGHT: Mapping[str, str] = {
    INK: "#222222",
    MUTED: "#666666",
    PALE: "#d0d0d0",
    PAGE: "#ffffff",
    LINE: "#d9d9d9",
    EDGE: "#ffffff",
}

#: Heights in pixels: of a line of a chart whose lines are names, of one that shares a name with
#: others, and of a chart with two axes of numbers.
ROW_HEIGHT, OFFSET_HEIGHT, HEIGHT = 28, 18, 380

#: Pixels that a letter of a text takes at most on average, and that stay free around a text.
LETTER, AROUND = 6.6, 12

#: Share of a chart's width that bars keep, however long the text behind them is.
LEAST_BARS = 0.3

#: A number of an axis with its decimal prefix behind a space, as texts have it.
SI = "replace(format(datum.value, '.2~s'), regexp('([a-zA-Zµ]?)$'), ' $1')"
SECONDS = f"{SI} + 's'"

#: What Vega-Lite is told of everything that a chart does not say itself.
CONFIG: dict[str, Any] = {
    "background": None,
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "text": {"color": INK, "fontSize": 12},
    "axis": {
        **dict.fromkeys(("labelColor", "titleColor"), INK),
        **dict.fromkeys(("gridColor", "domainColor", "tickColor"), LINE),
        **{"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"},
    },
    "axisBand": {"grid": False},
    "legend": {
        **{"labelColor": INK, "titleColor": INK, "labelFontSize": 12, "orient": "top"},
        **{
            "columns": 5,
            "symbolStrokeWidth": 1,
            "symbolStrokeColor": EDGE,
            "labelLimit": 260,
        },
    },
    "bar": {"stroke": EDGE, "strokeWidth": 0.6},
}


def room(texts: Sequence[int], *fields: str) -> str:
    """Give the expression of the end of a logarithmic axis with room behind the longest bar.

    `texts` are the letters of the longest text that stands there, and of shorter ones to be written
    where a chart is too narrow for it. `fields` are those whose values may lie below 1.
    """
    least = ", ".join(f"extent(pluck(data('rows'), '{field}'))[0]" for field in fields)
    low, reach = f"min(1, {least})", "max(1.4, extent(pluck(data('rows'), 'reach'))[1])"
    share = str(LEAST_BARS)
    for letters in reversed(texts):
        left = f"1 - {letters * LETTER + 2 * AROUND:.0f} / width"
        share = f"({left} > {LEAST_BARS} ? {left} : {share})"
    return f"{low} * pow({reach} / {low}, 1 / {share})"


def fitting(longer: str, shorter: str) -> str:
    """Give the expression that writes one field where it has room behind `reach`, else another."""
    needed = f"{LETTER} * length(datum.{longer}) + {AROUND}"
    return f"{needed} < width - scale('x', datum.reach) ? datum.{longer} : datum.{shorter}"
