"""What release 0.1.0 wrote, a store and an exported run, is read by this one."""

import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from effprof.cli.main import build_app
from effprof.core.cells import Cell
from effprof.core.machines import place_of
from effprof.store.store import open_store
from effprof.store.transfer import read_run
from effprof.study.study import Study
from tests.runs import sample_run

LEFT = Path(__file__).parent / "release_0_1_0"
RUN = "20261128-052020-fe02f1"
B4 = Cell("timm/test_efficientnet", 160, batch_size=4)


@pytest.fixture
def location(tmp_path):
    path = tmp_path / "store.sqlite"
    path.write_bytes(gzip.decompress((LEFT / "store.sqlite.gz").read_bytes()))
    return str(path)


def test_a_store_is_upgraded_and_holds_what_was_exported(location):
    with open_store(location) as store:
        run = store.load(RUN)
        assert run == read_run(LEFT / "run.jsonl.gz")
        assert len(run.repeats) == 12
        (night,) = store.history(*place_of(run.invocation.fingerprint)).nights
        assert night.run_id == RUN
        store.add_runs([sample_run(id="later")])
        assert {each.id for each in store.runs()} == {RUN, "later"}


def test_it_tells_the_speeds_that_0_1_0_told(location):
    """Those of its page: 2.74x realised of 1.79x promised at batch 4."""
    with open_store(location) as store:
        (result,) = (each for each in Study(store.load(RUN)) if each.cell == B4)
    assert f"{result.promise:.2f}" == "1.79"
    assert f"{result.realised.value:.2f}" == "2.74"


@pytest.mark.parametrize(
    "words", [["report", "--json"], ["runs", "--json"], ["export", "latest", "again.jsonl.gz"]]
)
def test_commands_take_the_store(location, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(build_app(), [*words, "--store", location])
    assert done.exit_code == 0, done.output
    if "--json" in words:
        assert RUN in json.dumps(json.loads(done.stdout))
    else:
        assert read_run(tmp_path / "again.jsonl.gz") == read_run(LEFT / "run.jsonl.gz")
