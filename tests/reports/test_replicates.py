"""The methodology quotes what the committed runs of one suite replicate, as the benchmark says."""

import textwrap
from pathlib import Path

import pytest

from tests.benchmarks.replication import replication, runs_of

HOME = Path(__file__).resolve().parents[2]
#: The run of `quick` that is published, and earlier ones of that machine beside it.
MACHINES = sorted((HOME / "reports").glob("*/replicates"))


@pytest.mark.parametrize("machine", MACHINES, ids=lambda path: path.parent.name)
def test_the_methodology_quotes_what_the_committed_runs_replicate(machine):
    files = [*sorted(machine.glob("*.jsonl.gz")), machine.parent / "quick.jsonl.gz"]
    runs = [run for path in files for run in runs_of(str(path))]
    assert len(runs) >= 6
    said = textwrap.indent("\n".join(replication(runs)), "  ")
    assert said in (HOME / "docs" / "methodology.md").read_text("utf-8")
