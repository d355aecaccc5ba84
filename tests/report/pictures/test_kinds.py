"""The kinds of pictures: each has its charts, and the page a place for every one."""

import re

import altair as alt
import pytest
import vl_convert

from effprof.core.errors import BadInput
from effprof.report.html.page import render_html
from effprof.report.page import Page
from effprof.report.pictures.charts.chart import specification
from effprof.report.pictures.kinds import CHARTS, PICTURES, chart_kind
from effprof.report.pictures.views import view_of
from effprof.report.render import SECTIONS
from effprof.study.study import Study
from tests.report.html.test_page import NO_VEGA, embedded
from tests.report.zoo import zoo_run
from tests.runs import sample_run


def view(run):
    page = Page(Study(run))
    return view_of(page, page.study.first_settings[0], drawable=str)


def run_of(kind):
    """A run that a kind of chart can be drawn of."""
    of_zoo = kind.crowd or kind.name == "memory"
    return zoo_run((1, 8, 64), gpu=True) if of_zoo else sample_run((1, 8, 64))


def test_every_picture_has_its_chart_and_the_sections_place_them_all():
    html = render_html(Page(Study(zoo_run((1, 8)))), NO_VEGA)
    placed = re.findall(r'data-chart="([\w-]+)"', html)
    assert sorted(placed) == sorted(embedded(html)["charts"])
    names = {kind.name for kind in CHARTS}
    assert {kind.stem for kind in PICTURES} <= names
    sections = [section.pictures for section in SECTIONS if section.pictures]
    assert all(any(name.startswith(stem) for stem in sections) for name in names)


def test_charts_are_named_for_the_picture_whose_place_they_take():
    assert all(c.name.startswith(kind.stem) for kind in PICTURES for c in kind.charts)
    assert len({chart.name for chart in CHARTS}) == len(CHARTS)


@pytest.mark.parametrize("kind", CHARTS, ids=lambda kind: kind.name)
def test_specifications_compile(kind):
    drawn = list(kind.rows(view(run_of(kind))))
    assert drawn
    assert vl_convert.vegalite_to_vega(specification(kind, drawn))["marks"]


@pytest.mark.parametrize("kind", CHARTS, ids=lambda kind: kind.name)
def test_no_chart_is_told_anything_after_its_layers_which_would_copy_them_all(kind, monkeypatch):
    drawn = list(kind.rows(view(run_of(kind))))
    for told in ("properties", "add_params"):
        monkeypatch.setattr(alt.LayerChart, told, None)
    assert specification(kind, drawn)["description"] == kind.words


def test_a_kind_of_chart_is_found_by_its_name():
    assert [chart_kind(each.name) for each in CHARTS] == list(CHARTS)
    there = ", ".join(each.name for each in CHARTS)
    with pytest.raises(BadInput, match=f"no chart 'promis'; did you mean promise.*are {there}"):
        chart_kind("promis")
