"""Choosing: limits judged by whole intervals, ranks, fronts, and what is never ranked."""

from dataclasses import replace

import pandas as pd
import pytest

from effprof.analysis.accuracy import quoted, with_accuracy
from effprof.analysis.pareto import pareto_front
from effprof.analysis.picking import (
    NEAR,
    SORTS,
    STANDINGS,
    Limit,
    candidates,
    memory_column,
    pick,
)
from effprof.core.accuracies import ACCURACIES
from effprof.core.cells import Cell
from effprof.core.outcomes import Energy
from effprof.models.registry import facts
from effprof.models.weights import KnownWeights, Weights
from effprof.study.study import Study
from tests.report.zoo import zoo_run
from tests.runs import measurement, sample_run

RUN = sample_run()


def limit(name: str, value: float) -> Limit:
    return Limit(name, value)


def row(**values) -> pd.Series:
    return pd.Series({"latency_p50_seconds_low": 0.9, "latency_p50_seconds_high": 1.1} | values)


@pytest.mark.parametrize(
    ("bound", "standing"),
    [(1.11, "meets"), (1.05, "on the edge"), (0.95, "on the edge"), (0.85, "near miss"),
     (1.0 / (1 + NEAR) - 0.001, "misses")],
)  # fmt: skip
def test_only_a_whole_interval_meets_or_misses_an_upper_limit(bound, standing):
    assert limit("latency", bound).standing(row(latency_p50_seconds=1.0)) == standing


@pytest.mark.parametrize(
    ("bound", "standing"),
    [(89, "meets"), (95, "on the edge"), (105, "on the edge"), (112, "near miss"), (130, "misses")],
)
def test_a_lower_limit_is_judged_from_the_other_end(bound, standing):
    speed = pd.Series(
        {
            "images_per_second": 100.0,
            "images_per_second_low": 90.0,
            "images_per_second_high": 110.0,
        }
    )
    assert limit("speed", bound).standing(speed) == standing


def test_a_number_without_interval_is_on_the_edge_at_best():
    one = row(
        latency_p50_seconds=1.0,
        latency_p50_seconds_low=float("nan"),
        latency_p50_seconds_high=float("nan"),
    )
    assert limit("latency", 2.0).standing(one) == "on the edge"
    assert limit("latency", 0.9).standing(one) == "near miss"
    assert limit("latency", 0.1).standing(one) == "misses"


def test_what_was_not_measured_is_not_told():
    found = pick(Study(RUN).candidates, [limit("energy", 1e9)], "accuracy")
    assert set(found.frame["standing"]) == {"not told"}


def test_every_network_is_there_once_and_ranked_by_standing_then_accuracy_then_speed():
    found = pick(Study(zoo_run()).candidates, [limit("speed", 20.0)], "accuracy").frame
    assert len(found) == found["model"].nunique()
    ranks = [STANDINGS.index(each) for each in found["standing"]]
    assert ranks == sorted(ranks)
    met = found[found["standing"] == "meets"]
    assert len(met) > 2
    assert met["top1"].is_monotonic_decreasing


@pytest.mark.parametrize("sort", SORTS)
def test_the_order_is_the_one_asked_for(sort):
    run = zoo_run((1,), gpu=True)
    rows = tuple(
        replace(each, outcome=replace(each.outcome, energy=Energy(3.0 + each.seconds, 5.0, 100)))
        for each in run.repeats
    )
    found = pick(Study(replace(run, repeats=rows)).candidates, [], sort).frame
    column, ascending = SORTS[sort][0]
    values = found[column]
    assert values.is_monotonic_increasing if ascending else values.is_monotonic_decreasing
    assert values.notna().all()


def test_of_several_batch_sizes_the_one_that_meets_the_limits_fastest_is_taken():
    frame = Study(RUN).candidates
    fastest = pick(frame, [], "accuracy").frame
    bound = frame[frame["batch_size"] == 1]["latency_p50_seconds_high"].max()
    tight = pick(frame, [limit("latency", bound)], "accuracy").frame
    largest = frame.loc[frame.groupby("model")["images_per_second"].idxmax()]
    assert dict(zip(fastest["model"], fastest["batch_size"], strict=True)) == dict(
        zip(largest["model"], largest["batch_size"], strict=True)
    )
    assert set(tight[tight["model"] == "timm/resnet50"]["batch_size"]) == {1}


def test_accuracy_is_quoted_from_the_registry_and_networks_without_it_are_kept_apart():
    cell = Cell("timm/resnet50", 224)
    named = replace(cell, model="timm/no_such_net")
    cells = tuple(named if each == cell else each for each in RUN.invocation.cells)
    run = replace(
        RUN,
        invocation=replace(RUN.invocation, cells=cells),
        repeats=tuple(
            replace(each, cell=named) if each.cell == cell else each for each in RUN.repeats
        ),
    )
    found = pick(Study(run).candidates, [limit("accuracy", 70.0)], "accuracy")
    assert list(found.apart["model"]) == ["timm/no_such_net"]
    assert "timm/no_such_net" not in set(found.frame["model"])
    for each in found.frame.itertuples():
        published = facts(each.model)
        assert (each.top1, each.top1_source) == (published.top1, published.source)


def test_a_network_at_another_size_than_its_accuracy_is_quoted_for_is_on_no_front():
    frame = Study(zoo_run((1,))).candidates
    before = pick(frame, [], "accuracy").frame
    name = before[before["front"].map(bool)]["model"].iloc[0]
    frame["same_size"] = frame["same_size"] & (frame["model"] != name)
    after = pick(frame, [], "accuracy").frame.set_index("model")
    assert after.loc[name, "front"] == ()


def test_the_front_is_that_of_the_networks_that_meet_the_limits():
    found = pick(Study(zoo_run((8,))).candidates, [limit("accuracy", 76.0)], "speed")
    met = found.of("meets")
    expected = set(pareto_front(met, "top1", "seconds_per_image"))
    assert {key for key, on in found.frame["front"].items() if "speed" in on} == expected
    assert 0 < len(expected) < len(met)


def test_the_limit_that_binds_is_told_by_counts():
    frame = Study(zoo_run((1,))).candidates
    found = pick(frame, [limit("speed", 1e6), limit("accuracy", 1.0)], "accuracy")
    quoted = len(found.frame)
    assert found.binding() == {"speed": (quoted, quoted), "accuracy": (0, 0)}


def test_accuracy_misses_by_a_share_of_the_error_rate():
    at = pd.Series({"top1": 76.0})
    assert limit("accuracy", 80.0).excess(at) == pytest.approx(4 / 20)
    assert limit("accuracy", 76.0).standing(at) == "meets"


def test_the_memory_number_is_the_most_telling_one_that_was_taken():
    assert memory_column(Study(zoo_run((1,), gpu=True)).candidates) == "device_used_bytes"
    assert memory_column(Study(zoo_run((1,))).candidates) == "peak_rss_bytes"


def test_names_that_cannot_be_read_have_no_accuracy():
    frame = pd.DataFrame({"model": ["one two/three", "timm/resnet18"], "resolution": [224, 128]})
    found = with_accuracy(frame)
    assert pd.isna(found["top1"].iloc[0])
    assert not found["same_size"].any()
    assert found["top1"].iloc[1] == facts("resnet18").top1


def test_invalid_measurements_are_no_candidates():
    outcomes = {
        (Cell("timm/resnet18", 224), i): measurement(0.01, invalid_reasons=("busy",))
        for i in range(3)
    }
    frame = Study(sample_run(batch_sizes=(1,), outcomes=outcomes)).candidates
    assert "timm/resnet18" not in set(frame["model"])


def test_either_accuracy_ranks_limits_and_makes_the_front():
    frame = Study(zoo_run((8,))).candidates
    for kind, accuracy in ACCURACIES.items():
        bound = frame[accuracy.column].median()
        found = pick(frame, [Limit("accuracy", bound, kind)], "accuracy", kind)
        met = found.of("meets")
        assert list(met[accuracy.column]) == sorted(met[accuracy.column], reverse=True)
        assert met[accuracy.column].min() >= bound > frame[accuracy.column].min()
        rivals = met[met[accuracy.size]]
        front = set(pareto_front(rivals, accuracy.column, "seconds_per_image"))
        assert {key for key, on in found.frame["front"].items() if "speed" in on} == front


def test_the_choice_under_todays_weights_is_another_one():
    frame = Study(zoo_run((8,))).candidates
    meet = {
        kind: set(pick(frame, [Limit("accuracy", 80.5, kind)], "accuracy", kind).of("meets").model)
        for kind in ("paper", "today")
    }
    assert meet["today"] - meet["paper"] >= {"timm/resnet50"}


def test_weights_that_are_not_known_leave_a_network_apart_under_today_alone():
    known = KnownWeights((Weights("resnet50.x_in1k", 224, 81.0, 0.9, "bicubic", "made up"),))
    frame = candidates(Study(RUN).frame, Study(RUN).by_key, known)
    today, paper = (pick(frame, [], "accuracy", kind) for kind in ("today", "paper"))
    assert set(today.frame["model"]) == {"timm/resnet50"}
    assert "timm/resnet18" in set(today.apart["model"])
    assert paper.apart.empty


def test_weights_evaluated_at_another_size_are_said_and_on_no_front():
    known = KnownWeights((Weights("resnet50.x_in1k", 288, 81.0, 0.9, "bicubic", "made up"),))
    frame = candidates(Study(RUN).frame, Study(RUN).by_key, known)
    (row,) = pick(frame, [], "accuracy", "today").frame.itertuples()
    assert (row.top1_today_resolution, row.top1_today_same_size, row.front) == (288, False, ())
    assert (row.top1_today_weights, row.top1_today_source) == (
        "resnet50.x_in1k, crop 0.9, bicubic",
        "made up",
    )


def test_weights_of_another_implementation_say_so():
    known = KnownWeights((Weights("tf_efficientnet_b0.x", 224, 80.0, 0.9, "bicubic", "made up"),))
    found = quoted("timm/efficientnet_b0", 224, "today", known)
    assert found.weights.endswith("; another implementation of the network")
    assert "another" not in quoted("tf_efficientnet_b0", 224, "today", known).weights
