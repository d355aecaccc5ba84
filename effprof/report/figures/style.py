"""How every picture looks: sizes, colours that colour-blind readers can tell apart, PNG bytes."""

import io
import math
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

DPI = 150

#: Smallest text anywhere, in points.
SMALL = 8.0

INK = "#222222"
MUTED = "#8a8a8a"
PALE = "#d9d9d9"

#: Okabe and Ito's colours (without black and yellow, which is too light on white) and Tol's wine.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#882255")
#: Families beyond the colours share them with another marker.
MARKERS = ("o", "s", "^", "D", "v", "P")

#: Causes of a lost speed-up and the regimes they belong to share their colours: memory, kernels and
#: arithmetic, launching.
CAUSE_COLOURS = {
    "arithmetic intensity": "#E69F00",
    "kernel efficiency": "#56B4E9",
    "idle device": "#CC79A7",
}
REGIME_COLOURS = {
    "memory-bound": "#E69F00",
    "compute-bound": "#56B4E9",
    "launch-bound": "#CC79A7",
}

_STYLE: Mapping[Any, Any] = MappingProxyType(
    {
        "font.size": 9.0,
        "axes.titlesize": 10.0,
        "axes.labelsize": 9.0,
        "figure.titlesize": 12.0,
        "xtick.labelsize": SMALL,
        "ytick.labelsize": SMALL,
        "legend.fontsize": SMALL,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": MUTED,
        "axes.axisbelow": True,
        "grid.color": "#ececec",
        "text.color": INK,
        "figure.facecolor": "white",
        "savefig.facecolor": "white",
    }
)


@dataclass(frozen=True, slots=True)
class Look:
    """Colour and marker of a family, the same in every picture of a page."""

    colour: str
    marker: str


def looks(families: Iterable[str]) -> dict[str, Look]:
    """Give each family its look, in the order of first appearance.

    >>> looks(["resnet", "efficientnet", "resnet"])["efficientnet"].marker
    'o'
    """
    return {
        family: Look(COLOURS[place % len(COLOURS)], MARKERS[(place // len(COLOURS)) % len(MARKERS)])
        for place, family in enumerate(dict.fromkeys(families))
    }


def plain_text(text: str) -> str:
    r"""Make text from outside safe to draw: no formulas, no characters the font lacks.

    >>> plain_text("a$b$ \u4e2d")
    'a\\$b\\$ ?'
    """
    drawable = (letter if letter.isprintable() and ord(letter) < 0x250 else "?" for letter in text)
    return "".join(drawable).replace("$", r"\$")


def new_figure(width: float, height: float) -> Figure:
    """Make an empty figure of `width` x `height` inches that arranges itself."""
    return Figure(figsize=(width, height), dpi=DPI, layout="constrained")


def png(figure: Figure) -> bytes:
    """Draw the figure into PNG bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI)
    return buffer.getvalue()


def house_style() -> AbstractContextManager[None]:
    """Give the context within which every figure of a page is made and drawn."""
    return rc_context(dict(_STYLE))


def log_axis(axes: Axes, which: str, text: Callable[[float], str]) -> None:
    """Make the axis `which` ("x" or "y") logarithmic with ticks at 1, 3, 10 ... as `text`."""
    axes.set(**{f"{which}scale": "log"})
    axis = getattr(axes, f"{which}axis")
    axis.set_major_locator(LogLocator(base=10, subs=(1, 3)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: text(value)))
    axis.set_minor_formatter(NullFormatter())


def slope_angle(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> float:
    """Angle on the page, in degrees, of the line between two points of the axes' values."""
    (x0, y0), (x1, y1) = axes.transData.transform([start, end])
    return math.degrees(math.atan2(y1 - y0, x1 - x0))
