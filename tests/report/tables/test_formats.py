"""Every way of writing a table: no row is lost, no text breaks out, no value changes."""

import csv
import io
import json
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from effprof.core.estimates import Estimate
from effprof.core.units import si
from effprof.report.tables.cells import Code, Joined, Link, Mark, Marked, Phrase, Strong, Worded
from effprof.report.tables.formats import FORMATS
from effprof.report.tables.html import html
from effprof.report.tables.latex import latex
from effprof.report.tables.markdown import markdown
from effprof.report.tables.raw import as_json, comma_separated, tab_separated
from effprof.report.tables.table import Column, Table
from effprof.report.tables.terminal import plain_text

HOSTILE = 'x/</td><script>alert(1)</script>|`$a_b$`[y](z) \\end{table} 50% & "#" ~^\n\ttail'

#: Any text that has something to read in it.
TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1)

NUMBERS = st.none() | st.integers() | st.floats()

ESTIMATES = st.none() | st.builds(
    Estimate,
    *(st.floats(),) * 3,
    method=st.sampled_from(["student", "none"]),
    n=st.integers(0, 99),
)

COLUMNS = (
    Column.words("network"),
    Column.of("params"),
    Column.of("realised"),
    Column("p50 / p90", names=("latency_p50_seconds", "latency_p90_seconds")),
)

ROWS = st.lists(
    st.tuples(TEXTS, NUMBERS, ESTIMATES, st.tuples(NUMBERS, NUMBERS).map(Joined)), max_size=6
)


def table_of(rows, title="Results"):
    return Table(COLUMNS, tuple(rows), title)


def finite(value):
    """What a file holds of a value."""
    known = value is not None and (isinstance(value, str) or math.isfinite(value))
    return value if known else None


def plain(row):
    """The values of a row by their names, as every raw format should hold them."""
    name, params, found, joined = row
    fields = (None,) * 5
    if found is not None:
        fields = (found.value, found.low, found.high, found.method, found.n)
    ends = ("", "_low", "_high", "_method", "_n")
    return {
        "network": name,
        "params": finite(params),
        **{f"realised{end}": finite(field) for end, field in zip(ends, fields, strict=True)},
        "latency_p50_seconds": finite(joined.values[0]),
        "latency_p90_seconds": finite(joined.values[1]),
    }


@pytest.mark.parametrize("name", FORMATS)
def test_every_row_is_shown_once(name):
    rows = tuple((f"net{place:03}", place, None, Joined((0.1, None))) for place in range(40))
    found = re.findall(r"net\d{3}", FORMATS[name].write(table_of(rows)))
    assert found == [row[0] for row in rows]


@pytest.mark.parametrize("name", FORMATS)
def test_a_table_without_rows_is_written_too(name):
    assert FORMATS[name].write(table_of(()))


def test_formats_have_endings_of_their_own():
    assert len({each.ending for each in FORMATS.values()}) == len(FORMATS)


@pytest.mark.parametrize(
    ("write", "between"), [(comma_separated, ","), (tab_separated, "\t")], ids=["csv", "tsv"]
)
@given(rows=ROWS)
def test_values_come_out_of_a_file_as_they_went_in(write, between, rows):
    text = write(table_of(rows))
    found = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=between))
    assert len(found) == len(rows)
    for line, row in zip(found, rows, strict=True):
        for name, value in plain(row).items():
            match value:
                case str():
                    assert line[name] == value
                case None:
                    assert line[name] == ""
                case _:
                    assert type(value)(line[name]) == value


@given(ROWS)
def test_json_has_a_row_of_values_by_name_and_no_nan(rows):
    document = json.loads(as_json(table_of(rows)), parse_constant=pytest.fail)
    assert document == {"title": "Results", "rows": [plain(row) for row in rows]}


def test_words_marks_and_code_leave_the_value_alone():
    cells = (Worded("reference", 1.0), Marked(2.0, Mark("†", "")), Code("a_b"), True)
    table = Table(tuple(map(Column, "abcd")), (cells,))
    assert json.loads(as_json(table))["rows"] == [{"a": 1.0, "b": 2.0, "c": "a_b", "d": True}]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=8))
def test_html_sorts_by_the_value_and_not_by_what_is_read(values):
    found = html(Table((Column("i"), Column("n", write=si)), tuple(enumerate(values))))
    sorted_by = [float(text) for text in re.findall(r'<td data-value="([^"]+)"', found)]
    assert sorted_by == values


def test_html_can_be_read_aloud_and_its_rows_have_a_head():
    speed = Estimate(4.48, 3.44, 5.85, "student", 3)
    table = Table((Column.words("model"), Column("speed")), (("b0", speed),), "Results")
    found = html(table)
    assert found.count('<th scope="col"') == 2
    assert '<th scope="row">b0</th>' in found
    assert '<td data-value="4.48" class="number">4.48 [3.44, 5.85]</td>' in found
    assert 'role="region" aria-label="Table: Results" tabindex="0"' in found


def test_long_texts_in_a_column_of_numbers_are_prose():
    long = "slower arithmetic: pointwise conv 1.61x, SE FC 1.06x"
    found = html(Table((Column("model"), Column("loss")), ((long, long), ("b0", None))))
    assert f'<td class="prose">{long}</td>' in found
    assert '<td class="number">–</td>' in found
    assert f'<th scope="row" class="number">{long}</th>' in found


@given(TEXTS)
def test_html_shows_any_text_and_makes_no_element_of_it(text):
    found = html(Table((Column(text),), ((text,), (Code(text),)), text))
    names = set(re.findall(r"<(\w+)", found))
    assert names == {"div", "table", "thead", "tbody", "tr", "th", "code"}
    assert found.striptags() == " ".join(f"{text} {text} {text}".split())


STYLED = Phrase((Strong("refuted"), Link("a_b", "b/page.md"), Code("x y"), "1 of 2"), "; ")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("markdown", "**refuted**; [a_b](b/page.md); `x y`; 1 of 2"),
        (
            "html",
            '<strong>refuted</strong>; <a href="b/page.md">a_b</a>; <code>x y</code>; 1 of 2',
        ),
        (
            "latex",
            r"\textbf{refuted}; \href{b/page.md}{a\_b}; \texttt{x y}; 1 of 2",
        ),
        ("text", "refuted; a_b; x y; 1 of 2"),
    ],
)
def test_links_and_what_stands_out_are_said_in_the_way_of_each_format(name, written):
    assert written in str(FORMATS[name].write(Table((Column.words("told"),), ((STYLED,),))))


@pytest.mark.parametrize("kind", [Strong, lambda text: Link(text, "page.md")])
def test_styled_text_from_outside_breaks_out_of_nothing(kind):
    table = Table((Column.words("a"),), ((kind(HOSTILE),), (Phrase((kind(HOSTILE), "x")),)))
    assert "<script" not in html(table)
    assert "<script" not in markdown(table)
    lines = latex(table).splitlines()
    assert lines.count(r"\end{table}") == 1
    assert len(markdown(table).splitlines()) == 4
    told = [row["a"] for row in json.loads(as_json(table))["rows"]]
    assert told == [HOSTILE, f"{HOSTILE} x"]


def cells_of(line):
    """The cells of a line of LaTeX: what stands between bare ampersands."""
    return re.split(r"(?<!\\)&", line)


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=4), TEXTS)
def test_latex_is_balanced_and_every_line_has_its_cells(rows, title):
    text = latex(Table((Column.words("a"), Column(title)), tuple(rows), title))
    bare = re.sub(r"\\\\|\\[{}]", "", text)
    assert bare.count("{") == bare.count("}")
    lines = text.splitlines()
    assert r"\begin{tabular}{lr}" in lines
    inside = [line for line in lines if line.endswith(r" \\")]
    assert len(inside) == 1 + len(rows)
    assert {len(cells_of(line)) for line in inside} == {2}
    assert not any(line.startswith(("[", "*")) for line in inside)
    # A bare one of these would be an instruction, and a comment would eat the rest.
    assert not re.search(r"(?<!\\)[%#_]", text)


def test_latex_says_what_its_footnotes_mean():
    mark = Mark("†", "one process only")
    text = latex(Table((Column("n"),), ((Marked(1, mark),), (Marked(2, mark),)), HOSTILE))
    assert text.count("one process only") == 1
    assert r"\end{table}" in text.splitlines()[-1]
    assert text.count(r"\end{table}") == 1


def test_a_terminal_shows_text_as_it_is_and_cuts_nothing():
    table = Table((Column("run"),), (("[red]x[/red]" + "y" * 300,),), "[b]title")
    found = plain_text(table)
    assert "[red]x[/red]" + "y" * 300 in found
    assert found.startswith("[b]title\n")


@pytest.mark.parametrize("text", ["[1, 2] apart", "*"])
def test_no_line_of_latex_begins_like_an_option_of_the_line_before(text):
    (line,) = (
        line for line in latex(Table((Column("a"),), ((text,),))).splitlines() if text in line
    )
    assert line == rf"{{}}{text} \\"
