"""Two runs compared, as Markdown: what stands open, what folds away, what is escaped."""

from dataclasses import replace

from effprof.core.cells import Cell
from effprof.core.estimates import Estimate
from effprof.core.reasons import Reason
from effprof.regressions.assessment import Change
from effprof.regressions.comparison import Line, RunComparison
from effprof.report.comparison import Labels, groups, lines_table
from effprof.report.comparison_markdown import render_comparison
from effprof.report.html.comparison import render_html
from effprof.report.tables.terminal import laid_out
from tests.regressions.test_compare import B0, OLD, compare, new
from tests.runs import MODELS, fingerprint

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
    assert text.splitlines()[0] == "**Speed: 1 slower, 0 faster, 0 cannot tell, 0 no change.**"
    assert "All cells: infer b1 fp32 nchw eager." in text
    assert "### Slower (1)" in text
    cells = [cell.strip() for cell in text.splitlines()[-1].split("|")[1:-1]]
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
    row = next(text for text in text.splitlines() if "alert" in text)
    assert row.count("|") - row.count("\\|") == 6  # five columns


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
    first = render_comparison(compared).splitlines()[0].strip("*").replace("\\", "")
    assert first in page
    assert "<h2>Slower (1)</h2>" in page
    assert "<details><summary>No change (" in page
