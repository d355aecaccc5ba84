"""The page of a night in Chromium: filter, sort, copy, sizes, hostile names, nothing to report."""

import re
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe

from effprof.core.reasons import Reason
from effprof.regressions.assessment import Assessment
from effprof.report.html.night import render_night
from effprof.report.night import counts_line, tonight_line
from tests.nights import assessment, night

HOSTILE = "</script><script>alert(1)</script><img/src=x/onerror=alert(2)>'\"&"


def unfolded(page):
    """Open the part of all series."""
    page.locator("summary", has_text="All series").click()
    return page


def visible(page):
    return page.locator("#events article:visible h3").all_inner_texts()


def test_the_page_leads_with_counts_and_shows_each_event_with_its_nights(opened):
    given = assessment(events=3)
    with opened(render_night(given)) as page:
        lines = filter(None, map(str.strip, page.locator("header").inner_text().splitlines()))
        assert next(lines) == tonight_line(given)
        assert next(lines) == counts_line(given)
        articles = page.locator("#events article")
        assert articles.count() == 3
        first = articles.first
        assert "17.0 ms → 24.7 ms" in first.inner_text()
        assert "+45.0 % [+44.0, +46.0]" in first.inner_text()
        assert first.get_by_role("img").get_attribute("aria-label").startswith("30 nights: 17.0 ms")
        assert first.locator("svg .level").count() == 2
        assert "git 00000aa → 00000bb" in first.inner_text()


def test_events_are_filtered_by_text_and_state_and_sorted(opened):
    with opened(render_night(assessment(events=4))) as page:
        page.get_by_label("State").first.select_option("improvement")
        assert [text.split(",")[0] for text in visible(page)] == [
            "Improvement: timm/net_2@224 infer b1 fp32 nchw eager"
        ]
        page.get_by_label("State").first.select_option("")
        page.get_by_role("searchbox", name="Filter events").focus()
        page.keyboard.type("net_3")
        assert len(visible(page)) == 1
        assert page.locator("#events-count").inner_text() == "1 of 4"
        page.get_by_role("searchbox", name="Filter events").fill("")
        by_size = visible(page)
        page.get_by_label("Sort by").select_option("name")
        assert visible(page) == sorted(by_size, key=lambda text: text.partition("net_")[2])
        page.get_by_label("Sort by").select_option("size")
        assert visible(page) == by_size


def test_the_command_is_copied_or_selected(opened):
    with opened(render_night(assessment(events=1)), permissions=["clipboard-write"]) as page:
        page.locator("#events button.copy").press("Enter")
        button = page.locator("#events button.copy")
        button.filter(has_text=re.compile("Copied|Selected: press")).wait_for()


@pytest.mark.parametrize("events", [40, 500])
def test_500_series_stay_small_and_are_filtered_and_sorted_by_keyboard(opened, events):
    html = render_night(assessment(series=500, nights=365, events=events))
    assert len(html.encode()) < 1_000_000
    with opened(html) as page:
        unfolded(page).get_by_role("searchbox", name="Filter series").press_sequentially("net_49")
        assert page.locator("#series tbody tr:visible").count() == 11
        head = page.locator("#series").get_by_role("columnheader", name="cell")
        head.get_by_role("button").press("Enter")
        head.get_by_role("button").press("Enter")
        assert head.get_attribute("aria-sort") == "descending"
        first = page.locator("#series tbody tr:visible th").first.inner_text()
        assert first.startswith("timm/net_499@")


def test_series_are_sorted_by_their_change(opened):
    with opened(render_night(assessment(series=60, events=4))) as page:
        unfolded(page).locator("#series").get_by_role("button", name="change").click()
        texts = page.locator("#series tbody tr td:nth-child(5)").all_inner_texts()
        known = [float(text.split()[0]) for text in texts if text != "–"]
        assert known == sorted(known)
        assert texts[len(known) :] == ["–"] * (len(texts) - len(known))


def test_nothing_to_report_is_said_so_and_so_is_not_yet(opened):
    with opened(render_night(assessment(events=0))) as page:
        assert page.get_by_text("Nothing to report.").is_visible()
        assert page.locator("article").count() == 0
    with opened(render_night(Assessment((night(1),), (), ()))) as page:
        assert page.get_by_text("Cannot tell yet: 1 of 12 nights").is_visible()
        assert page.get_by_text("Nothing to report.").count() == 0
    with opened(render_night(Assessment((), (), ()))) as page:
        assert page.get_by_role("heading", name="No night yet").is_visible()


def everywhere(given, text):
    """The same night with `text` wherever text comes from outside."""
    nights = tuple(replace(each, attributes={text: text, "git": text}) for each in given.nights)
    event = given.events[0]
    bad = replace(
        event,
        event=replace(event.event, device=text, host=text, reason=text),
        attributes={text: (text, text)},
        roles={text: 0.1},
        flags=(text,),
        command=text,
        members=(replace(given.series[0].key, cell=text),),
    )
    series = tuple(
        replace(each, key=replace(each.key, device=text, host=text), reason=Reason("failed", text))
        for each in given.series
    )
    return replace(
        given, nights=nights, series=series, events=(bad,), recovered=(bad,), remarks=(text,),
        missing={text: text},
    )  # fmt: skip


def test_hostile_texts_are_shown_as_text(opened):
    given = everywhere(assessment(events=1, model=HOSTILE), HOSTILE)
    with opened(render_night(given)) as page:
        assert HOSTILE in page.locator("#events h3").inner_text()
        assert page.locator("#events pre").inner_text() == HOSTILE
        places = ("header", "#events", "section[aria-labelledby=recovered-title]", "#series")
        unfolded(page)
        for place in places:
            assert HOSTILE in page.locator(place).inner_text()
        assert page.locator("img").count() == 0
        assert page.locator("script").count() == 3  # its own


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_either_scheme(opened, scheme):
    with opened(render_night(assessment(events=3)), color_scheme=scheme) as page:
        found = Axe().run(page).response["violations"]
        assert [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found] == []
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (int(re.search(r"\d+", paper)[0]) > 128) == (scheme == "light")


def test_on_a_phone_only_tables_and_commands_scroll_sideways(opened):
    with opened(render_night(assessment(events=3)), viewport={"width": 390, "height": 800}) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
