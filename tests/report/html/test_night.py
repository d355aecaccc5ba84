"""The page of a night without a browser: what it says, its drawing of nights, its limits."""

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from effprof.regressions.assessment import Assessment
from effprof.report.html.night import MOST_EVENTS, render_night
from effprof.report.html.sparkline import HEIGHT, MOST_POINTS, WIDTH, drawing
from effprof.report.night import counts_line, tonight_line
from tests.nights import assessment

LEVELS = (1.0, 2.0)


def lines(svg):
    found = re.findall(r'<polyline points="([^"]*)"', svg)
    return [[tuple(map(int, at.split(","))) for at in text.split()] for text in found]


def test_nights_without_a_value_leave_a_gap():
    svg = drawing((1.0, 1.1, None, 2.0, 1.9), 3, LEVELS, "words")
    assert [len(line) - 1 for line in lines(svg)] == [2, 2]
    assert 'aria-label="words"' in svg


def test_the_levels_meet_at_the_step_and_the_higher_is_above():
    svg = drawing((1.0, 1.0, 2.0, 2.0), 2, LEVELS, "")
    edge = int(re.search(r'class="at" d="M(\d+) ', svg)[1])
    old, new = re.findall(r'class="level" d="M(\d+) (\d+)H(\d+)"', svg)
    assert int(old[2]) == int(new[0]) == edge
    assert int(old[1]) > int(new[1])
    (line,) = lines(svg)
    assert line[1][0] < edge < line[2][0]


@given(
    st.lists(st.none() | st.floats(min_value=1e-9, max_value=1e12), max_size=400),
    st.integers(min_value=0, max_value=400),
    st.tuples(*[st.none() | st.floats(min_value=1e-9, max_value=1e12)] * 2),
)
def test_everything_stays_inside_and_few(values, step, levels):
    svg = drawing(values, min(step, len(values)), levels, "")
    points = [point for line in lines(svg) for point in line]
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)
    assert len({x for x, _ in points}) <= MOST_POINTS
    assert bool(svg) == any(value is not None for value in values)


def test_words_are_escaped():
    assert "<b>" not in drawing((1.0,), 0, LEVELS, '"><b>')


def test_it_leads_with_the_counts_and_names_everything():
    given_ = assessment(series=100, events=3)
    html = render_night(given_)
    assert tonight_line(given_) in html.partition(counts_line(given_))[0]
    assert counts_line(given_) in html.partition("<h1")[0]
    for shown in given_.events:
        assert shown.event.cell in html
        assert shown.event.id in html
    suspicious = sum(each.state == "suspicious" for each in given_.series)
    assert suspicious
    assert html.count("<tr data-state=") == len(given_.series)
    assert html.partition("Suspicious, not confirmed</h2>")[2].count("timm/net_") >= suspicious
    assert all(cell in html for cell in given_.missing)


def test_it_says_which_cause_made_the_step_longer_and_nothing_where_none_is_told():
    given_ = assessment(events=1)
    told = "slower arithmetic 1.13x [1.10, 1.16]; less framework 1.05x [1.03, 1.08]</dd>"
    assert f"<dt>the step by cause</dt><dd>{told}" in render_night(given_)
    (shown,) = given_.events
    still = dict.fromkeys(shown.causes, shown.causes["uncounted work"])
    for causes, expected in ((still, "no cause moved detectably"), ({}, None)):
        bare = replace(given_, events=(replace(shown, causes=causes),), recovered=())
        found = re.search(r"<dt>the step by cause</dt><dd>(.*?)</dd>", render_night(bare))
        assert (found and found[1]) == expected


def test_no_delta_stands_where_nothing_is_comparable():
    html = render_night(assessment(series=54, events=0))
    row = re.search(r'<tr data-state="not comparable">.*?</tr>', html, re.DOTALL)[0]
    assert "%" not in row


def test_a_night_of_very_many_events_says_what_it_leaves_out():
    html = render_night(assessment(series=500, events=MOST_EVENTS + 7))
    assert "7 more events are not shown in full" in html


def test_the_same_night_gives_the_same_page():
    assert render_night(assessment()) == render_night(assessment())
    assert "No night yet" in render_night(Assessment((), (), ()))
