"""Escaping and tables."""

from hypothesis import given
from hypothesis import strategies as st

from effprof.report.text import escape, fenced, listed, pipe_table


@given(st.text())
def test_escaped_text_holds_no_tag_and_no_bare_pipe(text):
    shown = escape(text)
    assert "<" not in shown
    assert "\n" not in shown
    bare = shown.replace("\\\\", "").replace("\\|", "").replace("\\`", "").replace("\\[", "")
    assert not set(bare) & set("|`[")


@given(st.text(alphabet="`ab\n"))
def test_a_fence_cannot_be_closed_from_within(text):
    fence = fenced(text).partition("text\n")[0]
    assert fence not in text


def test_numbers_in_tables_stay_as_they_were_written():
    rows = [["a", "1.00"], ["b", "1e3"]]
    lines = pipe_table(["name", "speed"], rows, ["left", "right"]).splitlines()
    assert lines[1] == "|:-------|--------:|"
    assert lines[2] == "| a      |    1.00 |"
    assert lines[3] == "| b      |     1e3 |"


def test_long_lists_say_how_many_are_left_out():
    assert listed(["a", "b"], 2) == "a, b"
    assert listed(list("abcde"), 3) == "a, b, c and 2 more"
