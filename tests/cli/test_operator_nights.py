"""Operators over time: JSON of pytest-benchmark, night after night, in the installed command."""

import copy
import json
from datetime import datetime, timedelta

import numpy as np
import pytest

from tests.store.test_pytest_benchmark import DOCUMENT, benchmark

NIGHTS = 20
STEP = NIGHTS - 4
SLOWER = 1.12

#: Median seconds of a call.
OPERATORS = {
    "test_activation[relu]": 0.0010,
    "test_activation[silu]": 0.0016,
    "test_activation[silu unfused]": 0.0030,
    "test_convolution[depthwise]": 0.0042,
    "test_convolution[dense]": 0.0200,
    "test_gate": 0.0006,
}
CHANGED = "ops/activation[silu]@56 infer b8 fp32 nchw eager"


def session(night: int) -> dict:
    """The document that a night's session wrote; from the night `STEP` on SiLU is slower."""
    random = np.random.default_rng(night)
    started_at = datetime.fromisoformat("2026-10-01T02:00:00+00:00") + timedelta(days=night)
    document = copy.deepcopy(DOCUMENT)
    document["benchmarks"] = []
    for name, seconds in OPERATORS.items():
        slower = SLOWER if name == "test_activation[silu]" and night >= STEP else 1.0
        level = seconds * slower * np.exp(random.normal(0, 0.01))
        timed = benchmark(name)
        timed["stats"]["data"] = (level * np.exp(random.normal(0, 0.02, 9))).tolist()
        document["benchmarks"].append(timed)
    document["datetime"] = (started_at + timedelta(minutes=2)).isoformat()
    document["effprof"]["started_at"] = started_at.isoformat()
    recorded = document["effprof"]["fingerprint"]["recorded"]
    recorded["torch"] = "2.15.0" if night < STEP else "2.16.0"
    return document


@pytest.fixture
def imported(effprof, tmp_path):
    """The installed command, with the sessions of all nights imported."""
    names = [f"night{night:02}.json" for night in range(NIGHTS)]
    for night, name in enumerate(names):
        (tmp_path / name).write_text(json.dumps(session(night)))
    done = effprof("import", "--format", "pytest-benchmark", *names)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("6 outcomes imported") == NIGHTS
    return effprof


def test_an_operator_that_became_slower_is_an_event_of_the_night(imported, tmp_path):
    done = imported(
        *("nightly", "--run", "latest", "--out", "pages"), "--fail-on", "regression", "--text"
    )
    assert done.returncode == 4, done.stderr
    assert done.stdout.splitlines()[1].startswith("REGRESSION (2) | IMPROVEMENT (0) | OK (10) |")
    night = json.loads((tmp_path / "pages" / "night.json").read_text())
    (event,) = night["events"]
    assert (event["kind"], event["cell"]) == ("regression", CHANGED)
    assert (event["metric"], event["step"]) == ("step_seconds", STEP)
    assert event["low"] < SLOWER - 1 < event["high"]
    assert event["attributes"] == {"torch": ["2.15.0", "2.16.0"]}
    assert event["command"] == "pytest suites/ops"
    for page in ("night.md", "night.html"):
        text = (tmp_path / "pages" / page).read_text().replace("\\", "")
        assert "ops/activation[silu]@56" in text
        assert "pytest suites/ops" in text
    listed = json.loads(imported("events", "--json").stdout)
    assert [each["cell"] for each in listed["events"]] == [CHANGED]


def test_nights_before_the_operator_changed_are_silent(imported, tmp_path):
    runs = json.loads(imported("runs", "--json").stdout)["runs"]
    before = sorted(runs, key=lambda run: run["started_at"])[STEP - 1]["id"]
    done = imported(*("nightly", "--run", before, "--out", "pages"), "--fail-on", "any", "--text")
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[1].startswith("REGRESSION (0) | IMPROVEMENT (0) | OK (12) |")


def test_two_sessions_stand_side_by_side_without_a_verdict(imported):
    """One process against one can never be told from chance."""
    runs = json.loads(imported("runs", "--json").stdout)["runs"]
    ids = [run["id"] for run in sorted(runs, key=lambda run: run["started_at"])]
    done = imported("compare", ids[STEP - 1], ids[-1], "--json")
    assert done.returncode == 0, done.stderr
    lines = json.loads(done.stdout)["rows"]
    assert {line["verdict"] for line in lines} == {"cannot tell"}
    largest = max(lines, key=lambda line: abs(line["change"]))
    assert largest["cell"] == CHANGED
