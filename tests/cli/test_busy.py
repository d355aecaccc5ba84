"""A busy machine gives answers."""

import json
import statistics

import psutil
import pytest

from effprof.store.store import open_store
from tests.disturbance import Disturbance, disturbed

NETWORK = "mobilenetv3_small_050"


@pytest.mark.skipif(not hasattr(psutil.Process, "cpu_affinity"), reason="nothing is bound there")
@pytest.mark.skipif(psutil.cpu_count() < 2, reason="the parent would share the measured core")
def test_a_cell_whose_core_others_use_is_answered(here, tmp_path):
    with disturbed(Disturbance(1.0, follows=True)):
        done = here(
            *("run", "--cpu", "--models", NETWORK, "--repeats", "2", "--no-report"),
            *("--json", "--store", "store.db"),
        )
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)["rows"]
    assert row["valid"]
    assert row["images_per_second_low"] < row["images_per_second"] < row["images_per_second_high"]
    with open_store(str(tmp_path / "store.db")) as store:
        run = store.load(store.resolve("latest"))
    timings = [repeat.outcome.timing for repeat in run.repeats]
    assert all(len(t.taken) == len(t.waited) == len(t.cpu) == len(t.switches) for t in timings)
    shares = [repeat.outcome.conditions.clean_share for repeat in run.repeats]
    assert min(shares) < 1, "no step waited for the core that another process used"
    if row["rough"]:
        assert "ROUGH contended" in done.stderr
        for timing in timings:
            assert statistics.median(timing.throughput) < statistics.median(timing.taken)
