"""The page of a night as Markdown, from made-up assessments, and its JSON twin."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from effprof.core.errors import StorageError
from effprof.core.estimates import Estimate
from effprof.core.events import Event, SeriesKey
from effprof.core.reasons import Reason
from effprof.regressions.assessment import Assessment, Change, Night, SeriesState, ShownEvent
from effprof.report.changes import value_text
from effprof.report.night import (
    counts_line,
    event_title,
    render_night,
    tonight_line,
    write_night,
)
from effprof.report.night_document import night_document
from effprof.report.night_short import MOST_CHARACTERS, render_short
from effprof.report.sparkline import BLOCKS, GAP, MOST_NIGHTS, STEP, sparkline

GOLDEN = Path(__file__).parent / "golden" / "night.md"

B0 = "timm/efficientnet_b0@224 infer b1 fp32 nchw eager"
RESNET = "timm/resnet50@224 infer b1 fp32 nchw eager"
ALIKE = (1.0, 1.004, 0.997, 1.002, 0.999)


def nights(count, step=None):
    return tuple(
        Night(
            f"202611{day + 1:02}-020000-abc123",
            f"2026-11-{day + 1:02}T02:00:00+00:00",
            {"device": "Some CPU", "git": "bbb222" if step and day >= step else "aaa111"},
        )
        for day in range(count)
    )


def key(cell, metric="step_seconds"):
    return SeriesKey("Some CPU", "laptop", cell, metric, "1")


def moved(before, after):
    relative = after / before
    return Estimate(relative - 1, relative - 1.01, relative - 0.99, "welch", 3)


def event(cell, before, after, **fields):
    given = {
        "id": f"e-{cell.partition('@')[0].rpartition('/')[2]}",
        "kind": "regression" if after > before else "improvement",
        "device": "Some CPU",
        "host": "laptop",
        "cell": cell,
        "metric": "step_seconds",
        "method": "1",
        "first_bad": "20261121-020000-abc123",
        "last_good": "20261120-020000-abc123",
        "old": before,
        "new": after,
        "change": moved(before, after),
        "n": (20, 3),
    }
    return Event(**given | fields)


def medians(old, new, step=20, count=23):
    return tuple((old if night < step else new) * ALIKE[night % 5] for night in range(count))


def state(name, cell, old=0.01, new=0.01, reason="", metric="step_seconds"):
    change = Change(old, new, moved(old, new), (20, 3))
    return SeriesState(
        key(cell, metric), name, change, Reason("failed", reason) if reason else None
    )


def an_assessment():
    slower = ShownEvent(
        event(B0, 0.017, 0.020),
        (*medians(0.017, 0.020)[:5], None, *medians(0.017, 0.020)[6:]),
        20,
        attributes={"git": ("aaa111", "bbb222"), "torch": ("2.15.0", "2.16.0")},
        causes={
            "slower arithmetic": Estimate(1.01, 0.99, 1.03, "welch", 3),
            "uncounted work": Estimate(1.16, 1.14, 1.18, "welch", 3),
            "framework": Estimate(1.004, 0.99, 1.02, "welch", 3),
        },
        roles={"activation": 0.0024, "norm": 0.0005, "pool": -0.0001, "other": 0.00005},
        flags=("clocks were throttled on the first bad night",),
        command="effprof run nightly --cpu --models efficientnet_b0 --batch-sizes 1",
    )
    faster = ShownEvent(
        event(RESNET, 0.08, 0.074, state="acknowledged", reason="the new kernel"),
        medians(0.08, 0.074),
        20,
    )
    back = ShownEvent(
        event(RESNET, 0.08, 0.09, id="e-back", recovered="20261122-020000-abc123"),
        medians(0.08, 0.08),
        18,
    )
    return Assessment(
        nights=nights(23, 20),
        series=(
            state("regression", B0, 0.017, 0.020),
            state("improvement", RESNET, 0.08, 0.074),
            state("ok", B0, metric="latency_p50_seconds"),
            state("suspicious", RESNET, 0.08, 0.085, "not confirmed", "latency_p50_seconds"),
            state("not comparable", "x@1 infer", reason="method: 1 then, 2 now"),
            SeriesState(
                key("y@1 infer"), "cannot tell", None, Reason("few_nights", "3 of 12 nights")
            ),
            SeriesState(key("z@1 infer"), "missing", None, Reason("failed", "oom: too large")),
        ),
        events=(slower, faster),
        recovered=(back,),
        missing={"z@1 infer": "oom: too large"},
        remarks=("No sentinel moved: the machine is as it was.",),
    )


def test_the_whole_page_is_as_it_was_looked_at():
    text = render_night(an_assessment())
    if os.environ.get("EFFPROF_REGENERATE"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_the_first_line_counts_every_state():
    line = counts_line(replace(an_assessment(), series=an_assessment().series[:3]))
    assert line == (
        "REGRESSION (1) | IMPROVEMENT (1) | OK (1) | CANNOT TELL (0) | NOT COMPARABLE (0)"
        " | MISSING (0)"
    )
    assert counts_line(an_assessment()).endswith("| MISSING (1) | SUSPICIOUS (1)")


def test_the_first_line_tells_what_is_new_still_open_and_back():
    given_ = an_assessment()
    first, second = given_.events
    line = tonight_line(replace(given_, events=(replace(first, new=True), second)))
    assert line == "Tonight: 1 new, 1 open since 21 Nov 2026, 0 recovered"
    (back,) = given_.recovered
    back = replace(back, event=replace(back.event, recovered=given_.nights[-1].run_id))
    line = tonight_line(replace(given_, events=(), recovered=(back,)))
    assert line == "Tonight: 0 new, 0 open, 1 recovered"
    assert render_night(given_).startswith("**Tonight: 0 new, 2 open since 21 Nov 2026")


def test_counts_that_are_as_they_were_are_one_line():
    counted = [state("ok", B0, 5e6, 5e6, metric=name) for name in ("params", "macs")]
    series = (*counted, state("ok", B0), state("regression", RESNET, metric="macs"))
    text = render_night(Assessment(nights(20), series, ()))
    assert "2 series of counts (params, MACs) are as they were." in text
    assert "<summary>2 series</summary>" in text


def test_a_short_night_fits_an_issue_however_many_series_and_however_long_names_are():
    long = "x" * 5_000
    series = tuple(state("suspicious", f"net_{i}@1 infer") for i in range(5_000))
    many = replace(an_assessment(), series=series, events=an_assessment().events * 2_500)
    text = render_short(many)
    assert len(text) <= MOST_CHARACTERS
    assert text.startswith("**Tonight: 0 new, 5000 open")
    assert "4990 more events" in text
    assert "4990 more. The rest is in night.md" in text
    hostile = replace(many, remarks=(long * 20,))
    assert len(render_short(hostile)) <= MOST_CHARACTERS
    told = render_short(an_assessment())
    assert "e-efficientnet" in told
    assert "All series" not in told


def test_a_quiet_night_says_so():
    series = (state("ok", B0),)
    text = render_night(Assessment(nights(20), series, ()))
    assert "- Nothing to report." in text
    assert "## Events" not in text


def test_the_first_nights_say_how_many_are_missing():
    series = (SeriesState(key(B0), "cannot tell", None, Reason("few_nights", "insufficient data")),)
    text = render_night(Assessment(nights(3), series, ()))
    assert "Cannot tell yet: 3 of 12 nights are there." in text
    assert "Nothing to report" not in text


def test_no_delta_stands_where_nothing_is_comparable():
    text = render_night(an_assessment())
    row = next(line for line in text.splitlines() if line.startswith("| x@1 infer"))
    assert "%" not in row
    document = night_document(an_assessment())
    row = next(row for row in document["series"] if row["state"] == "not comparable")
    assert row["change"] is None


def test_the_document_calls_an_event_by_a_title_and_says_what_it_counts_as():
    """Workflows open issues by these: software that made all cells slower is a regression."""
    slower = event(B0, 0.017, 0.0191, id="s", kind="software")
    (told,) = night_document(Assessment(nights(20), (), (ShownEvent(slower, (), 1),)))["events"]
    assert told["counts_as"] == "regression"
    assert told["title"].startswith("Everything changed, and the machine did not: ")


def test_the_document_tells_reasons_by_ids_that_programs_can_read():
    series = (
        replace(state("regression", B0, reason="event e1"), event="e1"),
        SeriesState(key("y@1 infer"), "cannot tell", None, Reason("few_nights", "3 of 12 nights")),
        state("ok", RESNET),
    )
    rows = night_document(Assessment(nights(3), series, ()))["series"]
    told = [(row["reason_id"], row["reason"], row["event"]) for row in rows]
    assert told == [
        ("failed", "event e1", "e1"),
        ("few_nights", "3 of 12 nights", None),
        (None, None, None),
    ]


def test_hostile_text_is_escaped_everywhere():
    bad = "<script>alert(1)</script>|`*"
    cell = f"{bad}@1 infer"
    shown = ShownEvent(
        event(cell, 1.0, 2.0, id=bad, reason=bad, state="fixed", recovered=bad),
        (1.0, 2.0),
        1,
        {bad: (bad, bad)},
        {bad: 1.0},
        (bad,),
        (key(cell),),
        "effprof run ```\n<script>",
    )
    hostile = Assessment(
        (Night(bad, bad, {bad: bad, "git": bad}),),
        (state("cannot tell", cell, reason=bad), state("suspicious", cell, reason=bad)),
        (shown,),
        (shown,),
        {cell: bad},
        (bad,),
    )
    text = render_night(hostile)
    fences = [part for part in text.split("````") if "effprof run" in part]
    assert len(fences) == 1  # the command stands verbatim, inside a fence longer than its own
    assert "<script>" not in text.replace(fences[0], "")
    assert json.loads(json.dumps(night_document(hostile)))["events"][0]["cell"] == cell


def test_a_machine_event_names_the_machine_and_counts_its_members():
    machine = event(
        "", 1.0, 1.08, kind="machine", metric="", id="m", change=None, old=None, new=None
    )
    shown = ShownEvent(machine, (1.0, 1.08), 1, members=tuple(key(f"c{i}@1") for i in range(40)))
    text = render_night(Assessment(nights(20), (), (shown,)))
    assert "### 1. The machine changed: Some CPU on laptop" in text
    assert "40 series moved together" in text
    assert "and 28 more" in text
    assert event_title(machine) == "The machine changed: Some CPU on laptop"


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("machine", "The machine changed"),
        ("software", "Everything changed, and the machine did not"),
    ],
)
def test_an_event_of_all_cells_says_by_how_much(kind, word):
    moved = event("", 1.0, 1.12, kind=kind, metric="", change=Estimate.bare(0.12, 0))
    assert event_title(moved) == f"{word}: Some CPU on laptop +12.0 %"


def test_an_event_found_in_a_role_tells_of_the_whole_step_too():
    role = event(B0, 0.001, 0.002, metric="role_seconds:activation")
    members = (key(B0, "role_seconds:activation"), key(B0, "latency_p50_seconds"), key(RESNET))
    shown = ShownEvent(role, (0.001, 0.002), 1, members=members)
    series = (state("regression", B0, 0.017, 0.018), state("ok", RESNET))
    text = render_night(Assessment(nights(20), series, (shown,)))
    assert "### 1. Regression: " in text
    assert "step +5.9 % \\[+4.9, +6.9\\] (activation +100.0 % \\[+99.0, +101.0\\])" in text
    lines = [line for line in text.splitlines() if line.startswith("- ")]
    assert lines[0].startswith("- the whole step: 17.0 ms → 18.0 ms, +5.9 %")
    assert lines[1].startswith("- activation: 1.00 ms → 2.00 ms")
    assert f"- 3 series moved together: activation, p50, {RESNET}, step" in text
    alone = render_night(Assessment(nights(20), series, (replace(shown, members=members[:1]),)))
    assert "moved together" not in alone


def test_the_twin_holds_every_event_series_and_night():
    document = json.loads(json.dumps(night_document(an_assessment()), allow_nan=False))
    assert document["run"] == "20261123-020000-abc123"
    assert [event["id"] for event in document["events"]] == ["e-efficientnet_b0", "e-resnet50"]
    assert document["events"][0]["roles"]["activation"] == 0.0024
    assert len(document["series"]) == 7
    assert len(document["nights"]) == 23
    assert document["counts"]["regression"] == 1


def test_500_series_make_less_than_a_megabyte():
    series = tuple(
        state("ok", f"timm/a_rather_long_name_{i}@224 infer b64 amp-fp16 nhwc compile")
        for i in range(500)
    )
    text = render_night(Assessment(nights(23), series, an_assessment().events * 50))
    assert len(text.encode()) < 2**20


def test_a_sparkline_shows_the_step_and_what_is_missing():
    assert sparkline((1.0, 1.0, 2.0), 2) == f"{BLOCKS[0] * 2}{STEP}{BLOCKS[-1]}"
    assert sparkline((None, 1.0, float("nan"))) == GAP + BLOCKS[0] + GAP
    assert sparkline(()) == ""
    long = (1.0,) * 100 + (2.0,) * 265
    drawn = sparkline(long, 100)
    assert len(drawn) == MOST_NIGHTS + 1
    assert drawn.index(STEP) == drawn.index(BLOCKS[-1]) - 1


@pytest.mark.parametrize("name", ["status", "", "no_such_metric"])
def test_what_is_no_metric_has_no_value(name):
    assert value_text(name, 1.0) == "–"


def test_an_unwritable_place_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="--out"):
        write_night("x", tmp_path / "file")
