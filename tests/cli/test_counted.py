"""`effprof run` with repeats = 0: static costs, stored and shown, without measuring."""

import json

from effprof.store.store import open_store

SUITE = """
reference = "resnet18"
repeats = {repeats}
[axes]
model = ["resnet18", "mobilenetv3_small_050"]
resolution = 64
"""


def test_a_suite_without_repeats_counts_and_measures_nothing(here, tmp_path):
    (tmp_path / "small.toml").write_text(SUITE.format(repeats=0))
    done = here("run", "small.toml", "--cpu", "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    assert [row["status"] for row in rows] == ["counted"] * 2
    assert rows[0]["params"] == 11_689_512
    assert rows[1]["promise"] > 10
    assert "static costs only" in done.stderr
    with open_store(str(tmp_path / "store.sqlite")) as store:
        run = store.load(store.resolve(None))
    assert (run.status, run.repeats, run.peaks) == ("complete", (), ())
    assert len(run.costs) == 2
    again = here("run", "--resume", run.invocation.id)
    assert again.returncode == 0, again.stderr
    assert "Nothing was measured" in again.stdout


def test_the_flag_turns_a_suite_into_counting_and_its_plan_takes_no_time(here, tmp_path):
    (tmp_path / "small.toml").write_text(SUITE.format(repeats=3))
    done = here("run", "small.toml", "--cpu", "--repeats", "0", "--dry-run", "--json")
    (plan,) = json.loads(done.stdout)["plans"]
    assert (plan["repeats"], plan["seconds"], len(plan["cells"])) == (0, 0, 2)
