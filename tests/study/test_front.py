"""The front as values: at the largest batch, of quoted networks, nobody on it is beaten."""

from dataclasses import replace

from effprof.study.front import MIN_NETWORKS, contenders
from effprof.study.study import Study
from tests.report.zoo import zoo_run


def setting(batch_sizes=(8, 128)):
    return Study(zoo_run(batch_sizes)).settings[0]


def beats(one, other):
    better = one.speed.value > other.speed.value or one.top1 > other.top1
    return better and one.speed.value >= other.speed.value and one.top1 >= other.top1


def test_whoever_is_on_the_front_is_beaten_by_nobody_and_all_others_are():
    there = contenders(setting().results)
    alike = [each for each in there if each.same_size]
    assert 2 < sum(each.on_front for each in there) < len(there)
    for each in there:
        beaten = any(beats(other, each) for other in alike)
        assert each.on_front == (each.same_size and not beaten)


def test_contenders_run_at_the_largest_batch_in_plan_order():
    shown = setting()
    names = [each.result.label for each in contenders(shown.results)]
    assert {each.result.batch_size for each in contenders(shown.results)} == {128}
    assert names == [each.label for each in shown.at(128) if each.label in names]


def test_a_network_at_another_size_is_told_and_not_on_the_front():
    moved = [replace(each, values={**each.values, "resolution": 100}) for each in setting().results]
    assert not any(each.on_front or each.same_size for each in contenders(moved))


def test_fewer_networks_make_no_front():
    there = [each.result for each in contenders(setting().results)]
    assert contenders(there[: MIN_NETWORKS - 1]) == ()
    assert len(contenders(there[:MIN_NETWORKS])) == MIN_NETWORKS
    assert contenders([]) == ()


def test_the_front_of_todays_weights_is_another_one_than_that_of_papers():
    results = setting().results
    paper, today = contenders(results), contenders(results, "today")
    by = {kind: {e.result.model: e for e in there} for kind, there in (("p", paper), ("t", today))}
    assert by["p"]["timm/resnet50"].top1 == 76.0
    assert by["t"]["timm/resnet50"].accuracy.weights.startswith("resnet50.tv2_in1k")
    alike = [each for each in today if each.same_size]
    for each in today:
        beaten = any(beats(other, each) for other in alike)
        assert each.on_front == (each.same_size and not beaten)
    assert all(each.accuracy.weights and each.accuracy.source for each in today)
