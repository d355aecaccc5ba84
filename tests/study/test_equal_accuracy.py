"""At equal accuracy: who is as accurate and fastest, by the paper's accuracy and by today's."""

from effprof.models.weights import KnownWeights, Weights
from effprof.study.equal_accuracy import equal_accuracy
from effprof.study.setting import speed_of
from effprof.study.study import Study
from tests.report.zoo import ZOO, zoo_run

SETTING = Study(zoo_run((1, 8))).settings[0]


def found(kinds=("paper", "today"), weights=None):
    rows = equal_accuracy(SETTING, SETTING.results, kinds, weights)
    return {row.result.model: row.fastest for row in rows}


def test_the_fastest_is_at_least_as_accurate_and_none_that_is_runs_faster():
    rows = found()
    assert rows.keys() == ZOO.keys()
    for kind in ("paper", "today"):
        networks = [fastest[kind].network for fastest in rows.values() if kind in fastest]
        for fastest in (each[kind] for each in rows.values() if kind in each):
            rivals = [each for each in networks if each.top1 >= fastest.network.top1]
            assert fastest.compared == len(rivals)
            assert speed_of(fastest.best.result) == max(speed_of(each.result) for each in rivals)
            assert fastest.best.top1 >= fastest.network.top1
            assert (fastest.ratio is None) == (fastest.best is fastest.network)
            if fastest.ratio is not None:
                assert fastest.ratio.value > 1


def test_only_the_largest_batch_is_told():
    rows = equal_accuracy(SETTING, SETTING.results, ("paper",))
    assert {row.result.batch_size for row in rows} == {8}


def test_the_two_accuracies_of_a_network_are_compared_apart():
    known = KnownWeights(
        (
            Weights("resnet50.x_in1k", 224, 85.0, 0.9, "bicubic", "made up"),
            Weights("efficientnet_b0.x_in1k", 224, 80.0, 0.9, "bicubic", "made up"),
        )
    )
    rows = found(weights=known)
    resnet = rows["timm/resnet50"]
    assert resnet["paper"].best.result.model == "timm/mobilenetv3_large_100" or (
        resnet["paper"].best.top1 >= 76.0
    )
    assert resnet["today"].best is resnet["today"].network
    assert (resnet["today"].compared, rows["timm/efficientnet_b0"]["today"].compared) == (1, 2)
    assert "today" not in rows["timm/resnet18"]


def test_weights_of_another_size_are_not_compared():
    known = KnownWeights((Weights("resnet50.x_in1k", 288, 85.0, 0.9, "bicubic", "made up"),))
    assert found(("today",), known) == {}
