"""Ratios of cells: speed with its interval, other quantities plain, and who is over whom."""

import pytest

from effprof.core.cells import Cell
from effprof.study.cell_ratios import (
    designs_over_base,
    ratios_over,
    subject_over_reference,
    variants_of_subject,
)
from effprof.study.setting import number
from effprof.study.study import Study
from effprof.study.successors import successors
from tests.report.zoo import zoo_run
from tests.runs import CRASHED, sample_run
from tests.several_runs import designs_run, on_gpu, with_v2, with_variant

B0, R50, R18 = (Cell(f"timm/{name}", 224) for name in ("efficientnet_b0", "resnet50", "resnet18"))


def test_a_ratio_is_that_of_both_numbers_and_rests_on_the_fewer_processes():
    lost = sample_run((1,), repeats=5, outcomes={(B0, 4): CRASHED})
    b0, r50 = (Study(lost).result(cell.key) for cell in (B0, R50))
    (found,) = ratios_over(r50, [b0])
    assert found.speed == b0.speed_over(r50)
    assert found.of("flops") == b0.flops / r50.flops
    assert found.flops_per_second == pytest.approx(found.speed.value * found.of("flops"))
    assert found.of("joules_per_image") is None
    assert found.processes == 4


def test_what_has_no_valid_repeat_has_no_ratio():
    lost = sample_run((1,), outcomes={(B0, index): CRASHED for index in range(3)})
    study = Study(lost)
    assert list(ratios_over(study.result(R50.key), [study.result(B0.key)])) == []


def test_the_subject_is_over_the_reference_at_the_largest_batch_that_tells():
    (setting,) = Study(on_gpu(zoo_run((1, 8)))).settings
    found = subject_over_reference(setting, "joules_per_image")
    assert (found.result.model, found.result.batch_size) == (B0.model, 8)
    assert (found.base.model, found.of("joules_per_image")) == (R50.model, 1.0)
    assert subject_over_reference(setting, "compile_seconds") is None


def test_without_the_reference_at_the_largest_batch_a_smaller_one_tells():
    crashed = {(Cell(R50.model, 224, batch_size=8), index): CRASHED for index in range(3)}
    (setting,) = Study(sample_run(outcomes=crashed)).settings
    assert subject_over_reference(setting, "params").result.batch_size == 1


def test_designs_are_over_the_base_of_their_run_at_the_largest_batch():
    (setting,) = Study(designs_run()).settings
    found = designs_over_base(setting)
    assert {each.base.model for each in found} == {"effprof:efficientnet"}
    assert {each.result.batch_size for each in found} == {8}
    assert len(found) == len(setting.at(8)) - 1
    (lone,) = Study(sample_run(reference="timm/resnet152")).settings
    assert designs_over_base(lone) == ()


def test_variants_are_over_the_subject_and_nothing_else_is():
    (setting,) = Study(with_variant(zoo_run((1, 8)))).settings
    (found,) = variants_of_subject(setting)
    assert (found.result.model, found.base.model) == ("effprof:efficientnet?se=off", B0.model)
    assert (found.speed.value, found.base.batch_size) == (pytest.approx(1), 8)
    (plain,) = Study(zoo_run((1,))).settings
    assert variants_of_subject(plain) == ()
    (alone,) = Study(sample_run((1,), reference="timm/resnet152")).settings
    assert variants_of_subject(alone) == ()


def test_memory_is_the_most_telling_number_that_was_taken():
    (cpu,) = Study(zoo_run((1,))).settings
    (gpu,) = Study(zoo_run((1,), gpu=True)).settings
    assert (cpu.memory, gpu.memory) == ("peak_rss_bytes", "device_used_bytes")
    assert number(cpu.results[0], "device_used_bytes") is None


def test_a_successor_is_over_the_elder_of_nearest_accuracy():
    (setting,) = Study(with_v2(zoo_run((1,)))).settings
    (found,) = successors(setting)
    assert found.network.result.model == "timm/efficientnetv2_s"
    assert found.elder.result.model == "timm/efficientnet_b4"
    elders = [each for each in setting.at(1) if each.family == "EfficientNet"]
    assert len(elders) > 1
    assert found.ratios.of("flops") == pytest.approx(1.976, rel=1e-3)
    assert found.ratios.base is found.elder.result


@pytest.mark.parametrize("run", [zoo_run((1,)), with_v2(zoo_run((1,)), resolution=224)])
def test_there_is_no_successor_without_one_at_the_size_of_its_accuracy(run):
    (setting,) = Study(run).settings
    assert list(successors(setting)) == []
