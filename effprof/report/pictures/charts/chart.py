"""What an interactive chart is: rows, and a Vega-Lite specification without values.

A page fills in the rows of the chosen mode, batch size and network, and the parameters `network`
and `reference`. Colours are names of the page's style sheet where they follow the reader's scheme.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import altair as alt

from effprof.report.pictures.charts import encodings, look
from effprof.report.pictures.row import Row
from effprof.report.view import LEAST_POINTS, View

#: What charts of roles take.
A_PROFILE = "the profile of a step"

#: What charts over batch sizes take.
SWEPT = f"{LEAST_POINTS} or more batch sizes"

#: Choices that select the rows of charts of a single cell.
BY_CELL = ("batch", "network")


@dataclass(frozen=True, slots=True)
class ChartKind:
    """One kind of chart: its name, what it shows in words, its rows, and its specification.

    `name` begins with the stem of the picture it stands for. `by` names the choices that select
    its rows; the others are shown together. `takes` is what has to be known for it to be drawn. Of
    a whole zoo it shows the well-known networks, with `crowd` all of them. A `narrow` chart finds
    room on a phone; others are scrolled there.
    """

    name: str
    words: str
    rows: Callable[[View], Iterator[Row]]
    draw: Callable[[Sequence[Row]], encodings.Layers]
    by: tuple[str, ...] = ("batch",)
    crowd: bool = False
    narrow: bool = False
    takes: str = field(kw_only=True)


def specification(kind: ChartKind, drawn: Sequence[Row]) -> dict[str, Any]:
    """Give the Vega-Lite specification of a chart of the rows `drawn`, without them."""
    spec: dict[str, Any] = kind.draw(drawn).to_dict(validate=False)
    # Said of the dictionary: Altair would copy every layer for each of these.
    return spec | {
        "config": look.CONFIG,
        "data": {"name": "rows"},
        "params": [{"name": name, "value": ""} for name in ("network", "reference")],
        "description": kind.words,
        "width": "container",
        "autosize": {"type": "fit-x", "contains": "padding"},
    }


def vega_lite_version() -> str:
    """Give major and minor version of the grammar that the specifications are written in."""
    return ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
