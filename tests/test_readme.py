"""The numbers of the README are those of the published runs that it points to."""

import re
from datetime import datetime
from pathlib import Path

import pytest

from effprof.core.durations import duration_text
from effprof.core.units import estimate_text, times
from effprof.models.registry import facts
from effprof.store.transfer import read_run
from effprof.study.study import Study
from tests.documents import FIRST

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
EPYC = ROOT / "reports" / "amd-epyc-2026-11" / "cpu.jsonl.gz"
XEON = ROOT / "reports" / "intel-xeon-6-167-2026-11"

#: Rows of the table of three columns.
ROWS = re.findall(r"^\| ([\w-]+) \| ([\d.]+x) \| ([\d.]+x \[.*?\]) \|$", README, re.M)

#: The two commands that are tried as they stand.
COMMANDS = (
    "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/effprof run --cpu",
    "python3 -m venv .venv && .venv/bin/pip install tox && .venv/bin/tox",
)


@pytest.fixture(scope="module")
def epyc():
    """The results of the published run, by the titles of the networks; timm's ports come last."""
    found = {}
    for result in Study(read_run(EPYC)):
        if published := facts(result.model):
            found.setdefault(published.title, result)
    return found


def seconds(path):
    run = read_run(path)
    begun, ended = map(datetime.fromisoformat, (run.invocation.started_at, run.finished_at))
    return (ended - begun).total_seconds()


def test_there_is_a_table():
    assert len(ROWS) == 9


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_number_of_the_table_is_that_of_the_run(row, epyc):
    result = epyc[row[0]]
    assert row[1:] == (times(result.promise), estimate_text(result.realised, "x"))


def test_the_sentence_about_the_split_multiplies_to_what_was_measured(epyc):
    found = epyc["EfficientNet-B0"].split
    told = " ".join(README.partition("## Where does the speed-up go?")[2].split())
    factors = [f"÷ {each.whole.value:.2f} " for each in found.factors.values()]
    for number in (f"{times(found.promise)} promised", *factors, times(found.realised.value)):
        assert number in told


def test_what_is_said_to_take_how_long_took_that_long():
    quick = sorted(map(seconds, (XEON / "replicates").glob("quick-*.jsonl.gz")))
    shortest, longest = duration_text(quick[0]), duration_text(quick[-1])
    assert f"{duration_text(seconds(FIRST))} for the three networks above" in README
    assert f"{shortest} to {longest} on the Xeon" in README
    assert f"{duration_text(seconds(EPYC))} on the EPYC" in README


def test_the_two_commands_are_there_and_it_is_short():
    assert all(f"```sh\n{command}\n```" in README for command in COMMANDS)
    assert len(README.splitlines()) <= 200
