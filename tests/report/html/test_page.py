"""`report.html` without a browser: the same words and numbers as the Markdown, small and closed."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html import unescape

import pytest

from effprof.report.html.page import render_html
from effprof.report.html.vega import vega_script
from effprof.report.page import Page
from effprof.report.render import SECTIONS, compose
from effprof.study.study import Study
from tests.report.test_page import troubled_run
from tests.report.zoo import zoo_run
from tests.runs import sample_run

#: Bytes that a report may have.
MOST = 1_500_000

#: Stands for the libraries where nothing is drawn.
NO_VEGA = "/* no charts */"


def words(text):
    """Letters and numbers alone, without markup of either kind."""
    plain = re.sub(r"!\[.*?\]\(.*?\)|<[^>]*>|\\(?=\W)", "", text)
    return re.findall(r"\w+", unescape(plain))


def embedded(html):
    text = re.search(r'id="charts">(.*?)</script>', html, re.DOTALL)[1]
    return json.loads(text, parse_constant=pytest.fail)


def test_every_section_and_its_words_are_those_of_the_markdown():
    page = Page(Study(troubled_run()))
    html, markdown = render_html(page, NO_VEGA), compose(page, ())
    main = html.partition("<main")[2].partition("</main>")[0]
    titles = re.findall(r"<h2[^>]*>(.*?)</h2>", main)
    written = re.findall(r"^## (.*)$", markdown, re.MULTILINE)
    # A section of pictures alone has none in this text, and charts on the page.
    assert [title for title in titles if title in written] == written
    assert set(titles) <= {section.title for section in SECTIONS}
    for part in markdown.split("\n## ")[1:]:
        title, _, text = part.partition("\n")
        own = main.partition(f"{title}</h2>")[2].partition("</section>")[0]
        own = re.sub(r"<figure>.*?</figure>", "", own, flags=re.DOTALL)
        # The fence of code says its language in Markdown, as a class in HTML.
        said = [word for word in words(text) if not re.fullmatch(r"_*|text", word)]
        assert [word for word in words(own) if word != "text"] == said, title


def test_a_run_without_profiles_has_no_charts_of_roles():
    html = render_html(Page(Study(sample_run((1, 8, 64), profiled=False))), NO_VEGA)
    assert set(embedded(html)["charts"]) == {
        *("promise", "time-flops", "front", "front-today", "throughput"),
    }


def test_every_setting_has_its_rows_and_a_specification_has_none():
    html = render_html(Page(Study(zoo_run((1, 8), ("infer", "train"), ("nchw", "nhwc")))), NO_VEGA)
    settings = embedded(html)["settings"]
    assert len(settings) == 4
    for chart in embedded(html)["charts"].values():
        assert len(chart["rows"]) == 4
        assert chart["spec"]["data"] == {"name": "rows"}


def test_a_page_stays_below_one_and_a_half_megabytes():
    run = zoo_run(modes=("infer", "train"), memory_formats=("nchw", "nhwc"), repeats=2)
    assert len(render_html(Page(Study(run)), vega_script()).encode()) < MOST
    assert len(render_html(Page(Study(sample_run((1, 8, 64)))), vega_script()).encode()) < MOST


def test_only_its_own_scripts_may_run_and_nothing_is_fetched():
    html = render_html(Page(Study(sample_run())), vega_script())
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)[1]
    policy = policy.replace("&#39;", "'")
    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert re.findall(r"'sha256-(.*?)'", policy) == digests
    assert "unsafe-eval" not in policy
    markup = re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)
    assert not re.search(r"\b(src|srcset|action|data)=|url\(|@import|href=\"(?!#)", markup)


def test_an_incomplete_or_empty_run_has_a_page_too():
    empty = replace(sample_run(), repeats=(), status="interrupted")
    html = render_html(Page(Study(empty)), NO_VEGA)
    assert "INCOMPLETE" in html
    assert 'id="charts"' not in html
    assert 'id="choices"' not in html
