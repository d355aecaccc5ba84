"""The numbers of the README are those of the published run that it points to."""

import re
from pathlib import Path

import pytest

from effprof.analysis.isolation import isolation
from effprof.store.transfer import read_run

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
QUICK = ROOT / "reports" / "amd-epyc-2026-11" / "quick.jsonl.gz"
PAGE = (QUICK.parent / "quick" / "report.md").read_text("utf-8")


def rows(text):
    """Rows of Markdown tables as lists of cells, without heads."""
    lines = [line for line in text.splitlines() if re.match(r"\| \w+ ", line)]
    return [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines]


#: The first table of the README, and that of the page at batch 1.
SHOWN = rows(README.partition("## Two commands")[0])[1:]
RESULTS = rows(PAGE.partition("## Results")[2].partition("batch 1")[2].partition("batch 8")[0])


def test_there_is_a_table():
    assert len(SHOWN) == 7


@pytest.mark.parametrize("row", SHOWN, ids=lambda row: row[0])
def test_every_number_of_the_table_is_on_the_page_of_the_run(row):
    (on_page,) = [found for found in RESULTS if found[0] == row[0]]
    assert set(row) <= set(on_page), set(row) - set(on_page)


def test_the_sentence_below_the_table_is_on_the_page_too():
    said = re.search(r"EfficientNet-B0 promises (.*?)\. The", README, re.DOTALL)[1]
    told = next(line for line in PAGE.splitlines() if "**efficientnet_b0 promises" in line)
    numbers = re.findall(r"[\d.]+x", said)
    assert len(numbers) >= 5
    assert set(numbers) <= set(re.findall(r"[\d.]+x", told))


def test_what_isolation_cost_is_what_the_run_says():
    cost = isolation(read_run(QUICK))
    said = f"in the run above {cost.median_seconds:.2f} s a cell were spent outside measuring, "
    assert f"{said}{cost.measuring_share:.0%}".replace("%", " %") in " ".join(README.split())
