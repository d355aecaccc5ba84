"""The page of profiles in Chromium: boxes to scale, sizes, and how it is read aloud."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from effprof.analysis.profile_tables import role_rows
from effprof.cli.profile_text import role_table
from effprof.report.html.profile import Sheet, Side, render_profiles
from tests.report.html.test_profile import FAST
from tests.small_profile import profile


def page_of_two():
    sides = (Side("timm/net", "10 ms a step", profile()), Side("timm/fast", "5 ms a step", FAST))
    table = role_table(role_rows(profile()), drawn=False)
    return render_profiles("Some CPU", "effprof profile net", [Sheet(sides, ("A line",), (table,))])


def widths(page):
    boxes = page.locator(".icicle > li > span")
    return [boxes.nth(place).bounding_box()["width"] for place in range(boxes.count())]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_fits_is_to_scale_and_can_be_read_aloud(opened, width, scheme):
    around = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    with opened(page_of_two(), **around) as page:
        page.locator("summary").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        slow, fast = widths(page)
        assert fast == pytest.approx(slow / 2, rel=0.01)
        # A module stands right above what it calls, and covers all of it.
        tops = page.locator(".icicle li:has(> ul)")
        for place in range(tops.count()):
            own = tops.nth(place).locator("> span").bounding_box()
            inner = [each.bounding_box() for each in tops.nth(place).locator("> ul > li").all()]
            assert sum(each["width"] for each in inner) == pytest.approx(own["width"], abs=1)
            assert {round(each["y"]) for each in inner} == {round(own["y"] + own["height"])}
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


def test_a_box_tells_its_time_where_it_is_pointed_at(opened):
    with opened(page_of_two()) as page:
        stem = page.locator(".icicle span", has_text="stem").first
        assert stem.get_attribute("title") == "stem: dense conv, 2.00 ms, 20 %"
