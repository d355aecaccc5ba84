"""What a store knows of a machine when a run of it ends."""

from dataclasses import replace

import pytest

from effprof.analysis.pooling import pool
from effprof.analysis.run_effects import step_seconds
from effprof.session.earlier_runs import MOST, earlier_runs
from effprof.store.store import open_store
from tests.runs import calibrations, identified, sample_run

DEVICE = {"device": "Some CPU, family 25 model 17 (Zen 4), 2 cores"}


def run_of(hour, marks=None, **asked):
    at = f"2026-11-21T{hour:02}:00:00+00:00"
    ids = {"id": f"20261121-{hour:02}0000-abc123", "started_at": at}
    return sample_run(fingerprint=marks or identified(), **DEVICE | ids | asked)


@pytest.fixture
def store(tmp_path):
    with open_store(str(tmp_path / "store.db")) as store:
        yield store


def known(store, *others):
    own = run_of(20)
    store.add_runs([*others, own])
    return earlier_runs(store, own)


def test_runs_of_the_same_machine_are_known_oldest_first(store):
    others = [run_of(hour) for hour in (3, 1, 2)]
    found = known(store, *others, run_of(21))
    assert [each.started_at[11:13] for each in found] == ["01", "02", "03"]
    assert found[0].step_seconds == step_seconds(pool(others[1]))


def test_what_is_no_run_alike_is_not_known(store):
    recorded = identified().recorded
    elsewhere = {
        "another machine": run_of(1, identified(machine="ffff")),
        "another kind of machine": run_of(2, identified(model="68")),
        "another torch": run_of(3, replace(identified(), recorded=recorded | {"torch": "2.16.0"})),
        "another method": run_of(4, identified(method="2")),
        "interrupted": replace(run_of(5), status="interrupted"),
        "no cell in common": run_of(6, batch_sizes=(64,)),
        "much slower": replace(run_of(7), calibrations=calibrations(factor=2.0)),
    }
    own = replace(run_of(20), calibrations=calibrations())
    store.add_runs([*elsewhere.values(), own])
    assert earlier_runs(store, own) == ()


def test_only_cells_that_were_planned_again_are_kept(store):
    found = known(store, run_of(1, batch_sizes=(8, 64)))
    assert {key.split(" ")[2] for each in found for key in each.step_seconds} == {"b8"}


def test_the_newest_of_many_are_known(store):
    found = known(store, *(run_of(hour) for hour in range(MOST + 3)))
    assert len(found) == MOST
    assert found[-1].started_at[11:13] == f"{MOST + 2:02}"
