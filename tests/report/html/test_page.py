"""`report.html` without a browser: the same words and numbers as the Markdown, small and closed."""

import base64
import hashlib
import itertools
import json
import math
import re
from dataclasses import replace
from html import unescape

import pytest

from effprof.report.groups import ROLE_GROUPS
from effprof.report.html.page import render_html
from effprof.report.html.vega import vega_script
from effprof.report.page import Page
from effprof.report.pictures import rows
from effprof.report.pictures.charts.chart import CHARTS, specification
from effprof.report.pictures.picture import DRAWINGS, view_of
from effprof.report.pictures.waterfall import CAUSES
from effprof.report.render import SECTIONS, compose
from effprof.study.study import Study
from tests.report.test_page import troubled_run
from tests.report.zoo import zoo_run
from tests.runs import sample_run

#: Bytes that a report may have.
MOST = 1_500_000

#: Stands for the libraries where nothing is drawn.
NO_VEGA = "/* no charts */"


def view(run):
    page = Page.of(Study(run))
    return view_of(page, page.study.first_settings[0], drawable=str)


def words(text):
    """Letters and numbers alone, without markup of either kind."""
    plain = re.sub(r"!\[.*?\]\(.*?\)|<[^>]*>|\\(?=\W)", "", text)
    return re.findall(r"\w+", unescape(plain))


def embedded(html):
    text = re.search(r'id="charts">(.*?)</script>', html, re.DOTALL)[1]
    return json.loads(text, parse_constant=pytest.fail)


def test_every_section_and_its_words_are_those_of_the_markdown():
    page = Page.of(Study(troubled_run()))
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


def test_every_picture_has_its_chart_and_the_sections_place_them_all():
    html = render_html(Page.of(Study(zoo_run((1, 8)))), NO_VEGA)
    placed = re.findall(r'data-chart="([\w-]+)"', html)
    assert sorted(placed) == sorted(embedded(html)["charts"])
    names = {kind.name for kind in CHARTS}
    assert {drawing.stem for drawing in DRAWINGS} <= names
    sections = [section.pictures for section in SECTIONS if section.pictures]
    assert all(any(name.startswith(stem) for stem in sections) for name in names)


def test_points_and_bars_stand_where_it_was_measured():
    shown = view(sample_run())
    measured = {each.cell.key: each for each in shown.results}
    for row in rows.time_flops(shown):
        if row["part"] == "network":
            own = measured[row["cell"]]
            assert row["flops"] == own.flops
            assert row["seconds"] == pytest.approx(1 / own.images_per_second.value)
        else:
            assert row["flops"] / row["seconds"] > 0
    found = list(rows.promise(shown))
    assert len(found) == len(measured) - len(shown.batch_sizes)
    for row in found:
        own = measured[row["cell"]]
        assert (row["promise"], row["realised"]) == (own.promise, own.realised.value)


def test_the_steps_of_a_waterfall_meet():
    found = list(rows.waterfall(view(sample_run((1,)))))
    steps = len(CAUSES) + 2
    for start in range(0, len(found), steps):
        fall = found[start : start + steps]
        assert fall[0]["start"] == fall[-1]["start"] == 1.0
        for one, other in itertools.pairwise(fall[:-1]):
            assert one["end"] == other["start"]
        assert fall[-2]["end"] == pytest.approx(fall[-1]["end"])


def test_shares_of_time_fill_one_and_seconds_the_operators_time():
    shown = view(sample_run((8,)))
    by_network = {}
    for row in rows.role_time(shown):
        by_network.setdefault(row["network"], []).append(row)
    assert len(by_network) == len(shown.results)
    seconds = {each.label: each.op_seconds / 8 for each in shown.results}
    for name, own in by_network.items():
        assert math.fsum(row["share"] for row in own) == pytest.approx(1)
        assert math.fsum(row["seconds"] for row in own) == pytest.approx(seconds[name])


def test_roles_stay_under_their_ceilings_in_the_order_of_the_groups():
    shown = view(sample_run())
    ceilings = [row for row in rows.roofline(shown) if row["part"] == "ceiling"]
    for row in ceilings:
        assert row["speed"] <= 237e9
    places = {group.name: place for place, group in enumerate(ROLE_GROUPS)}
    assert all(row["place"] == places[row["group"]] for row in rows.role_time(shown))


def test_a_run_without_profiles_has_no_charts_of_roles():
    html = render_html(Page.of(Study(sample_run(profiled=False))), NO_VEGA)
    assert set(embedded(html)["charts"]) == {
        *("promise", "time-flops", "front", "throughput", "memory"),
    }


def test_every_setting_has_its_rows_and_a_specification_has_none():
    html = render_html(
        Page.of(Study(zoo_run((1, 8), ("infer", "train"), ("nchw", "nhwc")))), NO_VEGA
    )
    settings = embedded(html)["settings"]
    assert len(settings) == 4
    for chart in embedded(html)["charts"].values():
        assert len(chart["rows"]) == 4
        assert chart["spec"]["data"] == {"name": "rows"}


@pytest.mark.parametrize("kind", CHARTS, ids=lambda kind: kind.name)
def test_specifications_compile(kind):
    import vl_convert

    drawn = list(kind.rows(view(zoo_run((1, 8)) if kind.crowd else sample_run())))
    assert drawn
    assert vl_convert.vegalite_to_vega(specification(kind, drawn))["marks"]


def test_a_page_stays_below_one_and_a_half_megabytes():
    run = zoo_run(modes=("infer", "train"), memory_formats=("nchw", "nhwc"), repeats=2)
    assert len(render_html(Page.of(Study(run)), vega_script()).encode()) < MOST
    assert len(render_html(Page.of(Study(sample_run((1, 8, 64)))), vega_script()).encode()) < MOST


def test_only_its_own_scripts_may_run_and_nothing_is_fetched():
    html = render_html(Page.of(Study(sample_run())), vega_script())
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
    html = render_html(Page.of(Study(empty)), NO_VEGA)
    assert "INCOMPLETE" in html
    assert 'id="charts"' not in html
    assert 'id="choices"' not in html
