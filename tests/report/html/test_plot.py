"""One chart by itself: what the page shows first or what is named, and why there may be none."""

import json
import re
from dataclasses import replace
from importlib.resources import files

import pytest
import vl_convert

import effprof as ep
from effprof.core.errors import BadInput
from effprof.report.html.page import render_html
from effprof.report.page import Page
from effprof.report.pictures.charts import look
from effprof.report.pictures.kinds import CHARTS
from tests.report.html.test_page import NO_VEGA, embedded
from tests.report.zoo import zoo_run
from tests.runs import sample_run

STUDY = ep.Study(zoo_run((1, 8, 64), gpu=True))
PROFILED = ep.Study(sample_run((1, 8, 64)))
STUDIES = {"zoo": STUDY, "profiled": PROFILED}


def rows_of(chart):
    return chart.to_dict()["data"]["values"]


def first_shown(page, name):
    """The rows that the page shows of a chart before anybody chooses, as its script finds them."""
    setting, chart = page["settings"][0], page["charts"][name]
    first = next(each for each in setting["networks"] if each != setting["reference"])
    chosen = {"batch": setting["batches"][-1], "network": first}
    columns, *rows = chart["rows"][0]
    there = [dict(zip(columns, row, strict=True)) for row in rows]
    return [
        {name: value for name, value in row.items() if value is not None}
        for row in there
        if all(row.get(by) in (None, chosen[by]) for by in chart["by"])
    ]


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_every_chart_is_what_the_page_shows_first(study):
    page = embedded(render_html(Page(study), NO_VEGA))
    for name in page["charts"]:
        drawn = [
            {key: value for key, value in row.items() if value is not None}
            for row in rows_of(ep.plot(study, name))
        ]
        assert drawn == first_shown(page, name), name


@pytest.mark.parametrize("kind", CHARTS, ids=lambda kind: kind.name)
def test_a_chart_stands_by_itself(kind):
    name = kind.name
    of_zoo = {"front", "front-today", "predictors", "throughput", "memory"}
    study = STUDY if name in of_zoo else PROFILED
    chart = ep.plot(study, name)
    text = chart.to_json()
    assert "var(--" not in text
    assert "url" not in text.partition('"config"')[0].replace("$schema", "")
    svg = vl_convert.vegalite_to_svg(json.loads(text))
    assert study.run.invocation.device in svg
    assert kind.words in svg
    assert svg.count("<path") > 5
    shown = chart._repr_mimebundle_(None, None)  # what notebooks ask of Altair's charts
    assert rows_of(chart)[0]["said"] in json.dumps(shown, ensure_ascii=False)


def test_the_colours_are_those_of_light_pages():
    sheet = (files("effprof.report.html") / "templates" / "page.css").read_text("utf-8")
    light = dict(re.findall(r"(--\w+): (#\w+);", sheet.partition("@media")[0]))
    assert dict(look.LIGHT) == {name: light[name[4:-1]] for name in look.LIGHT}


def test_the_kinds_that_are_named_where_one_is_asked_for_are_there():
    said = re.search(r"such as (.*?);", ep.plot.__doc__, re.DOTALL)[1]
    assert set(re.split(r",\s+|\s+or\s+", said)) < {kind.name for kind in CHARTS}


def test_axes_choose_the_way_of_running_the_batch_and_the_network():
    study = ep.Study(zoo_run((1, 8), modes=("infer", "train"), gpu=True))
    title = ep.plot(study, "memory", mode="train", batch_size=1).to_dict()["title"]
    assert title["subtitle"].startswith("training step, fp32 nchw eager, batch 1; ")
    fall = ep.plot(PROFILED, "waterfall", model="mobilenetv2_100", batch_size=1)
    assert {(row["network"], row["batch"]) for row in rows_of(fall)} == {("mobilenetv2_100", 1)}
    assert "batch 1, mobilenetv2_100; " in fall.to_dict()["title"]["subtitle"]
    params = ep.plot(STUDY, "front", model="resnet18").to_dict()["params"]
    assert {"name": "network", "value": "resnet18"} in params
    assert {"name": "reference", "value": "resnet50"} in params


def test_what_is_left_open_is_what_can_be_drawn():
    bare = sample_run(profiled=False)
    profiled = sample_run((1,)).repeats[0].outcome
    repeats = tuple(
        replace(each, outcome=profiled)
        if (each.cell.model, each.cell.batch_size) == ("timm/resnet18", 1)
        else each
        for each in bare.repeats
    )
    chart = ep.plot(ep.Study(replace(bare, repeats=repeats)), "role-time")
    assert {(row["network"], row["batch"]) for row in rows_of(chart)} == {("resnet18", 1)}


def test_no_kind_and_no_cell_are_answered_with_those_there_are():
    with pytest.raises(BadInput, match=r"no chart 'promis'; did you mean promise.*there are prom"):
        ep.plot(STUDY, "promis")
    with pytest.raises(BadInput, match="'modle' is not an axis; did you mean mode"):
        ep.plot(STUDY, "promise", modle="resnet18")
    with pytest.raises(BadInput, match="mode 'train' was not planned so; planned: infer"):
        ep.plot(STUDY, "promise", mode="train")
    with pytest.raises(BadInput, match="'front' is not of one batch size"):
        ep.plot(STUDY, "front", batch_size=1)


@pytest.mark.parametrize(
    ("run", "name", "axes", "why"),
    [
        (
            sample_run((1, 8)),
            "throughput",
            {},
            "3 or more batch sizes; what can be drawn: promise",
        ),
        (sample_run(profiled=False), "waterfall", {}, "takes the profile of a step of the network"),
        (sample_run(), "promise", {"model": "resnet50"}, "beside that of another network"),
        (sample_run((1,), repeats=0), "promise", {}, "without a valid measurement: .*static costs"),
    ],
)
def test_a_chart_that_cannot_be_drawn_says_why(run, name, axes, why):
    with pytest.raises(BadInput, match=f"'{name}' cannot be drawn.*{why}"):
        ep.plot(ep.Study(run), name, **axes)
