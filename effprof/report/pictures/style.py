"""How every picture looks: sizes, colours that colour-blind readers can tell apart, PNG bytes."""

import io
import math
import textwrap
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import Any, cast

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

DPI = 150

#: Level of zlib: takes a fifth of the time of its default, 6, for files a few per cent larger.
_COMPRESSION = 1

#: Smallest text anywhere, in points.
SMALL = 8.0

#: Letters of a line of a name beside an axis; the names of zoos are shorter.
WIDEST_NAME = 26

INK = "#222222"
MUTED = "#8a8a8a"
PALE = "#d9d9d9"

#: Okabe and Ito's colours (without black and yellow, which is too light on white) and Tol's wine.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#882255")
#: Causes of a lost speed-up and the regimes they belong to share their colours: arithmetic, what
#: FLOPs do not count, what stands between operators.
CAUSE_COLOURS: Mapping[str, str] = {
    "slower arithmetic": "#56B4E9",
    "uncounted work": "#E69F00",
    "framework": "#CC79A7",
    "launches": "#CC79A7",
}
REGIME_COLOURS: Mapping[str, str] = {
    "memory-bound": "#E69F00",
    "compute-bound": "#56B4E9",
    "launch-bound": "#CC79A7",
    "framework-bound": "#CC79A7",
    "not told": PALE,
}

_STYLE: Mapping[Any, Any] = MappingProxyType(
    {
        "font.size": 9.0,
        "axes.titlesize": 10.0,
        # Ticks are below and left of the axes, so titles need not look for room above them.
        "axes.titley": 1.0,
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


#: Widest span of an axis of speed-ups -> its ticks within a decade.
_TICKS = (
    (2.5, (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)),
    (12.0, (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)),
    (math.inf, (1.0, 3.0)),
)

#: Points that stay free between a text and the end of its axis.
_EDGE = 3.0

#: A text wider than this share of its axis is not waited for: bars keep the rest.
_MOST_TEXT = 0.7


def plain_text(text: str) -> str:
    r"""Make text from outside safe to draw: no formulas, no characters the font lacks.

    >>> plain_text("a$b$ \u4e2d")
    'a\\$b\\$ ?'
    """
    drawable = (letter if letter.isprintable() and ord(letter) < 0x250 else "?" for letter in text)
    return "".join(drawable).replace("$", r"\$")


def short_text(text: str, reference: str) -> str:
    """Make text from outside safe to draw, a variant of the reference by its knobs alone.

    >>> short_text("effprof:efficientnet?se=off&act=relu6", "effprof:efficientnet")
    'se=off act=relu6'
    """
    knobs = text.removeprefix(f"{reference}?")
    return plain_text(text if knobs == text else knobs.replace("&", " "))


#: Height of two lines of text with room between them and the next, in inches.
_TWO_LINES = 0.38

_AT_SPACES: Mapping[str, Any] = MappingProxyType(
    {"break_long_words": False, "break_on_hyphens": False}
)


def row_height(names: Iterable[str], least: float) -> float:
    """Give the height of a row in inches: `least`, more where a name takes two lines.

    >>> row_height(["resnet50"], 0.3)
    0.3
    """
    return max(least, _TWO_LINES if any("\n" in wrapped(name) for name in names) else 0.0)


def wrapped(text: str) -> str:
    r"""Break a long name at its spaces, so that it leaves room to what stands beside it.

    >>> wrapped("width=1.4 depth=1.8 resolution=380 fused=1-7")
    'width=1.4 depth=1.8\nresolution=380 fused=1-7'
    """
    return "\n".join(textwrap.wrap(text, WIDEST_NAME, **_AT_SPACES)) or text


def new_figure(width: float, height: float) -> Figure:
    """Make an empty figure of `width` x `height` inches that arranges itself."""
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)  # one for texts that are measured and for the bytes
    return figure


def lay_out(figure: Figure) -> None:
    """Arrange the figure, so that positions on the page and widths of texts are known."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)


def keep_layout(figure: Figure) -> None:
    """Say that what was written since `lay_out` moves nothing, so `png` need not arrange again."""
    figure.set_layout_engine("none")


def png(figure: Figure) -> bytes:
    """Arrange the figure and draw it into PNG bytes."""
    buffer = io.BytesIO()
    # `Figure.savefig` would draw it twice, once for its positions.
    _canvas(figure).print_png(buffer, pil_kwargs={"compress_level": _COMPRESSION})
    return buffer.getvalue()


def _canvas(figure: Figure) -> Any:  # noqa: ANN401  # Agg's methods have no types
    """Give the canvas that draws pixels; a figure that `new_figure` did not make gets one."""
    canvas = figure.canvas
    return canvas if isinstance(canvas, FigureCanvasAgg) else FigureCanvasAgg(figure)


def house_style() -> AbstractContextManager[None]:
    """Give the context within which every figure of a page is made and drawn."""
    return rc_context(dict(_STYLE))


#: Axis -> what Matplotlib calls its labels.
_LABELS = {"x": "labelbottom", "y": "labelleft"}


def log_axis(axes: Axes, which: str, text: Callable[[float], str]) -> None:
    """Make the axis `which` ("x" or "y") logarithmic with ticks at 1, 3, 10 ... as `text`."""
    axes.set(**{f"{which}scale": "log"})
    axis = getattr(axes, f"{which}axis")
    axis.set_major_locator(LogLocator(base=10, subs=(1, 3)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: text(value)))
    axis.set_minor_formatter(NullFormatter())
    # Labels without text would still be measured whenever the figure is arranged.
    axis.set_tick_params(which="minor", **{_LABELS[which]: False})


def speed_up_axis(axes: Axes, low: float, high: float) -> None:
    """Make the x axis one of speed-ups from `low` to `high`, ticks as near as its span needs."""
    log_axis(axes, "x", lambda value: f"{value:g}x")
    axes.set_xlim(low, high)
    subs = next(subs for span, subs in _TICKS if high / low <= span)
    axes.xaxis.set_major_locator(LogLocator(base=10, subs=subs))


def end_for_texts(axes: Axes, texts: Iterable[Annotation]) -> float:
    """Give the end of the x axis at which texts to the right of their points stay inside.

    Holds for linear and logarithmic axes. The figure must have been laid out.
    """
    scale = axes.xaxis.get_transform()
    left, right = scale.transform(np.array(axes.get_xlim(), dtype=float))
    window = axes.get_window_extent()
    reach = right - left
    for text in texts:
        text.update_positions(_canvas(cast(Figure, axes.figure)).get_renderer())
        start = scale.transform(np.array([text.xy[0]], dtype=float))[0] - left
        ends = Text.get_window_extent(text).x1 - axes.transData.transform(text.xy)[0]
        share = (ends + _EDGE * axes.figure.dpi / 72) / window.width
        reach = max(reach, start / (1 - min(share, _MOST_TEXT)))
    end: float = scale.inverted().transform(np.array([left + reach]))[0]
    return end


def slope_angle(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> float:
    """Angle on the page, in degrees, of the line between two points of the axes' values."""
    (x0, y0), (x1, y1) = axes.transData.transform([start, end])
    return math.degrees(math.atan2(y1 - y0, x1 - x0))
