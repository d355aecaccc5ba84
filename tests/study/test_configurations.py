"""Default against best configuration."""

from dataclasses import replace

import pytest

from effprof.core.cells import Cell
from effprof.core.outcomes import Failure, Repeat
from effprof.study.configurations import default_and_best
from effprof.study.study import Study
from tests.report.zoo import zoo_run
from tests.runs import measurement, sample_run


def test_one_configuration_needs_no_comparison():
    assert list(default_and_best(Study(sample_run()))) == []


def test_default_is_the_first_planned_and_best_the_fastest():
    study = Study(zoo_run(batch_sizes=(8,), memory_formats=("nchw", "nhwc")))
    found = {pair.best.model: pair for pair in default_and_best(study)}
    b0 = found["timm/efficientnet_b0"]
    assert b0.default.cell.configuration == "fp32 nchw eager"
    assert b0.best.cell.configuration == "fp32 nhwc eager"
    assert b0.gain == b0.best_speed / b0.default_speed
    assert 1.3 < b0.gain < 1.5
    assert all(pair.gain >= 1 for pair in found.values())
    assert len(found) == len({each.model for each in study})


def test_a_failed_default_leaves_the_best_without_a_gain():
    run = zoo_run(batch_sizes=(8,), memory_formats=("nchw", "nhwc"))
    broken = tuple(
        replace(repeat, outcome=Failure("oom", "no memory"))
        if repeat.cell.memory_format == "nchw"
        else repeat
        for repeat in run.repeats
    )
    found = next(default_and_best(Study(replace(run, repeats=broken))))
    assert found.best.cell.configuration == "fp32 nhwc eager"
    assert (found.default_speed, found.gain) == (None, None)


@pytest.mark.parametrize(
    ("axis", "values"), [("loader", ("jpeg-2w", "synthetic")), ("allocator", ("default", "kept"))]
)
def test_what_is_compared_apart_is_no_better_configuration(axis, values):
    cells = [Cell("timm/resnet18", 224, **{axis: value}) for value in values]
    whole = sample_run()
    run = replace(
        whole,
        invocation=replace(whole.invocation, cells=tuple(cells)),
        repeats=tuple(
            Repeat(cell, 0, measurement(0.1 * place), whole.invocation.started_at, 1.0)
            for place, cell in enumerate(cells, start=1)
        ),
    )
    assert list(default_and_best(Study(run))) == []
