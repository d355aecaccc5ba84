"""The interactive charts: a table of them, each a Vega-Lite specification without values.

A page fills in the rows of the chosen mode, batch size and network, and the parameters `network`
and `reference`. Colours are names of the page's style sheet where they follow the reader's scheme.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from effprof.report.pictures import rows
from effprof.report.pictures.charts import encodings, look, networks, roles
from effprof.report.pictures.rows import Row
from effprof.report.view import View


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
    draw: Callable[[Sequence[Row]], encodings.Layers]
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


#: Choices that select the rows of charts of a single cell.
_BOTH = ("batch", "network")

#: Every chart, named for the pictures whose place it takes; a new one is one row here.
CHARTS = (
    ChartKind("promise", "Promised and realised speed-up", rows.promise, networks.promise),
    ChartKind(
        *("waterfall", "Where the promised speed-up went", rows.waterfall, roles.waterfall, _BOTH)
    ),
    ChartKind(
        *("role-time", "Time of the operators per image by role", rows.role_time),
        roles.stacked("seconds", "time per image", alt.Axis(labelExpr=look.SECONDS)),
    ),
    ChartKind(
        *("role-time-share", "Share of the operators' time by role", rows.role_time),
        roles.stacked("share", "share of the operators' time", encodings.PERCENTS),
    ),
    ChartKind(
        *("flops-beside-time", "Share of FLOPs and of time by role"),
        *(rows.flops_beside_time, roles.flops_beside_time),
        by=_BOTH,
    ),
    ChartKind("regimes", "What sets the pace, over batch size", rows.regimes, roles.regimes, by=()),
    ChartKind("roofline", "Roles under the roofline", rows.roofline, roles.roofline, _BOTH),
    ChartKind(
        *("roofline-no-flops", "Roles that count no FLOPs, by the bytes they move per second"),
        *(rows.bandwidth, roles.bandwidth),
        by=_BOTH,
    ),
    ChartKind("time-flops", "Time against FLOPs", rows.time_flops, networks.time_flops, crowd=True),
    ChartKind(
        *("front", "Quoted accuracy against measured speed at the largest batch"),
        *(rows.front, networks.front),
        by=(),
        crowd=True,
    ),
    ChartKind(
        "throughput", "Throughput over batch size", rows.throughput, networks.throughput, by=()
    ),
    ChartKind("memory", "Peak memory of a step", rows.memory, networks.memory),
    ChartKind(
        "predictors", "What predicts the time", rows.predictors, networks.predictors, crowd=True
    ),
)
