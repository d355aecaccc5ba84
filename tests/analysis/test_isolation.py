"""The cost of a fresh process per cell."""

from dataclasses import replace

import pytest

from effprof.analysis.isolation import isolation
from tests.runs import CRASHED, sample_run


def test_wall_time_is_split_without_remainder():
    run = sample_run(batch_sizes=(1,), repeats=2)
    repeats = [
        replace(each, seconds=10.0, outcome=replace(each.outcome, measuring_seconds=6.0 + i))
        for i, each in enumerate(run.repeats[:3])
    ]
    repeats.append(replace(run.repeats[3], seconds=5.0, outcome=CRASHED))
    found = isolation(replace(run, repeats=tuple(repeats)))
    assert found is not None
    assert found.outside == (4.0, 3.0, 2.0)
    assert found.median_seconds == 3.0
    assert found.failed_seconds == 5.0
    assert found.total_seconds == pytest.approx(35.0)
    assert found.measuring_share == pytest.approx(21 / 35)


def test_nothing_measured_costs_nothing():
    assert isolation(replace(sample_run(), repeats=())) is None
