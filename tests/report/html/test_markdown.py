"""Markdown as HTML: text from outside is harmless."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from effprof.report.html.markdown import html_of
from effprof.report.html.pages import embedded_json
from effprof.report.text import escape


@given(st.text(st.characters(exclude_categories=("Cc", "Cs"))))
def test_escaped_text_comes_out_as_it_was_and_makes_no_element(text):
    html = html_of(f"a {escape(text)} b")
    assert set(re.findall(r"<(\w+)", html)) == {"p"}
    assert html_of(f"a {escape(text)} b").striptags() == " ".join(f"a {text} b".split())


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "[a](javascript:alert(1))"])
def test_not_even_unescaped_text_runs(text):
    html = html_of(text)
    assert "<script" not in html
    assert "href" not in html


@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner, max_size=3)))
def test_embedded_json_never_ends_its_element(value):
    import json

    text = str(embedded_json(value))
    assert not set(text) & set("<>&\u2028\u2029")
    assert json.loads(text) == value
