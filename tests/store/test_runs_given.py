"""Which runs a command works on, by what it is given."""

import pytest

from effprof.core.errors import BadInput
from effprof.store.runs_given import latest_runs, load_run, load_runs
from effprof.store.store import open_store
from effprof.store.transfer import export_run
from tests.runs import sample_run


def run(run_id, day, **fields):
    return sample_run((1,), 1, id=run_id, started_at=f"2026-11-{day}T08:00:00+00:00", **fields)


RUNS = (
    run("20261119-old", 19),
    run("20261120-new", 20),
    run("20261121-zoo", 21, suite="zoo"),
    run("20261122-far", 22, device="Other CPU, 1 thread"),
)


@pytest.fixture
def store(tmp_path):
    location = str(tmp_path / "store.sqlite")
    with open_store(location) as opened:
        opened.add_runs(RUNS)
        opened.begin(run("20261123-begun", 23).invocation)
    return location


def ids(runs):
    return [each.invocation.id for each in runs]


def test_a_text_names_a_run_by_its_id_its_beginning_or_a_file(store, tmp_path):
    file = tmp_path / "run.jsonl.gz"
    export_run(RUNS[2], file)
    assert load_run("20261120-new", store) == RUNS[1]
    assert load_run("20261119", store) == RUNS[0]
    assert load_run(str(file), store) == RUNS[2]
    assert load_run(None, store) == RUNS[-1]  # the latest that is complete
    assert load_run("20261123-begun", store).invocation.id == "20261123-begun"


def test_a_file_needs_no_store(tmp_path):
    file = tmp_path / "run.jsonl"
    export_run(RUNS[0], file)
    assert load_runs([str(file)], str(tmp_path / "none.sqlite")) == (RUNS[0],)


def test_a_run_that_is_named_twice_is_used_once(store, tmp_path):
    assert ids(load_runs(["20261120", "20261120-new", "20261119"], store)) == [
        "20261120-new",
        "20261119-old",
    ]


def test_every_text_that_is_no_run_is_named(store):
    with pytest.raises(BadInput) as caught:
        load_runs(["nope", "20261120", "2026", "gone.jsonl"], store)
    assert [word in str(caught.value) for word in ("'nope'", "'2026'", "gone.jsonl")] == [True] * 3


def test_by_default_the_newest_run_with_outcomes_of_each_device_and_suite_is_taken(store):
    assert ids(load_runs([], store)) == ["20261120-new", "20261121-zoo", "20261122-far"]


def test_without_a_store_there_are_no_runs_and_none_is_made(tmp_path):
    location = tmp_path / "none.sqlite"
    assert latest_runs(str(location)) == ()
    assert not location.exists()
