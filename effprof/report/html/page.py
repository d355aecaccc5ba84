"""`report.html`: the interactive twin of the page of a run."""

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from effprof.report.html.answer import answer
from effprof.report.html.blocks import html_of_blocks
from effprof.report.html.markdown import html_of
from effprof.report.html.pages import embedded_json, page_of
from effprof.report.page import Page
from effprof.report.phrases import setting_words
from effprof.report.pictures.charts.chart import ChartKind, specification
from effprof.report.pictures.kinds import CHARTS
from effprof.report.pictures.row import Row
from effprof.report.pictures.views import Views, views_of
from effprof.report.render import sections_of, title
from effprof.report.text import slug
from effprof.report.verdict import banners, scope, verdict
from effprof.report.view import View

PAGE_NAME = "report.html"

#: What runs on every page of a run.
SCRIPTS = ("tables.js", "folds.js")

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
    open: bool


def render_html(page: Page, vega: str) -> str:
    """Render the page of a run into one file; `vega` is the script that draws its charts."""
    settings = [views_of(page, setting, drawable=str) for setting in page.study.settings]
    drawn = [chart for kind in CHARTS if any((chart := _drawn(kind, settings)).rows)]
    return page_of(
        "report.html.j2",
        [vega, *SCRIPTS, "report.js"] if drawn else SCRIPTS,
        title=title(page),
        banners=html_of(banners(page)),
        answer=(first := answer(page)),
        verdict=html_of(verdict(page)) if first is None else "",
        scope=html_of(scope(page)),
        sections=list(_parts(page, drawn)),
        charts=embedded_json(_embedded(drawn, settings)) if drawn else "",
    )


def _drawn(kind: ChartKind, settings: Iterable[Views]) -> Drawn:
    views = (setting.everything if kind.crowd else setting.well_known for setting in settings)
    rows = tuple(tuple(kind.rows(view)) for view in views)
    return Drawn(kind, rows if any(rows) else ())


def _parts(page: Page, drawn: Iterable[Drawn]) -> Iterable[Part]:
    kinds = [chart.kind for chart in drawn]
    for section in sections_of(page):
        own = [k for k in kinds if section.pictures and k.name.startswith(section.pictures)]
        body = html_of_blocks(section.title, page.blocks_of(section))
        if body or own:
            yield Part(slug(section.title), section.title, body, tuple(own), section.open)


def _embedded(drawn: Iterable[Drawn], settings: Iterable[Views]) -> dict[str, Any]:
    return {
        "settings": [
            {
                "name": setting_words(setting.everything.setting, within=True),
                "batches": setting.everything.batch_sizes,
                "networks": list(dict.fromkeys(_labels(setting.everything))),
                "reference": next(iter(_reference_labels(setting.everything)), ""),
            }
            for setting in settings
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


def _labels(view: View) -> list[str]:
    return [each.label for each in view.results]


def _reference_labels(view: View) -> list[str]:
    return [each.label for each in view.results if view.is_reference(each)]


def _table(rows: tuple[Row, ...]) -> list[list[Any]]:
    """Turn rows into a line of columns and a line per row: names are written once."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return [columns, *([placed(row.get(name)) for name in columns] for row in rows)]


def placed(value: Any) -> Any:  # noqa: ANN401  # numpy's numbers become Python's
    """Give a value as JSON for a chart has it: a number with the digits that are placed."""
    if isinstance(value, (bool, str)) or value is None:
        return value
    number = float(f"{float(value):.{DIGITS}g}")
    if math.isnan(number):
        return None
    return int(number) if number.is_integer() else number
