"""Shards measured by calls of their own, exported, and imported as one run: all of it for real."""

import re

import pytest

from effprof.store.store import open_store
from tests.cli.test_run import write_suite


@pytest.fixture
def shards(here, tmp_path):
    """Measure a small suite in two shards, each with a store of its own, and export both."""
    suite = write_suite(tmp_path, ("tiny", "timm/test_efficientnet", "timm/test_resnet"), (1,))
    files = []
    for part in ("1", "2"):
        store = ("--store", f"{part}.sqlite")
        done = here("run", suite, "--cpu", "--shard", f"{part}/2", "--no-report", *store)
        assert done.returncode == 0, done.stderr
        exported = here("export", "latest", f"{part}.gz", *store)
        assert exported.returncode == 0, exported.stderr
        files.append(f"{part}.gz")
    return files


def test_two_shards_are_imported_as_one_run_with_a_report(here, shards, tmp_path):
    done = here("import", *shards, "--merge")
    assert done.returncode == 0, done.stderr
    set_aside, told = done.stderr.splitlines()
    assert set_aside.startswith("1 repeats of ")
    run_id = re.fullmatch(r"run (\S+): 3 outcomes imported", told)[1]
    with open_store(str(tmp_path / "store.sqlite"), create=False) as store:
        assert [run.id for run in store.runs()] == [run_id]
        run = store.load(run_id)
    assert [cell.model.rpartition(":")[2] for cell in run.invocation.cells] == [
        "tiny",
        "timm/test_efficientnet",
        "timm/test_resnet",
    ]
    again = here("import", *reversed(shards), "--merge")
    assert again.stderr.splitlines()[-1] == f"run {run_id}: already there"
    reported = here("report", run_id, "--out", "page")
    assert reported.returncode == 0, reported.stderr
    page = (tmp_path / "page" / "report.md").read_text()
    assert "3 of 3 planned cells have a valid measurement" in page
    assert "--shard 1/2" in page
    assert "--shard 2/2" in page

    one = here("import", shards[0], "--merge", "--store", "other.sqlite")
    assert one.returncode == 2
    assert "shard 2/2 is missing" in one.stderr
    assert not (tmp_path / "other.sqlite").exists()
