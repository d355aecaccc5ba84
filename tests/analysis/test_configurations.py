"""Default against best configuration."""

import math
from dataclasses import replace

from effprof.analysis.configurations import default_and_best
from effprof.analysis.frames import cells_frame
from effprof.core.outcomes import Failure
from tests.report.zoo import zoo_run
from tests.runs import sample_run


def test_one_configuration_needs_no_comparison():
    assert default_and_best(cells_frame(sample_run())).empty


def test_default_is_the_first_planned_and_best_the_fastest():
    frame = cells_frame(zoo_run(batch_sizes=(8,), memory_formats=("nchw", "nhwc")))
    found = default_and_best(frame).set_index("model")
    b0 = found.loc["timm/efficientnet_b0"]
    assert (b0["default"], b0["best"]) == ("fp32 nchw eager", "fp32 nhwc eager")
    assert b0["gain"] == b0["best_images_per_second"] / b0["default_images_per_second"]
    assert 1.3 < b0["gain"] < 1.5
    assert (found["gain"] >= 1).all()
    assert len(found) == frame["model"].nunique()


def test_a_failed_default_leaves_the_best_without_a_gain():
    run = zoo_run(batch_sizes=(8,), memory_formats=("nchw", "nhwc"))
    broken = tuple(
        replace(repeat, outcome=Failure("oom", "no memory"))
        if repeat.cell.memory_format == "nchw"
        else repeat
        for repeat in run.repeats
    )
    found = default_and_best(cells_frame(replace(run, repeats=broken))).iloc[0]
    assert found["best"] == "fp32 nhwc eager"
    assert math.isnan(found["gain"])
