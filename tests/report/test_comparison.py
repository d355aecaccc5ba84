"""Two runs compared, as Markdown: what stands open, what folds away, what is escaped."""

import io
from dataclasses import replace

from rich.console import Console

from effprof.core.cells import Cell
from effprof.core.estimates import Estimate
from effprof.core.reasons import Reason
from effprof.regressions.assessment import Change
from effprof.regressions.comparison import Line, RunComparison
from effprof.report.comparison import render_comparison, told_table
from effprof.report.tables.terminal import rich_table
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
    assert text.splitlines()[0] == (
        "REGRESSION (1) | IMPROVEMENT (0) | NOT COMPARABLE (0) | CANNOT TELL (0) | NO CHANGE (0)"
    )
    cells = [cell.strip() for cell in text.splitlines()[-1].split("|")[1:-1]]
    assert cells == [
        B0.key,
        "step",
        "17.0 ms → 20.4 ms",
        "+20.0 % [+19.0, +21.0]",
        "5 + 5",
        "activation +3.10 ms, norm -200 µs",
    ]


def test_what_did_not_change_folds_away_and_what_else_differs_is_said():
    later = replace(fingerprint(), recorded={"torch": "2.16.0", "git": "abc123"})
    text = render_comparison(compare(OLD, new(fingerprint=later)))
    assert "<details><summary>No change (" in text
    assert "torch: 2.15.0 then, 2.16.0 now" in text
    assert "git abc123" in text


def test_a_banner_says_that_machines_differ():
    text = render_comparison(compare(OLD, new(fingerprint=fingerprint(device="B")), across=True))
    assert "**Not comparable: device: Some CPU then, B now.**" in text


def test_hostile_names_are_escaped_and_do_not_break_the_table():
    name = "a.py:x|<script>alert(1)</script>`"
    line = Line(
        f"{name}@224 infer",
        "step_seconds",
        "regression",
        change(0.1),
        reason=Reason("invalid", "|<b>|"),
    )
    text = render_comparison(replace(made_up(line), only_new=("<img>",)))
    assert "<script>" not in text
    assert "<b>" not in text
    assert "<img>" not in text
    row = next(text for text in text.splitlines() if "alert" in text)
    assert row.count("|") - row.count("\\|") == 7  # six columns


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
    why = Reason("chance", "p = 0.1: chance alone may do this")
    lines = (Line(B0.key, "step_seconds", "cannot tell", change(0.2), reason=why),)
    table = told_table(made_up(*lines), lines)
    console = Console(width=80, file=io.StringIO())
    console.print(rich_table(table))
    for number in ("17.0 ms → 20.4 ms", "+20.0 % [+19.0, +21.0]", "5 + 5"):
        assert number in console.file.getvalue()
    assert "roles that moved" not in [column.heading for column in table.columns]
    assert [column.ids for column in table.columns][3:6] == [
        *(("old", "new"), ("change",), ("n_old", "n_new")),
    ]
