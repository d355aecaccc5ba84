"""The line of time over FLOPs: what it scatters by, and what it lets one expect of the subject."""

import math

import numpy as np
import pytest

from effprof.core.cells import Cell
from effprof.core.estimates import Estimate
from effprof.study.flops_line import Expectation, FlopsLine, expectations
from effprof.study.results import Result
from effprof.study.setting import promise_of
from effprof.study.study import Study
from tests.report.test_findings import exactly, flops_of
from tests.report.zoo import zoo_run
from tests.runs import sample_run


def realised(low, high):
    """Give a result whose realised speed-up has an interval."""
    values = {"realised": Estimate((low + high) / 2, low, high, "paired", 5)}
    cell = Cell("timm/efficientnet_b0", 224)
    return Result(cell, "b0", values, pooled=None, part=None, split=None)


def test_the_scatter_of_the_line_holds_95_of_100_ratios():
    """Two networks drawn around a known line: how often their ratio lies within the scatter."""
    random = np.random.default_rng(3)
    held = 0
    for _ in range(400):
        flops = np.exp(random.uniform(18, 23, size=14))
        seconds = flops**0.7 * np.exp(random.normal(0, 0.2, size=14))
        line = FlopsLine.through(flops[:12], seconds[:12])
        off = np.log(seconds[12] / seconds[13]) - line.slope * np.log(flops[12] / flops[13])
        held += abs(off) < math.log(line.scatter)
    assert 0.91 < held / 400 < 0.98


def test_a_speed_up_lies_on_the_line_and_its_ends_are_the_scatter_away():
    line = FlopsLine(slope=0.5, worst=0, off=1.0, faster=True, scatter=2.0)
    assert line.speed_up(9.0, 12) == Estimate(3.0, 1.5, 6.0, "prediction", 12)


def test_time_that_follows_flops_lets_one_expect_the_promise():
    study = Study(exactly(zoo_run((1, 8)), lambda cell: flops_of(cell) / 1e11))
    (setting,) = study.settings
    found = list(expectations(setting))
    assert [each.subject.batch_size for each in found] == [1, 8]
    for each in found:
        assert each.speed_up.value == pytest.approx(promise_of(each.subject), rel=0.01)
        assert each.speed_up.n == 12


@pytest.mark.parametrize(("low", "high", "apart"), [(2, 3, True), (4, 5, False), (6, 9, True)])
def test_a_subject_is_apart_when_its_whole_interval_is(low, high, apart):
    found = Expectation(realised(4.0, 5.0), Estimate((low + high) / 2, low, high, "prediction", 12))
    assert found.apart is apart


def test_few_networks_let_one_expect_nothing():
    (setting,) = Study(sample_run()).settings
    assert list(expectations(setting)) == []
