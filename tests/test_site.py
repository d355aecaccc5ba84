"""The site: where links of documents lead there, and what its check finds."""

import importlib.util
from pathlib import Path

import pytest

SITE = Path(__file__).resolve().parents[1] / "docs" / "site"


def loaded(name):
    described = importlib.util.spec_from_file_location(name, SITE / f"{name}.py")
    module = importlib.util.module_from_spec(described)
    described.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("link", "leads"),
    [
        ("faq.md#why-not-10x", "faq.md#why-not-10x"),
        ("../reports/d/quick/report.md", "../reports/d/quick/report.html"),
        ("../effprof/face.py", "https://github.com/effprof/effprof/blob/main/effprof/face.py"),
        ("https://example.org/report.md", "https://example.org/report.md"),
        ("#below", "#below"),
    ],
)
def test_links_lead_to_pages_for_browsers_or_out_to_the_repository(link, leads):
    there = {Path("docs/faq.md"), Path("reports/d/quick/report.html")}
    told = loaded("gather").with_links(f"a [link]({link}).", Path("docs/tutorial.md"), there)
    assert told == f"a [link]({leads})."


def test_every_published_run_has_its_page_there():
    gather = loaded("gather")
    pages = {str(gather.page_of(run)) for run in gather.found(gather.RUNS)}
    assert {"docs/first/report.html", "reports/amd-epyc-2026-11/cpu/report.html"} <= pages
    assert len(pages) >= 9


def test_the_check_finds_what_leads_nowhere_what_is_fetched_and_lists_in_text(tmp_path):
    (tmp_path / "index.html").write_text(
        '<p id="here"><a href="#here">a</a><a href="#gone">b</a><a href="gone.html">c</a>'
        '<a href="other.html#there">d</a><a href="https://example.org">e</a>'
        "one\n- two</p><pre>one\n- two</pre>"
    )
    (tmp_path / "other.html").write_text(
        '<p id="there">f</p><script src="https://example.org/x.js"></script>'
        '<link rel="canonical" href="https://example.org/">'
    )
    assert sorted(loaded("links").problems(tmp_path)) == [
        "index.html has a list within a paragraph, at '- two': it lacks a blank line",
        "index.html links to #gone, which has no such part",
        "index.html links to gone.html, which is not there",
        "other.html fetches https://example.org/x.js",
    ]
