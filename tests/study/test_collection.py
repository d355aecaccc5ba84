"""Several runs together: which is told of what, repeatability, and what none tells."""

import math
import statistics
from dataclasses import replace

import pytest

from effprof.core.formats import IMPORTED
from effprof.study.collection import Collection, is_designed, is_imported
from effprof.study.coverage import unmeasured_kinds, untold
from effprof.study.repeatability import repeatability
from effprof.study.study import Study
from tests.report.test_findings import slowed
from tests.report.zoo import zoo_run
from tests.runs import fingerprint, sample_run
from tests.several_runs import designs_run, moved, named, on_gpu, published_run


def collection(*runs):
    return Collection(tuple(map(Study, runs)))


def again(run):
    """Give a run as another one of the same machine."""
    return named(run, id="20261121-090000-300000")


def batches(found):
    return [(each.study.run.invocation.id, each.setting.batch_sizes) for each in found.settings]


def test_own_runs_stand_before_imported_ones_and_those_without_a_measurement_are_left_out():
    imported, own = published_run(zoo_run((1,))), again(zoo_run((1,)))
    empty = replace(sample_run(), repeats=(), status="interrupted")
    found = collection(imported, empty, own)
    assert [each.run for each in found.measured] == [own, imported]
    assert [each.run for each in found.own] == [own]
    assert len(found.studies) == 3


@pytest.mark.parametrize("method", ["1", "2", *IMPORTED])
def test_imported_runs_are_those_whose_page_says_so(method):
    study = Study(named(sample_run(), fingerprint=fingerprint(method=method)))
    assert is_imported(study) is (method in IMPORTED)


def test_runs_about_designs_stand_apart():
    plain, designs = zoo_run((1,)), designs_run()
    found = collection(plain, designs)
    assert [each.study.run for each in found.settings] == [plain]
    assert [each.study.run for each in found.designs] == [designs]
    assert [is_designed(each) for each in found.studies] == [False, True]


def test_a_batch_that_another_run_has_in_more_processes_is_left_to_it():
    both, many = zoo_run((1, 8), repeats=2), again(zoo_run((1,), repeats=5))
    found = collection(both, many)
    assert batches(found) == [(both.invocation.id, [8]), (many.invocation.id, [1])]
    (kept, _) = found.settings
    assert {each.batch_size for each in kept.setting.subject} == {8}


@pytest.mark.parametrize(
    "other",
    [
        again(zoo_run((1,), repeats=2)),
        named(again(zoo_run((1,), repeats=5)), fingerprint=fingerprint(host="lab")),
        again(zoo_run((1,), ("train",), repeats=5)),
        named(again(zoo_run((1,), repeats=5)), reference="timm/resnet18"),
    ],
    ids=["as many processes", "another machine", "another mode", "another reference"],
)
def test_what_another_run_does_not_tell_better_is_kept(other):
    run = zoo_run((1,), repeats=2)
    assert batches(collection(run, other))[0] == (run.invocation.id, [1])


def test_of_two_runs_that_tell_the_same_the_first_stays():
    first, second = zoo_run((1,)), again(zoo_run((1,)))
    assert batches(collection(first, second)) == [(first.invocation.id, [1])]
    larger = again(zoo_run((1,)))
    few = named(first, cells=tuple(c for c in first.invocation.cells if "densenet" not in c.model))
    few = replace(few, repeats=tuple(e for e in few.repeats if e.cell in few.invocation.cells))
    assert batches(collection(few, larger)) == [(larger.invocation.id, [1])]


def test_a_run_with_fewer_networks_leaves_none_out():
    run = zoo_run((1,), repeats=2)
    fewer = zoo_run((1,), repeats=5)
    cells = [each for each in fewer.invocation.cells if "densenet" not in each.model]
    fewer = again(
        named(
            replace(fewer, repeats=tuple(e for e in fewer.repeats if e.cell in cells)),
            cells=tuple(cells),
        )
    )
    assert len(collection(run, fewer).settings) == 2


def test_a_run_with_nothing_left_is_not_told():
    run, many = zoo_run((1,), repeats=2), again(zoo_run((1,), repeats=5))
    assert batches(collection(run, many)) == [(many.invocation.id, [1])]


def test_every_relative_and_the_reference_are_listed_once():
    found = collection(zoo_run((1, 8)), again(zoo_run((1, 8), ("train",))))
    assert [each.model.partition("/")[2] for each in found.networks] == [
        *("efficientnet_b0", "efficientnet_b1", "efficientnet_b2", "efficientnet_b4"),
        "resnet50",
    ]
    assert {(each.mode, each.batch_size) for each in found.networks} == {("infer", 1)}


def test_what_is_told_of_a_setting_are_relatives_then_rivals():
    (found,) = collection(zoo_run((1,))).settings
    assert found.told == (*found.setting.relatives, *found.setting.rivals)
    assert not found.serial
    (cpu,) = collection(
        named(zoo_run((1,)), fingerprint=fingerprint(**{"device kind": "cpu"}))
    ).settings
    assert cpu.serial


#: Network -> how much slower it is in another run; the last by less than its interval is wide.
SLOWER = {"b1": 1.5, "b2": 1.25, "b4": 1.001}


def test_the_same_cell_in_two_runs_tells_how_far_runs_differ():
    run = zoo_run((1,))
    factors = {f"timm/efficientnet_{name}": by for name, by in SLOWER.items()}
    other = again(slowed(run, lambda cell, _: factors.get(cell.model, 1)))
    found = repeatability(map(Study, (run, other)))
    ratios = sorted(each.ratio for each in found.cells)
    assert ratios[-2:] == [pytest.approx(1.25), pytest.approx(1.5)]
    assert found.worst.cell.model == "timm/efficientnet_b1"
    assert found.worst.fastest / found.worst.slowest == pytest.approx(1.5)
    assert found.median == statistics.median(ratios) == 1
    assert found.apart == 2
    assert len(found.cells) == sum(each.valid for each in Study(run).results)


def test_a_ratio_is_that_of_all_runs_of_the_machine_where_they_are_enough():
    run = zoo_run((1,))
    runs = [
        run,
        slowed(again(run), lambda cell, _: 1.0 + ("b0" in cell.model)),
        named(again(run), id="20261121-090001-300000"),
    ]
    told = collection(*runs)
    above, below = (Study(run)[f"timm/{name}"] for name in ("efficientnet_b0", "resnet50"))
    over = told.speed_over(told.studies[0], above, below)
    assert (over.method, over.n) == ("over runs", 3)
    logs = [
        math.log(study[above.model].speed_over(study[below.model]).value) for study in told.studies
    ]
    assert math.log(over.value) == pytest.approx(statistics.fmean(logs))
    assert collection(*runs[:2]).speed_over(told.studies[0], above, below) == (
        above.speed_over(below)
    )
    elsewhere = named(runs[2], fingerprint=fingerprint(host="lab"))
    assert collection(*runs[:2], elsewhere).speed_over(told.studies[0], above, below).n == (
        above.speed_over(below).n
    )


def test_one_run_and_runs_of_two_machines_tell_nothing_of_it():
    run = zoo_run((1,))
    elsewhere = named(again(run), fingerprint=fingerprint(host="lab"))
    assert repeatability([Study(run)]) is None
    assert repeatability(map(Study, (run, elsewhere))) is None


def test_what_no_own_run_tells_is_listed():
    ways = ("layouts", "compilation", "CUDA graphs")
    assert (
        untold(collection())
        == untold(collection(zoo_run((1,))))
        == ("gpu", "training", "threads", "precisions", *ways, "gpu memory and energy")
    )
    gpu = on_gpu(zoo_run((1,), ("infer", "train"), ("nchw", "nhwc")))
    assert untold(collection(gpu)) == ("threads", "precisions", "compilation", "CUDA graphs")
    compiled = moved(gpu, lambda cell: replace(cell, execution="compile"))
    assert untold(collection(compiled)) == ("threads", "precisions", "CUDA graphs")
    half = moved(zoo_run((1,)), lambda cell: replace(cell, precision="amp-bf16"))
    assert "precisions" not in untold(collection(half))
    assert untold(collection(published_run(gpu))) == untold(collection())


def test_kinds_of_devices_that_only_others_measured_are_not_measured():
    cpu = named(zoo_run((1,)), fingerprint=fingerprint(**{"device kind": "cpu"}))
    assert unmeasured_kinds(collection(cpu, published_run(zoo_run((1,))))) == ("cuda",)
    assert unmeasured_kinds(collection()) == ("cpu", "cuda")
