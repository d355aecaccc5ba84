"""Two runs compared, as a comment: the first line, ten rows, what folds away, what is escaped."""

from dataclasses import replace
from pathlib import Path

import pytest

from effprof.core.cells import Cell
from effprof.core.estimates import Estimate
from effprof.core.reasons import Reason
from effprof.regressions.assessment import Change
from effprof.regressions.comparison import Line, RunComparison
from effprof.report.cell_labels import Labels
from effprof.report.comparison import groups, headline, lines_table
from effprof.report.comparison_markdown import first_line, render_comparison
from effprof.report.html.comparison import render_html
from effprof.report.tables.terminal import laid_out
from tests.golden import agrees
from tests.regressions.test_compare import B0, OLD, compare, new
from tests.runs import MODELS, fingerprint

GOLDEN = Path(__file__).parent / "golden"

#: GitHub refuses longer comments, in characters.
LONGEST_COMMENT = 65_536


def made_up(*lines):
    return RunComparison(OLD, new(), lines)


def change(relative):
    moved = Estimate(relative, relative - 0.01, relative + 0.01, "welch", 5)
    return Change(0.017, 0.017 * (1 + relative), moved, (5, 5))


def test_a_regression_reads_as_one_row():
    slower = Line(B0.key, "step_seconds", "regression", change(0.2), 0.008, 0.03)
    compared = replace(made_up(slower), roles={B0.key: {"activation": 0.0031, "norm": -0.0002}})
    text = render_comparison(compared)
    first, _, _, _, row, *folded = text.splitlines()
    assert first == "**efficientnet_b0 20 % slower**"
    assert [cell.strip() for cell in row.split("|")[1:-1]] == [
        "efficientnet_b0",
        "slower",
        "17.0 ms → 20.4 ms",
        "+20.0 % [+19.0, +21.0]",
        "activation +3.10 ms, norm -200 µs",
    ]
    assert "All cells: infer b1 fp32 nchw eager." in folded
    assert "### Slower (1)" in folded
    rows = [text for text in folded if text.startswith("| efficientnet_b0")]
    cells = [cell.strip() for cell in rows[-1].split("|")[1:-1]]
    assert cells == [
        "efficientnet_b0",
        "17.0 ms → 20.4 ms",
        "+20.0 % [+19.0, +21.0]",
        "5 + 5",
        "activation +3.10 ms, norm -200 µs",
    ]


def test_what_did_not_change_folds_away_and_what_else_differs_is_said():
    later = replace(fingerprint(), recorded={"torch": "2.16.0", "git": "abc123"})
    text = render_comparison(compare(OLD, new(fingerprint=later)))
    assert "<details><summary>No change (" in text
    assert (
        "- What else differs: torch 2.15.0 → 2.16.0, timm 1.0.31 → absent, git absent → abc123"
        in text
    )
    assert "git abc123" in text


def test_a_banner_says_that_machines_differ():
    text = render_comparison(compare(OLD, new(fingerprint=fingerprint(device="B")), across=True))
    assert text.startswith("**Not comparable: device: Some CPU then, B now.**")


def cells(count):
    """Keys of as many cells."""
    return [Cell("timm/efficientnet_b0", 224, batch_size=b).key for b in range(1, count + 1)]


def test_the_comment_of_a_pull_request_reads_as_kept():
    """One is slower, fifteen are not, one is unclear: the answer is the first line."""
    verdicts = ["regression", *["no change"] * 15, "cannot tell"]
    reason = Reason("too_wide", "the interval is too wide")
    lines = [
        Line(
            key,
            "step_seconds",
            verdict,
            change(0.131 if verdict == "regression" else 0.01),
            0.1,
            reason=reason if verdict == "cannot tell" else None,
        )
        for key, verdict in zip(cells(17), verdicts, strict=True)
    ]
    text = render_comparison(replace(made_up(*lines), roles={cells(1)[0]: {"norm": 0.0021}}))
    assert text.splitlines()[0] == "**efficientnet_b0 b1 13 % slower** · 15 unchanged · 1 unclear"
    assert text.splitlines()[-1] == "<!-- effprof compare: quick -->"
    agrees(GOLDEN / "comparison.md", text)


def test_ten_rows_stand_in_the_open_the_worst_of_them_first():
    slower = [
        Line(k, "step_seconds", "regression", change(i / 100 + 0.05))
        for i, k in enumerate(cells(12))
    ]
    faster = Line(B0.key, "latency_p50_seconds", "improvement", change(-0.4))
    more = Line(B0.key, "peak_rss_bytes", "regression", change(0.5))
    broken = Line(cells(13)[-1], "status", "regression")
    text = render_comparison(made_up(*slower, faster, more, broken))
    first, opened = text.splitlines()[0], text.partition("<details>")[0]
    assert first == "**efficientnet_b0 b13 stopped working** · 12 slower · 2 other changes"
    rows = [line for line in opened.splitlines() if line.startswith("| efficientnet")]
    assert len(rows) == 10
    assert [row.split("|")[1].split()[1] for row in rows[:3]] == ["b13", "b12", "b11"]
    assert "5 more are folded below." in opened
    assert text.count("<details") == text.count("</details>")


@pytest.mark.parametrize(
    ("lines", "first"),
    [
        ((), "**Nothing was measured in both runs**"),
        ((("no change", 0.0),), "**No change of speed found** · 1 unchanged"),
        ((("cannot tell", 0.2),), "**No change of speed found** · 1 unclear"),
        ((("likely regression", 0.034),), "**efficientnet_b0 b1 3.4 % slower, likely**"),
        (
            (("improvement", -0.2), ("improvement", -0.3), ("likely regression", 0.1)),
            "**efficientnet_b0 b3 10 % slower, likely** · 2 faster",
        ),
        (
            (("improvement", -0.2), ("improvement", -0.3), ("no change", 0.0)),
            "**efficientnet_b0 b2 30 % faster** · 1 more faster · 1 unchanged",
        ),
    ],
)
def test_the_first_line_names_the_worst_and_counts_the_rest(lines, first):
    keys = [*cells(len(lines)), *cells(20)[-1:]] if lines else []
    made = [
        Line(key, "step_seconds", verdict, change(moved))
        for key, (verdict, moved) in zip(keys, lines, strict=False)
    ]
    # The last tells cells apart by their batch; it is about memory, which is not counted here.
    rest = [Line(keys[-1], "peak_rss_bytes", "no change", change(0.0))] if keys else []
    assert first_line(made_up(*made, *rest)) == first


def test_hostile_names_are_escaped_and_do_not_break_the_table():
    name = "a.py:x|<script>alert(1)</script>`"
    line = Line(
        f"{name}@224 infer",
        "step_seconds",
        "regression",
        change(0.1),
        reason=Reason("invalid", "|<b>|"),
    )
    compared = replace(made_up(line), only_new=("<img>",))
    text = render_comparison(compared)
    for page in (text, render_html(compared).partition("<body>")[2]):
        assert "<script>alert" not in page
        assert "<b>" not in page
        assert "<img>" not in page
    rows = [row for row in text.splitlines() if row.startswith("|") and "alert" in row]
    assert [row.count("|") - row.count("\\|") for row in rows] == [5, 6]  # columns and one


def test_a_thousand_cells_fit_a_comment():
    cells = [
        Cell(f"effprof:efficientnet?depth={i}", 224, batch_size=b).key
        for i in range(250)
        for b in (1, 8, 64, 256)
    ]
    verdicts = ("regression", "improvement", "cannot tell", "no change")
    lines = tuple(
        Line(
            cell,
            "step_seconds",
            verdicts[i % 4],
            change(0.1),
            reason=Reason("invalid", "why " * 100),
        )
        for i, cell in enumerate(cells)
    )
    text = render_comparison(replace(made_up(*lines), only_old=tuple(cells)))
    assert len(text) < LONGEST_COMMENT
    assert "200 more of smaller effect" in text


def test_equal_runs_give_equal_text():
    later = new(dict.fromkeys((Cell(m, 224) for m in MODELS), 1.2))
    assert render_comparison(compare(OLD, later)) == render_comparison(compare(OLD, later))


def test_a_terminal_of_80_columns_shows_every_number_whole():
    why = Reason("too_wide", "the interval is too wide")
    lines = tuple(
        Line(Cell("timm/mobilenetv3_large_100", 224, batch_size=b).key, *line, reason=why)
        for b in (1, 8)
        for line in (
            ("step_seconds", "cannot tell", change(0.2), 0.1, 0.2),
            ("peak_rss_bytes", "regression", change(0.2), 0.1, 0.2),
        )
    )
    lines = tuple(replace(line, beside=change(0.02).estimate, needed=41) for line in lines)
    compared = made_up(*lines)
    for group in groups(compared):
        table = lines_table(compared, group.lines, wide=False)
        text = laid_out(table, 80)
        assert max(map(len, text.splitlines())) <= 80
        for number in ("+20.0 % [+19.0, +21.0]", "+2.0 %", "> 40"):
            assert text.count(number) == 2
        # With all of them there is no room for both values, which pages show.
        assert [column.ids for column in table.columns][-3:] == [
            *(("change",), ("beside",), ("needed",)),
        ]
    plain = made_up(*(replace(line, beside=None) for line in lines))
    text = laid_out(lines_table(plain, plain.lines, wide=False), 80)
    assert text.count("17.0 ms → 20.4 ms") == 2


def test_networks_keep_what_tells_them_apart():
    """Short names: without the provider and the size, unless two cells would have one name."""
    keys = [Cell(m, r).key for m, r in (("timm/a", 224), ("timm/a", 240), ("torchvision/b", 224))]
    named = Labels.of(Line(key, "step_seconds", "no change") for key in keys)
    assert [named.label(key) for key in keys] == ["a@224", "a@240", "b@224"]
    both = [Cell(model, 224).key for model in ("timm/a", "torchvision/a")]
    named = Labels.of(Line(key, "step_seconds", "no change") for key in both)
    assert [named.label(key) for key in both] == ["timm/a@224", "torchvision/a@224"]


def test_words_tell_time_from_memory_and_outcomes():
    lines = [
        Line(B0.key, "step_seconds", "likely regression", change(0.1)),
        Line(B0.key, "peak_rss_bytes", "regression", change(0.1)),
        Line(B0.key, "params", "improvement", change(-0.1)),
        Line(B0.key, "status", "regression"),
    ]
    titles = [group.title for group in groups(made_up(*lines))]
    assert titles == ["More (1)", "Stopped working (1)", "Less (1)", "Likely slower (1)"]


def test_the_page_for_a_browser_says_the_same_and_folds_what_did_not_change():
    compared = compare(OLD, new({B0: 1.3}))
    page = render_html(compared)
    assert page == render_html(compared)
    assert headline(compared) in page
    assert headline(compared) in render_comparison(compared).replace("\\", "")
    assert "<h2>Slower (1)</h2>" in page
    assert "<details><summary>No change (" in page
