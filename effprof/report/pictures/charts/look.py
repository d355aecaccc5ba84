"""How the interactive charts look: colours, heights, room for text, how axes write numbers."""

from collections.abc import Mapping
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

#: Ends of a logarithmic axis of ratios that leave room behind the longest bar: for a short text,
#: and for one that names roles.
ROOM = "pow(extent(pluck(data('rows'), 'reach'))[1], 1.2) * 1.4"
ROOM_FOR_ROLES = "pow(extent(pluck(data('rows'), 'reach'))[1], 1.5) * 1.4"

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
