"""A table in a terminal: it fits, nothing is cut, and what gives way to what is always the same."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from effprof.core.estimates import Estimate
from effprof.report.tables.cells import Mark, Marked
from effprof.report.tables.table import Column, Table
from effprof.report.tables.terminal import laid_out, wrapped
from tests.golden import agrees

GOLDEN = Path(__file__).parent / "golden"

LONG = "effprof:efficientnet?phi=1&se=0.25&act=relu"

COLUMNS = (
    Column.words("model"),
    Column.of("resolution", "{} px".format),
    Column("run as", align="left"),
    Column.of("params"),
    Column.of("realised"),
    Column("operators / image", rank=1),
    Column.words("what for", rank=2),
    Column("never there"),
)

ROWS = (
    ("timm/mobilenetv3_large_100", 224, "fp32 nchw eager", 5_483_032, 7.1, 125, "small", None),
    (LONG, 240, "fp32 nchw eager", 7_794_184, Estimate(2.9, 2.7, 3.1, "paired", 5), 339,
     "Compound scaling of B0, with the activation of other networks", None),
    ("timm/resnet50", 224, "fp32 nchw eager", 25_557_032, Marked(1.0, Mark("†", "the reference")),
     175, "what speeds are compared with", None),
)  # fmt: skip


@pytest.mark.parametrize("width", [80, 100, 150])
def test_the_same_table_in_three_widths(width):
    text = laid_out(Table(COLUMNS, ROWS, "Networks of a run"), width)
    assert max(map(cell_len, text.splitlines())) <= width
    agrees(GOLDEN / f"terminal-{width}.txt", text)


WORDS = st.text(st.characters(categories=("L", "N"), max_codepoint=0x2FF), min_size=1, max_size=12)
TEXTS = st.lists(WORDS, min_size=1, max_size=6).map(" ".join)


@given(
    st.lists(st.tuples(TEXTS, st.integers(0, 10**9), TEXTS, TEXTS), min_size=1, max_size=5),
    st.integers(40, 120),
)
def test_no_line_is_too_wide_and_no_word_is_lost_but_with_its_whole_column(rows, width):
    columns = (
        Column.words("name"),
        Column("count"),
        Column.words("remark"),
        Column.words("aside", rank=1),
    )
    text = laid_out(Table(columns, tuple(rows)), width)
    assert max(map(cell_len, text.splitlines())) <= width
    told = text.split()
    for row in rows:
        assert all(any(word in each for each in told) for word in f"{row[0]} {row[1]}".split())
        assert "No room for: aside" in text or all(word in text for word in row[3].split())


def test_what_all_rows_agree_in_is_said_once_and_what_none_tells_is_left_out():
    text = laid_out(Table(COLUMNS, ROWS), 150)
    assert text.splitlines()[0] == "All: run as fp32 nchw eager"
    assert text.count("nchw") == 1
    assert "never there" not in text
    alone = laid_out(Table(COLUMNS, ROWS[:1]), 150)
    assert not alone.startswith("All: ")


def test_columns_give_way_by_rank_and_are_named():
    text = laid_out(Table(COLUMNS, ROWS), 90)
    assert "operators" in text
    assert text.splitlines()[-2] == "No room for: what for"


def test_text_from_outside_cannot_move_the_cursor():
    text = laid_out(Table((Column.words("name"),), (("a\x1b[2Jb\tc\nd",),)), 80)
    assert text.splitlines()[-1] == "a [2Jb c d"


def test_wide_letters_count_twice():
    lines = wrapped("網絡 網絡 網絡", 9)
    assert lines == ["網絡 網絡", "網絡"]
