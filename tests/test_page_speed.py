"""The benchmark of pages goes through a page as the command does."""

import json
import subprocess
import sys

from effprof.store.transfer import export_run
from tests.benchmarks.page_speed import PARTS
from tests.runs import sample_run


def test_every_part_of_a_page_is_timed(tmp_path):
    export_run(sample_run((1,)), tmp_path / "run.jsonl.gz")
    asked = [str(tmp_path / "run.jsonl.gz"), str(tmp_path / "page")]
    done = subprocess.run(
        [sys.executable, "-c", PARTS, *asked], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    spent = json.loads(done.stdout)
    assert spent["pictures"] > 0
    assert all(seconds >= 0 for seconds in spent.values())
    assert (tmp_path / "page" / "report.md").exists()
