"""A study in a notebook: the verdict and the results of its page, in no colours of its own."""

import re
from html import unescape
from pathlib import Path

import pytest
from IPython.core.formatters import DisplayFormatter

import effprof as ep
from effprof.report.html.markdown import html_of
from effprof.report.html.page import render_html
from effprof.report.page import Page
from effprof.report.verdict import verdict
from tests.report.html.test_page import NO_VEGA
from tests.report.test_page import troubled_run
from tests.report.zoo import zoo_run
from tests.runs import sample_run
from tests.test_architecture import loaded_by

ROOT = Path(__file__).resolve().parents[3]

#: Bytes that a cell of a notebook may take for a run of a few settings.
MOST = 57_000

RUNS = {
    "measured": sample_run(),
    "troubled": troubled_run(),
    "zoo": zoo_run((1, 8), modes=("infer", "train")),
    "counted": sample_run((1,), repeats=0),
}


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_it_says_the_verdict_and_has_the_results_of_the_page(run):
    study = ep.Study(run)
    shown, page = study._repr_html_(), render_html(Page(study), NO_VEGA)
    assert html_of(verdict(Page(study))) in shown
    title = "Results" if run.invocation.repeats else "Static costs"
    section = page.partition(f"{title}</h2>\n")[2].partition("</section>")[0]
    tables = re.findall(r"<table>.*?</table>", section, re.DOTALL)
    assert tables == re.findall(r"<table>.*?</table>", shown, re.DOTALL) != []
    assert ("INCOMPLETE" in shown) == (run.status != "complete")
    assert len(shown.encode()) < MOST


def test_it_stands_by_itself_in_light_and_in_dark_notebooks():
    shown = ep.Study(sample_run())._repr_html_()
    assert not re.search(r"<script|<link|<img|url\(|https?:|@import", shown)
    style = re.search(r"<style>(.*?)</style>", shown, re.DOTALL)[1]
    assert not re.search(r"#[0-9a-f]{3}|rgb|var\(|: *(?:white|black)\b", style)
    rules = [line for line in style.splitlines() if line]
    assert all(line.startswith(".effprof ") for line in rules)  # nothing else of a notebook changes


def test_names_from_outside_are_harmless():
    run = sample_run((1,), device="<script>alert(1)</script>")
    shown = ep.Study(run)._repr_html_()
    assert "<script" not in shown
    assert "<script>alert(1)</script>" in unescape(shown)


def test_ipython_shows_the_table_and_in_a_terminal_the_line():
    study = ep.Study(sample_run())
    shown, _ = DisplayFormatter().format(study, include={"text/html", "text/plain"})
    assert shown["text/html"] == study._repr_html_()
    assert shown["text/plain"] == repr(study)


def test_it_is_shown_without_altair_or_matplotlib():
    program = "import effprof; effprof.Study(run)._repr_html_()"
    made = (
        f"import sys; sys.path.append({str(ROOT)!r}); "
        "from tests.runs import sample_run; run = sample_run()"
    )
    assert loaded_by(f"{made}; {program}") & {"altair", "matplotlib", "torch"} == set()


def test_a_study_without_the_face_is_shown_by_its_line():
    program = "from effprof.study.study import Study; assert not hasattr(Study, '_repr_html_')"
    assert "effprof" in loaded_by(program)
    assert "effprof" in loaded_by("import effprof; assert hasattr(effprof.Study, '_repr_html_')")
