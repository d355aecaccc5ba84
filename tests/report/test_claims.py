"""Verdicts on a page: what a run alone settles, and nothing where it settles nothing."""

from dataclasses import replace

import pytest

from effprof.claims.claim import Answer, NotMeasured, Part, Published, Threshold
from effprof.claims.claim_verdicts import DeviceVerdict
from effprof.core.cells import Cell
from effprof.core.costs import cost_key
from effprof.core.estimates import Estimate
from effprof.core.reasons import Reason
from effprof.cost import count_cost
from effprof.report.claims import (
    device_text,
    evidence_text,
    published_text,
    remark,
    terminal_table,
    threshold_text,
    verdicts,
)
from effprof.report.page import Page
from effprof.report.render import render
from effprof.study.study import Study
from tests.runs import sample_run


@pytest.fixture(scope="module")
def counted():
    """A run that counted what claim C4 asks for."""
    cells = tuple(
        Cell(model, 224, batch_size=128, precision="amp-fp16")
        for model in ("timm/efficientnet_b0", "timm/resnet50")
    )
    run = sample_run(repeats=0, cells=cells)
    return replace(run, costs=tuple(count_cost(*cost_key(cell)) for cell in cells))


def test_a_page_shows_what_the_run_alone_settles(counted):
    text = render(counted).markdown
    section = text.partition("## Claims")[2].partition("\n## ")[0]
    assert "- **C4 supported**: " in section
    assert "C1" not in section
    assert "5.66 FLOP/byte" in section
    assert "&lt; 10" in section
    assert f"`effprof claims {counted.invocation.id}`" in section


def test_a_run_that_settles_nothing_has_no_such_section():
    run = sample_run((1,), 3)
    assert list(verdicts(Page(Study(run)))) == []
    assert "## Claims" not in render(run).markdown


def row(answer, **fields):
    fields = {"verdict": "inconclusive", "reason": Reason("no_interval", "")} | fields
    return DeviceVerdict("Some GPU", "cuda", False, answer, **fields)


def test_published_values_are_shown_and_many_are_counted():
    values = tuple(Published(float(i), "there") for i in range(1, 9))
    part = Part("speed", "q", lambda _: NotMeasured(""), Threshold(low=1.0))
    assert published_text(part) == ""
    assert published_text(replace(part, published=values[:2])) == "1.00; 2.00"
    assert published_text(replace(part, published=(Published(0.9, "there", 1.2),))) == "0.900–1.20"
    assert published_text(replace(part, published=values)) == "8 values"
    assert threshold_text(part) == "> 1"
    assert threshold_text(replace(part, beside=True)) == "beside"


def test_a_remark_holds_the_reason_and_the_note():
    few = Estimate(2.0, 1.0, 3.0, "paired", 4)
    told = row(Answer(few, "processes", "batch 64"), reason=Reason("few_pieces", "too few"))
    assert remark(told) == "too few; batch 64"
    assert remark(replace(told, verdict="supported")) == "batch 64"
    assert evidence_text(told) == "4 processes"
    assert evidence_text(row(NotMeasured("nobody did"))) == ""
    assert device_text(told) == "Some GPU"
    for name in ("Some GPU", "Some GPU (published)", "An unpublished GPU"):
        shown = device_text(replace(told, device=name, published=True))
        assert shown == f"{name.removesuffix(' (published)')} (published)"


def test_in_a_terminal_what_is_measured_alone_stands_to_the_right():
    columns = terminal_table([]).columns
    assert [each.heading for each in columns if each.align == "right"] == ["measured"]
    assert [each.heading for each in columns][2:5] == ["quantity", "measured", "claimed"]
