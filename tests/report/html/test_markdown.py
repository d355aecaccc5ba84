"""Markdown as HTML: tables that can be read aloud and sorted, text from outside harmless."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from effprof.core.units import si
from effprof.report.html.markdown import html_of
from effprof.report.html.pages import embedded_json
from effprof.report.text import escape, table


def test_heads_have_scopes_and_rows_a_head():
    html = html_of(table({"model": ["b0"], "speed": ["4.48x [3.44, 5.85]"]}), "Results")
    assert html.count('<th scope="col"') == 2
    assert '<th scope="row">b0</th>' in html
    assert '<td data-value="4.48" class="number">4.48x [3.44, 5.85]</td>' in html
    assert 'aria-label="Table: Results 1" tabindex="0"' in html


@given(st.lists(st.floats(min_value=1e-9, max_value=9e17), min_size=2, max_size=8))
def test_cells_sort_by_what_they_mean(values):
    html = html_of(table({"i": [str(i) for i in range(len(values))], "n": list(map(si, values))}))
    found = [float(text) for text in re.findall(r'<td data-value="([^"]+)"', html)]
    assert found == pytest.approx(values, rel=0.0051)


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


def test_long_texts_in_a_column_of_numbers_are_prose():
    long = "arithmetic intensity: norm 1.26x, activation 1.24x"
    html = html_of(table({"model": [long, "b0"], "largest loss": [long, "–"]}))
    assert f'<td class="prose">{long}</td>' in html
    assert '<td class="number">–</td>' in html
    assert f'<th scope="row">{long}</th>' in html
