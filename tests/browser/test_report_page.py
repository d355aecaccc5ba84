"""`report.html` in Chromium: charts, choices, tables by keyboard, dark, phone, hostile names."""

import functools
import re
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from effprof.report.families import LOOKS
from effprof.report.html.page import render_html
from effprof.report.html.vega import vega_script
from effprof.report.page import Page
from effprof.report.pictures.kinds import CHARTS
from effprof.store.transfer import read_run
from effprof.study.study import Study
from tests.report.zoo import zoo_run
from tests.runs import sample_run

REPORTS = Path(__file__).parents[2] / "reports"
PUBLISHED = sorted(REPORTS.glob("*/*.jsonl.gz"))

#: Bytes that a report may have.
MOST = 1_500_000

HOSTILE = "x/</script><script>alert(1)</script><img src=x onerror=alert(2)>'\"&`"


@functools.cache
def html_of(kind):
    runs = {
        "sample": functools.partial(sample_run, (1, 8, 64)),
        "zoo": functools.partial(zoo_run, (1, 8), ("infer", "train")),
    }
    return render_html(Page(Study(runs[kind]())), vega_script())


def drawn(page):
    """Wait for all charts, with every part of the page open."""
    page.locator("body[data-charts=drawn]").wait_for()
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    page.wait_for_function("document.querySelector('[data-closed]') === null")
    return page


def column(table, name):
    heads = table.locator("thead th").all_inner_texts()
    place = next(place for place, head in enumerate(heads, start=1) if head.startswith(name))
    return table.locator(f"tbody tr:visible > :nth-child({place})").all_inner_texts()


def luminance(page, selector):
    colour = page.evaluate(
        f"getComputedStyle(document.querySelector('{selector}')).backgroundColor"
    )
    return sum(map(int, re.findall(r"\d+", colour)[:3])) / 3


def test_every_chart_is_drawn_as_svg_with_texts_to_read_aloud(opened):
    with opened(html_of("sample")) as page:
        drawn(page)
        places = page.locator("[data-chart]")
        names = [place.get_attribute("data-chart") for place in places.all()]
        # A correlation needs more networks than this run has, and a CPU has one kind of memory.
        there = {kind.name for kind in CHARTS} - {"predictors", "memory"}
        assert sorted(names) == sorted(there)
        for place in places.all():
            assert place.locator("svg").count() == 1
            assert place.locator("svg [aria-label]").count() > 0
        labels = page.locator("[data-chart=waterfall] [aria-label]").evaluate_all(
            "marks => marks.map(mark => mark.getAttribute('aria-label'))"
        )
        assert any("of the promise arrives" in label for label in labels)


@pytest.mark.parametrize("file", PUBLISHED, ids=lambda file: file.name.partition(".")[0])
def test_a_published_run_has_a_page_of_bounded_size_that_draws(opened, file):
    run = read_run(file)
    html = render_html(Page(Study(run)), vega_script())
    assert len(html.encode()) <= MOST
    with opened(html) as page:
        assert run.invocation.suite in page.locator("h1").inner_text()
        if run.invocation.repeats:  # a run of static costs has no charts
            assert drawn(page).locator("[data-chart] svg").count() > 0


@pytest.mark.parametrize("suite", ["quick", "cpu"])
def test_a_published_page_is_six_screens_and_the_answer_comes_first(opened, suite):
    run = read_run(next(file for file in PUBLISHED if file.name == f"{suite}.jsonl.gz"))
    html = render_html(Page(Study(run)), vega_script())
    with opened(html, viewport={"width": 1280, "height": 800}) as page:
        page.locator("body[data-charts=drawn]").wait_for()
        assert page.evaluate("document.documentElement.scrollHeight") <= 6 * 800
        big = page.locator(".big").bounding_box()
        assert big["y"] + big["height"] < 400
        assert re.fullmatch(r"4\.\dx of 10\.6x", page.locator(".big").inner_text())
        last = page.locator(".bars tbody tr").last.bounding_box()
        assert last["y"] + last["height"] < 800
        assert page.locator("main h2").first.inner_text() == "Results"
        assert page.locator("#results").get_by_role("table").first.is_visible()
        assert page.locator("main details[open]").count() == 0
        page.set_viewport_size({"width": 390, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_folded_part_opens_for_its_address_a_button_and_paper(opened):
    with opened(html_of("sample")) as page:
        page.locator("body[data-charts=drawn]").wait_for()
        roofline = page.locator("#roofline details")
        page.evaluate("location.hash = '#roofline'")
        roofline.locator("svg").first.wait_for()
        assert page.locator("main details[open]").count() == 1
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator("main details:not([open])").count() == 0
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator("main details[open]").count() == 1
        page.get_by_role("button", name="Open all parts").click()
        page.get_by_role("button", name="Close all parts").click()
        assert page.locator("main details[open]").count() == 0


def test_charts_of_closed_parts_are_there_for_paper(opened):
    with opened(html_of("sample")) as page:
        page.locator("body[data-charts=drawn]").wait_for()
        places = page.locator("[data-chart]").all()
        assert places
        assert all(place.locator("svg").count() == 1 for place in places)


def test_families_look_the_same_on_every_page_and_the_reference_is_that_of_text(opened):
    looks = {}
    for kind in ("sample", "zoo"):
        with opened(html_of(kind)) as page:
            for row in page.locator(".bars tbody tr").all():
                shown = row.locator(".realised").get_attribute("style").partition("background: ")[2]
                looks.setdefault(row.locator("th").inner_text(), set()).add(shown)
    assert looks["efficientnet_b0"] == {LOOKS["EfficientNet"].colour}
    assert looks["resnet50"] == {"var(--ink)"}
    assert all(len(shown) == 1 for shown in looks.values())


def test_the_choice_stands_in_the_address_and_is_read_from_it(opened):
    with opened(html_of("sample")) as page:
        drawn(page).locator("#batch").select_option("1")
        drawn(page).locator("#network").select_option("resnet18")
        address = page.url
        assert address.endswith("#setting=0&batch=1&network=resnet18")
    with opened(html_of("sample")) as page:
        page.evaluate("location.hash = '#setting=0&batch=1&network=resnet18'")
        page.wait_for_function("document.querySelector('#network').value === 'resnet18'")
        assert drawn(page).locator("#batch").input_value() == "1"
        assert page.locator("#network").input_value() == "resnet18"


def test_a_name_in_a_table_chooses_the_network_and_its_rows_stand_out(opened):
    with opened(html_of("sample")) as page:
        drawn(page).locator("#results tbody th", has_text="mobilenetv2_100").first.click()
        assert drawn(page).locator("#network").input_value() == "mobilenetv2_100"
        marked = page.locator("#results tr.chosen th").all_inner_texts()
        assert set(marked) == {"mobilenetv2_100"}
        mark = page.locator("[data-chart=time-flops] path[aria-label]").first
        mark.click()
        assert drawn(page).locator("#network").input_value() != "mobilenetv2_100"


def test_a_family_is_hidden_in_all_charts_and_shown_again(opened):
    with opened(html_of("sample")) as page:
        figure = drawn(page).locator("figure:has([data-chart=promise])")
        bars = figure.locator("svg path[aria-label^='promised']")
        assert bars.count() == 3
        family = figure.get_by_role("button", name="MobileNetV2")
        family.press("Enter")
        drawn(page)
        assert family.get_attribute("aria-pressed") == "false"
        assert bars.count() == 2
        family.press("Enter")
        drawn(page)
        assert bars.count() == 3


def test_a_chart_is_saved_with_its_colours(opened):
    with opened(html_of("sample")) as page:
        figure = drawn(page).locator("figure:has([data-chart=promise])")
        with page.expect_download() as download:
            figure.get_by_role("button", name="Save as SVG").click()
        assert download.value.suggested_filename == "promise.svg"
        svg = Path(download.value.path()).read_text(encoding="utf-8")
        assert svg.startswith("<svg")
        assert "var(--" not in svg


@pytest.mark.parametrize(
    ("form", "head", "row"),
    [
        ("CSV", "model,size,", "resnet50,224,"),
        ("Markdown", "| model | size |", "| resnet50 | 224 |"),
        ("LaTeX", r"\begin{tabular}{lrr", "resnet50 & 224 & "),
    ],
)
def test_a_table_is_copied(opened, form, head, row):
    with opened(html_of("sample"), permissions=["clipboard-read", "clipboard-write"]) as page:
        choice = drawn(page).locator("#results select.copies").first
        choice.select_option(form)
        page.locator("#results select.copies option", has_text="Copied as").first.wait_for(
            state="attached"
        )
        text = page.evaluate("navigator.clipboard.readText()")
        assert text.startswith(head)
        assert any(line.startswith(row) for line in text.splitlines())


def test_pointing_at_a_bar_shows_its_cell(opened):
    with opened(html_of("sample")) as page:
        bars = drawn(page).locator("[data-chart=promise] path[aria-label^='promised']")
        bars.first.hover()
        told = page.locator("#vg-tooltip-element.visible").inner_text()
        assert re.search(r"timm/\w+@224 infer b64 fp32 nchw eager", told)
        assert "arrives" in told
        assert re.search(
            r"[\d.]+ \[[\d.]+, [\d.]+\] images/s, promised [\d.]+x, top-1 [\d.]+ %", told
        )


def test_charts_follow_the_choice_of_batch_network_and_setting(opened):
    with opened(html_of("sample")) as page:
        drawn(page)
        captions = page.locator("figcaption").all_inner_texts()
        assert any("batch 64, efficientnet_b0" in caption for caption in captions)
        before = page.locator("[data-chart=waterfall]").text_content()
        page.locator("#batch").select_option("1")
        page.locator("#network").select_option("mobilenetv2_100")
        after = drawn(page).locator("[data-chart=waterfall]").text_content()
        assert before != after
        caption = page.locator("figure:has([data-chart=waterfall]) figcaption").inner_text()
        assert "batch 1, mobilenetv2_100" in caption
    with opened(html_of("zoo")) as page:
        drawn(page).locator("#setting").select_option(label="training step, fp32 nchw eager")
        assert "training step" in drawn(page).locator("figcaption").first.inner_text()


def test_a_choice_without_rows_says_so(opened):
    with opened(html_of("sample")) as page:
        drawn(page).locator("#network").select_option("resnet50")
        assert "Nothing was measured" in drawn(page).locator("[data-chart=waterfall]").inner_text()


def test_a_table_is_sorted_by_keyboard_and_by_magnitude(opened):
    with opened(html_of("zoo")) as page:
        table = page.locator("section#results table").first
        head = table.get_by_role("columnheader", name="params")
        head.get_by_role("button").focus()
        page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == "ascending"
        params = column(table, "params")
        numbers = [float(text.split()[0]) for text in params]
        assert numbers == sorted(numbers)
        page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == "descending"
        assert column(table, "params") == params[::-1]
        latency = table.get_by_role("columnheader", name="p50 / p90").get_by_role("button")
        latency.press("Space")
        units = [text.split()[1] for text in column(table, "p50")]
        assert units == sorted(units, key=["ms", "s"].index)


def test_a_table_is_filtered_by_typing(opened):
    with opened(html_of("zoo")) as page:
        box = page.locator("section#results input").first
        box.focus()
        page.keyboard.type("efficientnet_b")
        table = page.locator("section#results table").first
        assert {text[:-1] for text in column(table, "model")} == {"efficientnet_b"}
        assert page.locator("section#results [role=status]").first.inner_text() == "4 of 12"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_and_charts_follow_the_colour_scheme(opened, scheme):
    with opened(html_of("sample"), color_scheme=scheme) as page:
        assert (luminance(drawn(page), "body") > 128) == (scheme == "light")
        ink = page.evaluate(
            "getComputedStyle(document.querySelector('[data-chart=promise] svg text')).fill"
        )
        assert (int(re.search(r"\d+", ink)[0]) < 128) == (scheme == "light")
        assert violations(page) == []


def test_on_paper_the_page_is_light_and_without_controls(opened):
    with opened(html_of("sample"), color_scheme="dark") as page:
        drawn(page).emulate_media(media="print", color_scheme="dark")
        assert luminance(page, "body") > 128
        assert not page.locator("#batch").is_visible()


def test_on_a_phone_only_charts_and_tables_scroll_sideways(opened):
    with opened(html_of("sample"), viewport={"width": 390, "height": 800}) as page:
        wide = drawn(page).evaluate("document.documentElement.scrollWidth")
        assert wide <= 390


@pytest.mark.parametrize("width", [390, 1280])
def test_texts_behind_bars_are_not_cut(opened, width):
    with opened(html_of("sample"), viewport={"width": width, "height": 800}) as page:
        drawn(page)
        for name in ("waterfall", "promise"):
            left = page.locator(f"[data-chart={name}]").evaluate(
                """place => {
                    const frame = place.querySelector("svg").getBoundingClientRect();
                    return [...place.querySelectorAll("svg .mark-text.role-mark text")].map(
                        text => frame.right - text.getBoundingClientRect().right);
                }"""
            )
            assert left
            assert min(left) >= 0
        seen = page.locator(".chart:has([data-chart=waterfall])")
        assert seen.evaluate("frame => frame.scrollWidth <= frame.clientWidth")


def test_the_content_is_one_key_away(opened):
    with opened(html_of("sample")) as page:
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"


def test_hostile_names_are_shown_as_text(opened):
    run = sample_run(batch_sizes=(1,), device=HOSTILE, command=HOSTILE, suite=HOSTILE)
    renamed = {
        cell: replace(cell, model=HOSTILE) if "b0" in cell.model else cell
        for cell in run.invocation.cells
    }
    run = replace(
        run,
        invocation=replace(run.invocation, cells=tuple(renamed.values())),
        repeats=tuple(replace(r, cell=renamed[r.cell]) for r in run.repeats),
        costs=tuple(replace(c, model=HOSTILE) if "b0" in c.model else c for c in run.costs),
    )
    with opened(render_html(Page(Study(run)), vega_script())) as page:
        assert HOSTILE in drawn(page).locator("h1").inner_text()
        assert page.locator("img").count() == 0
        name = HOSTILE.partition("/")[2]
        assert name in page.locator("#network").locator("option").all_inner_texts()
        page.locator("#network").select_option(name)
        assert name in drawn(page).locator("[data-chart=time-flops]").text_content()


def violations(page):
    """What axe finds that a reader could not perceive or operate."""
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found]
