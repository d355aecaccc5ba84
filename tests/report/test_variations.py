"""What the way of running changes, on pages: one row a change, the range over all of them."""

import re

from effprof.report.blocks import markdown_of
from effprof.report.page import Page
from effprof.report.tables.markdown import markdown
from effprof.report.variations import Pair, page_variations, variations_table
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.source import Source
from effprof.report.writeup.ways_of_running import ways_of_running
from effprof.study.collection import Collection
from effprof.study.study import Study
from effprof.study.variations import variations
from tests.runs import sample_run
from tests.several_runs import named, with_ways

WAYS = (
    {"memory_format": "nhwc"},
    {"execution": "bn-folded"},
    {"threads": 2},
    {"allocator": "default"},
    {"batch_size": 8},
    {"resolution": 380},
    {"execution": "bn-folded", "threads": 2},
)
RUN = with_ways(
    sample_run((1,)),
    *WAYS,
    faster=lambda cell: 1 + 0.5 * (cell.threads == 2 and "resnet50" in cell.model),
)


def rows(text):
    """The first two columns of a table that matter: what is changed, and the ratio."""
    cells = (line.strip("|").split("|") for line in text.splitlines() if line.startswith("|"))
    return [(row[0].strip(), row[1].strip()) for row in cells][2:]


def test_a_page_has_a_row_for_each_change():
    text = markdown_of(page_variations(Page(Study(RUN))))
    told = rows(text)
    assert [changed for changed, _ in told] == [
        *("base point", "both at 380 px", "batch 8", "nhwc", "bn-folded", "2 threads"),
        "default allocator",
    ]
    assert all(re.fullmatch(r"\d\.\d\dx \[\d\.\d\d, \d\.\d\d\]", ratio) for _, ratio in told)
    assert "efficientnet_b0 over resnet50" in text
    assert "gain of efficientnet_b0" in text
    assert "compile" not in text  # a column that holds nothing
    assert "In 8 ways of running, efficientnet_b0 is " in text
    assert "3.14x [3.14, 3.14] (2 threads)" in text


def test_rows_of_several_runs_say_what_their_run_has_at_the_base_point():
    folded = with_ways(sample_run((1,)), {"execution": "bn-folded"}, faster=lambda _: 1.2)
    other = named(folded, id="20261121-090000-300000", suite="other")
    threads = named(RUN, id="20261121-090001-300000", suite="third")
    (told,) = variations(Collection(tuple(map(Study, (folded, other, threads)))))
    lines = markdown(variations_table(told, Pair("B0", "R50"))).splitlines()
    assert "same run, base point" in lines[0]
    assert "promise" not in lines[0]
    assert "same run, base point" not in markdown_of(page_variations(Page(Study(RUN))))


def test_a_run_with_one_way_says_nothing():
    assert list(page_variations(Page(Study(sample_run((1,)))))) == []


def test_the_write_up_names_the_run_of_each_row_and_the_range_over_all():
    basis = Basis.of([Source(Study(RUN), "file.jsonl.gz", "folder")])
    text = markdown_of(ways_of_running(basis))
    assert "EfficientNet-B0 over ResNet-50" in text
    assert text.count("[quick](folder/report.md)") == 7
    assert text.startswith("**Some CPU, 1 thread, fp32: In 8 ways of running, EfficientNet-B0 is")
