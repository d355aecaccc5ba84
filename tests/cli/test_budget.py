"""`effprof run --budget` on real networks: it ends in time, drops no cell and says what was cut."""

import json
import re
import sqlite3
from contextlib import closing

import pytest

from effprof.store.store import open_store
from tests.cli.test_run import write_suite

NETWORKS = ("--models", "resnet18,mobilenetv2_100", "--reference", "resnet18")
MEASURED = ("--cpu", "--allow-busy", "--no-report")


def stored(tmp_path, text="latest"):
    with open_store(str(tmp_path / "store.sqlite")) as store:
        return store.load(store.resolve(text))


def test_a_sweep_ends_within_its_budget_and_says_at_both_ends_what_was_cut(here, tmp_path):
    asked = ("quick", *NETWORKS, "--batch-sizes", "1", "--repeats", "15", "--allocator", "kept")
    done = here("run", *asked, *MEASURED, "--budget", "20s", "--json")
    assert done.returncode == 0, done.stderr
    run = stored(tmp_path)
    began, ended = (_seconds(tmp_path, name) for name in ("started_at", "finished_at"))
    assert ended - began <= 20 + max(repeat.seconds for repeat in run.repeats)
    told = [line for line in done.stderr.splitlines() if line.startswith("budget 20 s: ")]
    assert len(told) == 2
    assert re.search(r" ([2-9]|1[0-4]) repeats \(of 15\)", told[-1])
    # It is complete, with as many repeats of every cell as it says.
    assert run.status == "complete"
    assert len(run.repeats) == run.invocation.repeats * 2
    assert run.missing == ()
    assert f"budget {run.invocation.fingerprint.recorded['budget']}" == told[-1]
    assert run.invocation.options.time_cap_seconds <= 25
    assert len(json.loads(done.stdout)["rows"]) == 2


def _seconds(tmp_path, column):
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as connection:
        query = f"SELECT unixepoch({column}) FROM run"
        return connection.execute(query).fetchone()[0]


def test_the_rest_of_a_run_is_measured_within_a_budget(here, tmp_path):
    suite = write_suite(tmp_path, repeats=400)
    first = here("run", suite, "--cpu", "--no-report", "--rounds", "1")
    assert first.returncode == 0, first.stderr
    asked = stored(tmp_path).invocation
    again = here("run", "--resume", asked.id, "--budget", "8s", "--no-report")
    assert again.returncode == 0, again.stderr
    run = stored(tmp_path)
    assert run.status == "complete"
    assert 2 <= run.invocation.repeats < 400
    assert len(run.repeats) == 2 * run.invocation.repeats
    assert run.invocation.options == asked.options
    assert re.search(r"budget 8 s: \d+ repeats \(of 400\)", again.stderr)


def test_a_plan_shows_what_a_budget_would_cut(here):
    done = here("run", "first", "--cpu", "--dry-run", "--budget", "40s")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^budget 40 s: .*timing up to", done.stderr, re.MULTILINE)
    assert "3 cells" in done.stderr


def test_the_suite_that_is_promised_in_two_minutes_is_planned_in_less(here):
    done = here("run", "first", "--cpu", "--dry-run", "--json")
    (plan,) = json.loads(done.stdout)["plans"]
    assert 40 < plan["seconds"] < 120


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--budget", "2x"], "--budget: '2x' is not a duration; write one like 90s, 2min or 1h30m"),
        (["--budget", "2min", "--rounds", "1"], "--budget and --rounds both say when to stop"),
        (["--budget", "2min", "--shard", "1/2"], "--budget would cut each shard in another way"),
        (["--budget", "5s", "--dry-run"], "2 processes of each cell; give that, or fewer cells"),
        (["--budget", "1s"], "--budget 1 s: the least takes about"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused_before_a_cell_is_measured(here, arguments, told):
    done = here("run", "quick", "--cpu", "--allow-busy", *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert "measurements, about" not in done.stderr
