"""`report.html`: the interactive twin of the page of a run."""

import itertools
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from effprof.report.figures.panel import View
from effprof.report.html.charts import CHARTS, ChartKind, specification
from effprof.report.html.markdown import html_of
from effprof.report.html.pages import embedded_json, page_of
from effprof.report.html.rows import Row
from effprof.report.page import MODE_WORDS, Page
from effprof.report.pictures import view_of
from effprof.report.render import SECTIONS, title
from effprof.report.verdict import banners, scope, verdict

PAGE_NAME = "report.html"

#: Digits that are kept of numbers that are only placed in a chart: 0.01 % is less than a pixel.
DIGITS = 5


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart with its rows by setting; a setting without rows has none."""

    kind: ChartKind
    rows: tuple[tuple[Row, ...], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A section as the template shows it."""

    anchor: str
    title: str
    body: Markup
    charts: tuple[ChartKind, ...]


def render_html(page: Page, vega: str) -> str:
    """Render the page of a run into one file; `vega` is the script that draws its charts."""
    settings = [(mode, words, group) for mode, words, group in page.settings()]
    views = [view_of(page, *setting, drawable=str) for setting in settings]
    drawn = [chart for kind in CHARTS if any((chart := _drawn(kind, views)).rows)]
    names = [f"{MODE_WORDS[mode]}, {words}" for mode, words, _ in settings]
    return page_of(
        "report.html.j2",
        [vega, "tables.js", "report.js"],
        title=title(page),
        banners=html_of(banners(page)),
        verdict=html_of(verdict(page)),
        scope=html_of(scope(page)),
        sections=list(_parts(page, drawn)),
        charts=embedded_json(_embedded(drawn, list(zip(names, views, strict=True)))),
    )


def _drawn(kind: ChartKind, views: Iterable[View]) -> Drawn:
    rows = tuple(tuple(kind.rows(view)) for view in views)
    return Drawn(kind, rows if any(rows) else ())


def _parts(page: Page, drawn: Iterable[Drawn]) -> Iterable[Part]:
    kinds = [chart.kind for chart in drawn]
    for section in SECTIONS:
        own = [k for k in kinds if section.pictures and k.name.startswith(section.pictures)]
        body = html_of(section.body(page), section.title)
        if body or own:
            anchor = re.sub(r"[^a-z0-9]+", "-", section.title.lower()).strip("-")
            yield Part(anchor, section.title, body, tuple(own))


def _embedded(drawn: Iterable[Drawn], settings: list[tuple[str, View]]) -> dict[str, Any]:
    return {
        "settings": [
            {
                "name": name,
                "batches": view.batch_sizes,
                "networks": list(dict.fromkeys(view.frame["label"])),
                "reference": next(iter(_labels_of(view, view.reference)), ""),
            }
            for name, view in settings
        ],
        "charts": {
            chart.kind.name: {
                "alt": chart.kind.words,
                "by": chart.kind.by,
                "spec": specification(chart.kind, list(itertools.chain(*chart.rows))),
                "rows": [_table(rows) for rows in chart.rows],
            }
            for chart in drawn
        },
    }


def _labels_of(view: View, model: str) -> list[str]:
    return [str(name) for name in view.frame.loc[view.frame["model"] == model, "label"]]


def _table(rows: tuple[Row, ...]) -> list[list[Any]]:
    """Turn rows into a line of columns and a line per row: names are written once."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return [columns, *([_short(row.get(name)) for name in columns] for row in rows)]


def _short(value: Any) -> Any:  # noqa: ANN401  # numpy's numbers become Python's
    if isinstance(value, (bool, str)) or value is None:
        return value
    number = float(f"{float(value):.{DIGITS}g}")
    if math.isnan(number):
        return None
    return int(number) if number.is_integer() else number
