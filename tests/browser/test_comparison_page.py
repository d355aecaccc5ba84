"""The page of two compared runs in Chromium: what it says first, what folds, sizes, names."""

from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe

from effprof.core.reasons import Reason
from effprof.regressions.comparison import Line
from effprof.report.comparison import headline
from effprof.report.html.comparison import render_html
from tests.regressions.test_compare import B0, EVERYTHING, OLD, compare, new, of_machine

HOSTILE = "</script><script>alert(1)</script><img/src=x/onerror=alert(2)>'\"&"


def compared():
    return compare(of_machine(OLD), of_machine(new(EVERYTHING | {B0: 1.3}), 1.01))


def test_the_page_says_first_what_all_cells_share_and_folds_what_did_not_change(opened):
    given = compared()
    with opened(render_html(given)) as page:
        assert page.locator(".quiet").inner_text() == headline(given)
        slower = page.locator("section", has_text="Slower (4)")
        first = slower.locator("tbody tr").first
        assert "efficientnet_b0" in first.inner_text()
        assert "+30.0 %" in first.inner_text()
        folded = page.locator("details", has_text="No change")
        assert not folded.locator("table").is_visible()
        folded.locator("summary").click()
        assert folded.locator("table").is_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_fits_and_can_be_read_aloud(opened, width):
    with opened(render_html(compared()), viewport={"width": width, "height": 900}) as page:
        for summary in page.locator("summary").all():
            summary.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


def test_hostile_names_and_reasons_stay_text(opened):
    why = Reason("invalid", HOSTILE)
    line = Line(
        f"a:{HOSTILE.replace(' ', '')}@224 infer", "step_seconds", "cannot tell", reason=why
    )
    given = replace(compared(), lines=(line,), only_new=(HOSTILE,), unmeasured={HOSTILE: HOSTILE})
    with opened(render_html(given)) as page:
        assert page.locator("img").count() == 0
        assert page.locator("body").inner_html().count("&lt;img") >= 4
