"""The page of a run that counted static costs and measured nothing."""

import re
from dataclasses import replace

import pytest

from effprof.analysis.pooling import pool
from effprof.report.page import Page
from effprof.report.render import render
from effprof.report.verdict import verdict
from effprof.study.study import Study
from tests.runs import sample_run

RUN = replace(sample_run((1, 8), repeats=0), peaks=())


@pytest.fixture(scope="module")
def page():
    return render(RUN)


def test_every_cell_is_counted_and_none_is_pending():
    assert {each.status for each in pool(RUN)} == {"counted"}
    frame = Study(RUN).frame
    assert frame["macs"].notna().all()
    assert not frame["valid"].any()
    assert frame["step_seconds"].isna().all()


def test_the_page_holds_every_cost_and_speaks_of_no_measurement(page):
    assert page.markdown.startswith("# What FLOPs promise: quick, counted")
    rows = re.findall(r"^\| (resnet50|efficientnet_b0) .*$", page.markdown, re.MULTILINE)
    assert len(rows) == 4
    assert "10.6x" in page.markdown
    for word in ("pending", "nothing can be compared", "Warm-up", "no outcome", "INCOMPLETE"):
        assert word not in page.markdown
    assert page.figures == {}


def test_intensity_is_flops_over_bytes(page):
    cost = RUN.costs[0]
    told = re.search(r"^\| resnet50 .*$", page.markdown, re.MULTILINE)[0].split("|")
    assert float(told[-3]) == pytest.approx(cost.total.flops / cost.total.bytes_moved, rel=0.01)


def test_what_could_not_be_counted_is_listed():
    fewer = replace(RUN, costs=RUN.costs[1:])
    text = render(fewer).markdown
    assert "7 of 8 static costs" in text
    assert f"- {RUN.invocation.cells[0].key}" in text.partition("## Not counted")[2]


def test_the_verdict_says_what_flops_promise():
    text = verdict(Page(Study(RUN)))
    assert "Nothing was measured: 8 of 8 static costs of 4 networks" in text
    assert "resnet18" in text
    assert "mobilenetv2" in text
