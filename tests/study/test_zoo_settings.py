"""Zoo settings: of each machine the own inference with the most networks of known accuracy."""

from effprof.study.collection import Collection
from effprof.study.study import Study
from effprof.study.zoo_settings import zoo_settings
from tests.report.zoo import zoo_run
from tests.runs import fingerprint, sample_run
from tests.several_runs import named, published_run


def found(*runs):
    return [
        (each.study.run, each.setting.batch_sizes)
        for each in zoo_settings(Collection(tuple(map(Study, runs))))
    ]


def test_a_zoo_stands_for_its_machine_and_few_networks_for_none():
    zoo, few = zoo_run((1,)), named(sample_run((1,)), id="20261121-090000-3")
    assert found(few, zoo) == [(zoo, [1])]
    assert found(few) == []


def test_every_machine_has_one_of_its_own():
    zoo = zoo_run((1,))
    elsewhere = named(zoo_run((8,)), fingerprint=fingerprint(host="lab"))
    assert found(zoo, elsewhere) == [(zoo, [1]), (elsewhere, [8])]


def test_training_and_what_others_measured_is_none():
    assert found(zoo_run((1,), ("train",)), published_run(zoo_run((1,)))) == []
