"""A chart by itself: its rows are in it, and its colours are those of light pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import altair as alt

from effprof.report.pictures.charts import look
from effprof.report.pictures.row import Row

#: What is given, under the name that signatures have for it.
LayerChart: TypeAlias = alt.LayerChart

#: Width in pixels of a chart with all its names: that of a cell of a narrow notebook.
WIDTH = 680


@dataclass(frozen=True, slots=True)
class Caption:
    """What stands above a chart: what it shows, and below that of which cells."""

    words: str
    of: str


def filled_chart(
    specification: Mapping[str, Any],
    rows: Sequence[Row],
    chosen: Mapping[str, str],
    caption: Caption,
) -> LayerChart:
    """Fill a specification of a page with its rows and the values of its parameters.

    Notebooks have no style sheet of ours, so names of colours become colours, on white. Raises
    `jsonschema.ValidationError` for what is no Vega-Lite.
    """
    kept = dict(specification)
    lines, config = kept.pop("usermeta", None), kept.pop("config")
    spec = kept | {
        "data": {"name": "rows", "values": list(rows)},
        "params": [{"name": name, "value": value} for name, value in chosen.items()],
        "width": WIDTH,
        "title": {"text": caption.words, "subtitle": caption.of, "anchor": "start"},
        "config": config | {"background": look.PAGE},
    }
    height = {} if lines is None else _height(rows, **lines)
    return alt.LayerChart.from_dict(_coloured(spec | height))


def _height(rows: Sequence[Row], lines: Sequence[str], height: int) -> dict[str, int]:
    """Make room for a line a name, see `encodings.lines`; `height` is that of one, in pixels."""
    return {"height": height * len({tuple(row.get(each) for each in lines) for row in rows})}


def _coloured(part: Any) -> Any:  # noqa: ANN401  # whatever JSON holds
    """Put the colours of light pages in the place of their names."""
    match part:
        case dict():
            return {name: _coloured(each) for name, each in part.items()}
        case list() | tuple():
            return [_coloured(each) for each in part]
        case str():
            return look.LIGHT.get(part, part)
        case _:
            return part
