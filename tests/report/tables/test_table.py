"""A table as a value: how its cells are written, what they sort by, and as Markdown."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from effprof.core.estimates import Absent, Estimate
from effprof.core.units import duration, percent, times
from effprof.report.blocks import Heading, markdown_of, named_tables
from effprof.report.tables.cells import (
    Code,
    Joined,
    Mark,
    Marked,
    Worded,
    Written,
    holds_nothing,
    number_of,
)
from effprof.report.tables.markdown import markdown
from effprof.report.tables.table import Column, Field, Table

SPEED = Estimate(59.1, 55.5, 63.0, "student", 3)
RATIO = Estimate(4.71, 4.13, 5.12, "paired", 3)

HOSTILE = "x/<script>alert(1)</script>|`$a_b$`[y](javascript:z)_\n# \u4e2d \\"

#: What may stand in a cell besides text: (column, cell) -> how it reads, and what it sorts by.
CELLS = {
    "quantity": (Column.of("params"), 5_288_548, "5.29 M", 5_288_548),
    "count": (Column.of("batch_size"), 8, "8", 8),
    "estimate": (Column.of("images_per_second"), SPEED, "59.1 [55.5, 63.0]", 59.1),
    "ratio": (Column.of("realised"), RATIO, "4.71x [4.13, 5.12]", 4.71),
    "own writer": (Column("share", write=percent), 0.434, "43 %", 0.434),
    "plain number": (Column("off"), 4.7139, "4.71", 4.7139),
    "flag": (Column.of("valid"), True, "yes", None),
    "absent": (Column.of("promise"), Absent("it has no FLOPs"), "–", None),
    "nothing": (Column.of("promise"), None, "–", None),
    "not a number": (Column("share", write=percent), math.nan, "–", None),
    "marked": (Column.of("realised"), Marked(RATIO, Mark("†", "")), "4.71x [4.13, 5.12]†", 4.71),
    "worded": (Column.of("realised"), Worded("reference", 1.0), "reference", 1.0),
    "written": (Column("peak"), Written(2.0, times), "2.00x", 2.0),
    "code": (Column("column"), Code("peak_share"), "peak_share", None),
    "joined": (Column("p50 / p90", write=duration), Joined((0.08, None)), "80.0 ms / –", 0.08),
}


def shown(text):
    """Read the cells of a table as a reader of Markdown sees them, row by row, without the head."""
    tokens = MarkdownIt("commonmark", {"html": False}).enable("table").parse(text)
    rows, inside = [], False
    for token in tokens:
        inside = (inside or token.type == "tbody_open") and token.type != "tbody_close"
        if inside and token.type == "tr_open":
            rows.append([])
        elif inside and token.type == "inline":
            assert {child.type for child in token.children} <= {
                "text",
                "code_inline",
                "text_special",
            }
            rows[-1].append("".join(child.content for child in token.children))
    return rows


@pytest.mark.parametrize(("column", "cell", "text", "number"), CELLS.values(), ids=CELLS)
def test_a_cell_is_written_for_people_and_sorts_by_its_value(column, cell, text, number):
    assert column.text(cell) == text
    assert number_of(cell) == number
    assert holds_nothing(cell) == (text == "–")


def test_columns_are_named_by_quantity_by_heading_or_by_what_is_joined():
    assert Column.of("latency_p50_seconds").ids == ("latency_p50_seconds",)
    assert Column("images/s, best").ids == ("images_s_best",)
    assert Column("p50 / p90", names=("p50", "p90")).ids == ("p50", "p90")


def test_a_sparse_table_leaves_out_what_nobody_knows():
    fields = (
        Field(Column.words("model"), lambda row: row[0]),
        Field(Column.of("promise"), lambda row: row[1]),
        Field(Column.of("joules_per_image"), lambda row: Absent("no meter")),
    )
    rows = [("b0", 10.6), ("b1", None)]
    known = Table.of(fields, rows, sparse=True)
    assert [column.heading for column in known.columns] == ["model", "promise"]
    assert known.rows == (("b0", 10.6), ("b1", None))
    assert len(Table.of(fields, rows).columns) == 3


def test_markdown_is_aligned_and_numbers_stay_as_they_were_written():
    table = Table((Column.words("name"), Column("n")), (("a", 1), ("b_c", 1000)), "Title")
    assert markdown(table).splitlines() == [
        "| name   |    n |",
        "|:-------|-----:|",
        "| a      |    1 |",
        "| b_c    | 1000 |",
    ]


@given(
    st.lists(
        st.tuples(st.text(st.characters(exclude_categories=("Cc", "Cs"))), st.integers()),
        max_size=5,
    )
)
def test_any_text_comes_out_of_markdown_as_it_went_in(rows):
    table = Table((Column.words("a"), Column("n")), tuple(rows))
    assert shown(markdown(table)) == [[" ".join(text.split()), str(n)] for text, n in rows]


def test_hostile_text_makes_neither_element_nor_cell():
    cells = (HOSTILE, Code("a|b `c`"), Worded(HOSTILE, 1.0), Marked(HOSTILE, Mark("†", "")))
    table = Table(tuple(map(Column, "abcd")), (cells, cells))
    text = " ".join(HOSTILE.split())
    assert shown(markdown(table)) == [[text, "a|b `c`", text, f"{text}†"]] * 2


def test_blocks_are_parted_by_a_line_and_a_title_leads_a_table_in():
    table = Table((Column("n"),), ((1,),), "a_ [b]")
    text = markdown_of(["", "para", Heading("<h>"), table])
    assert text.split("\n\n") == [
        "para",
        "### &lt;h&gt;",
        "a_ \\[b\\]:".replace("a_", "a\\_"),
        markdown(table),
    ]
    assert markdown_of(["", ""]) == ""


def test_tables_are_named_by_section_heading_and_title_each_once():
    bare, own = Table((), ()), Table((), (), "fp32")
    blocks = [bare, bare, Heading("Batch 1"), own, "text", Heading("Batch 8"), own]
    assert [table.title for table in named_tables("Results", blocks)] == [
        "Results",
        "Results (2)",
        "Results: Batch 1, fp32",
        "Results: Batch 8, fp32",
    ]
