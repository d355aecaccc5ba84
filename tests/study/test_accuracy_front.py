"""The front of quoted accuracy and speed, and the fastest network from an accuracy on."""

from dataclasses import replace

import pytest

from effprof.analysis.accuracy import Quoted
from effprof.analysis.picking import pick
from effprof.core.cells import Cell
from effprof.core.estimates import Estimate
from effprof.study.accuracy_front import (
    ACCURACIES,
    AccuracyFront,
    accuracy_front,
    recommendations,
)
from effprof.study.quoted_networks import QuotedNetwork, quoted_networks
from effprof.study.results import Result
from effprof.study.setting import speed_of
from effprof.study.study import Study
from tests.report.zoo import zoo_run
from tests.several_runs import moved, with_variant


def network(name, top1, speed, spread=0.01, family="F"):
    """Give a network of a quoted accuracy whose interval is `spread` wide to either side."""
    images = Estimate(speed, speed * (1 - spread), speed * (1 + spread), "student", 5)
    values = {"model": name, "family": family, "images_per_second": images}
    result = Result(Cell(name, 224), name, values, pooled=None, part=None, split=None)
    return QuotedNetwork(result, Quoted(top1, 224, "made up"))


def of(*networks):
    return AccuracyFront(None, 1, networks, networks)


def names(networks):
    return [each.result.model for each in networks]


def test_the_front_is_that_of_pick():
    study = Study(zoo_run((1, 8)))
    found = accuracy_front(study.settings[0])
    cells = study.candidates
    theirs = pick(cells[cells["batch_size"] == 8], (), "accuracy").frame
    assert found.batch_size == 8
    assert names(found.networks) == list(theirs["model"])
    assert names(found.unbeaten) == [
        row["model"] for _, row in theirs.iterrows() if "speed" in row["front"]
    ]
    assert len(found.unbeaten) < len(found.networks)


def test_no_network_of_the_front_is_beaten_and_every_other_one_is():
    found = accuracy_front(Study(zoo_run((1,))).settings[0])

    def beaten(one):
        return any(
            other.top1 >= one.top1
            and speed_of(other.result) >= speed_of(one.result)
            and (other.top1, speed_of(other.result)) != (one.top1, speed_of(one.result))
            for other in found.networks
        )

    assert names(found.unbeaten) == names(each for each in found.networks if not beaten(each))


def test_a_family_holds_the_unbeaten_networks_that_are_its_own():
    found = of(network("a", 80, 1, family="A"), network("b", 70, 2), network("c", 60, 3))
    assert (found.held_by("A"), found.held_by("F"), found.held_by("G")) == (1, 2, 0)


def test_the_fastest_from_an_accuracy_on_is_recommended_once():
    found = list(recommendations(of(network("slow", 83, 10), network("fast", 76, 50))))
    assert [(each.accuracies, each.best.result.model) for each in found] == [
        ((70, 75), "fast"),
        ((77, 80, 82), "slow"),
    ]
    assert [each.rivals for each in found] == [(), ()]


def test_rivals_are_those_whose_interval_reaches_up_to_the_fastest():
    there = (network("best", 79, 100), network("near", 78, 98.5), network("far", 78, 90))
    (first, *_) = recommendations(of(*there))
    assert (first.best.result.model, names(first.rivals)) == ("best", ["near"])


def test_a_rival_that_is_less_accurate_counts_as_far_as_it_is_accurate():
    found = list(recommendations(of(network("best", 79, 100), network("near", 76, 99))))
    assert [(each.accuracies, names(each.rivals)) for each in found] == [
        ((70, 75), ["near"]),
        ((77,), []),
    ]


def test_nothing_is_recommended_where_no_network_is_accurate_enough():
    assert list(recommendations(of(network("poor", ACCURACIES[0] - 1, 100)))) == []
    assert list(recommendations(of())) == []


def test_an_accuracy_counts_at_the_size_alone_that_it_is_quoted_for():
    def small(cell):
        return replace(cell, resolution=224) if "_b4" in cell.model else cell

    run = with_variant(zoo_run((1,)))
    there = quoted_networks(Study(run).results)
    assert "timm/efficientnet_b4" in names(there)
    without = quoted_networks(Study(moved(run, small)).results)
    assert set(names(there)) - set(names(without)) == {"timm/efficientnet_b4"}
    assert not any(each.result.model.startswith("effprof:") for each in there)


@pytest.mark.parametrize("top1", [76.3, 77.1])
def test_a_quoted_network_has_the_top1_of_its_facts(top1):
    assert network("one", top1, 1).top1 == top1
