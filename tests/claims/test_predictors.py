"""Zoos and group D: which cell stands for a network, and laws that each claim must tell apart."""

from dataclasses import replace

import pytest

from effprof.claims.claim import NotMeasured
from effprof.claims.claim_verdicts import settle
from effprof.claims.evidence import evidence_of
from effprof.claims.predictors import CLAIMS, EQUIVALENT_GAIN, MIN_NETWORKS, ZOO
from effprof.claims.zoo import (
    DEPTHWISE,
    DEPTHWISE_NETWORKS,
    GPU_POOL,
    Pool,
    counted_otherwise,
    zoo,
)
from effprof.core.cells import Cell
from effprof.core.formats import TIMM
from effprof.cost import count_cost
from effprof.study.study import Study
from tests.claims.zoos import FACTS, has_depthwise, zoo_of
from tests.evidence import cost, evidence, run_of


def by_activations(gmacs, macts, depthwise):
    return 1e-4 * macts


def by_macs(gmacs, macts, depthwise):
    return 1e-3 * gmacs**0.7


def by_both(gmacs, macts, depthwise):
    return 1e-4 * gmacs**0.3 * macts**0.7


def by_depthwise(gmacs, macts, depthwise):
    """MACs alone predict, save that depthwise networks take longer for theirs."""
    return 1e-3 * gmacs**0.8 * (4 if depthwise else 1)


def verdict(claim_id, known, place=0):
    """The verdict of one part, and what it rests on."""
    (finding,) = settle([claim for claim in CLAIMS if claim.id == claim_id], [known])
    (row,) = finding.parts[place].rows
    return row.verdict, row.answer


# Zoos.


def test_a_network_stands_at_its_published_size_under_its_preferred_name():
    title = "EfficientNet-B1"
    names = FACTS[title].names
    cells = [Cell(names[0], 224), Cell(names[1], 240), Cell(names[0], 240), Cell(names[0], 256)]
    known = evidence(dict.fromkeys(cells, (0.1, 0.1)), [cost(cell, 7e8, 1e7) for cell in cells])
    (network,) = zoo(known, Pool("fp32"))
    assert (network.facts.title, network.cell) == (title, cells[2])


def test_variants_and_networks_without_published_facts_are_left_out():
    cells = [Cell("effprof:efficientnet", 224), Cell("timm/unheard_of", 224)]
    known = evidence(dict.fromkeys(cells, (0.1,)), [cost(cell, 7e8, 1e7) for cell in cells])
    assert zoo(known, Pool("fp32")) == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"precision": "fp32"},
        {"mode": "train"},
        {"execution": "compile"},
        {"batch_size": 32},
    ],
)
def test_other_settings_than_those_of_the_pool_are_left_out(changed):
    fitting = Cell("timm/resnet50", 224, batch_size=64, precision="amp-fp16")
    assert len(zoo(_of([fitting]), GPU_POOL)) == 1
    assert zoo(_of([replace(fitting, **changed)]), GPU_POOL) == ()


def test_the_setting_with_most_networks_counts_then_the_largest_batch():
    def at(name, batch):
        return Cell(name, 224, batch_size=batch, precision="amp-fp16")

    cells = [
        *(at(f"timm/resnet{depth}", batch) for depth in (18, 34) for batch in (64, 128)),
        at("timm/resnet18", 256),
    ]
    assert {network.cell.batch_size for network in zoo(_of(cells), GPU_POOL)} == {128}


def test_seconds_per_image_are_pooled_over_runs():
    cell = Cell("timm/resnet50", 224, batch_size=64, precision="amp-fp16")
    costs = [cost(cell, 4e9, 1e7)]
    runs = [run_of({cell: (step,)}, costs, run_id=str(step)) for step in (0.1, 0.4)]
    (network,) = zoo(evidence_of([Study(each) for each in runs])[0], GPU_POOL)
    assert network.seconds == pytest.approx(0.2 / 64)
    assert (network.macs, network.activations) == (4e9, 1e7)


def test_published_networks_may_differ_in_batch():
    cells = [
        Cell(f"timm/resnet{depth}", 224, batch_size=batch, precision="amp-fp16")
        for depth, batch in ((18, 1024), (34, 512))
    ]
    assert len(zoo(_of(cells, method=TIMM.method), GPU_POOL)) == 2
    assert len(zoo(_of(cells), GPU_POOL)) == 1


def test_networks_counted_otherwise_are_never_among_those_counted_today():
    title = "ConvNeXt-T"
    cells = [Cell(name, 224, batch_size=64) for name in ("timm/resnet50", FACTS[title].names[0])]
    counts = [cost(cell, 4e9, 1e7) for cell in cells]
    first = replace(counts[1], counter="effprof static cost 1 (formulas of torch 2.9)")
    pool = Pool("fp32")
    for old in (first, replace(first, counter="of nobody known")):
        known = evidence(dict.fromkeys(cells, (0.1,)), [counts[0], old])
        assert [each.facts.title for each in zoo(known, pool)] == ["ResNet-50"]
        assert counted_otherwise(known, pool).startswith(" (1 with activations of an earlier")
    today = evidence(dict.fromkeys(cells, (0.1,)), counts)
    assert len(zoo(today, pool)) == 2
    assert counted_otherwise(today, pool) == ""


def test_a_zoo_of_an_earlier_count_says_how_to_count_it_anew():
    known = zoo_of(by_activations)
    first = "effprof static cost 1 (formulas of torch 2.9)"
    cells = tuple(replace(each, cost=replace(each.cost, counter=first)) for each in known.cells)
    said, answer = verdict("C19", replace(known, cells=cells))
    assert isinstance(answer, NotMeasured)
    assert said == "not measured"
    assert "of an earlier count: effprof export RUN FILE --recount" in answer.reason


def _of(cells, **gating):
    return evidence(
        dict.fromkeys(cells, (0.1,)), [cost(cell, 4e9, 1e7) for cell in cells], **gating
    )


#: One network of every family, and those that differ from their family.
OF_EACH_FAMILY = {row.family: title for title, row in reversed(FACTS.items())}


@pytest.mark.parametrize("title", [*OF_EACH_FAMILY.values(), *DEPTHWISE_NETWORKS])
def test_what_is_said_of_depthwise_networks_holds(title):
    row = FACTS[title]
    # The smallest image that every network takes: roles do not depend on it.
    counted = count_cost(row.names[0], 96)
    assert (DEPTHWISE in counted.by_role) == has_depthwise(row)


def test_every_network_asked_for_is_known_with_its_size():
    assert len(ZOO) == len(set(ZOO)) >= MIN_NETWORKS
    assert set(ZOO) <= set(FACTS)
    assert sum(not has_depthwise(FACTS[title]) for title in ZOO) >= 12


# C19 to C21.


@pytest.mark.parametrize(("law", "expected"), [(by_activations, "supported"), (by_macs, "refuted")])
def test_c19_tells_what_predicts_better(law, expected):
    said, answer = verdict("C19", zoo_of(law))
    assert said == expected
    families = len({FACTS[title].family for title in ZOO})
    assert (answer.estimate.n, answer.of) == (len(ZOO), f"networks of {families} families")


@pytest.mark.parametrize(
    ("law", "expected"), [(by_activations, "refuted"), (by_depthwise, "supported")]
)
@pytest.mark.parametrize("roles", [True, False])
def test_c20_tells_whether_depthwise_networks_make_the_difference(law, expected, roles):
    known = zoo_of(law, titles=tuple(FACTS), noise=0.1, apart=0.8, roles=roles)
    said, answer = verdict("C20", known)
    assert said == expected
    assert answer.estimate.n == sum(not has_depthwise(row) for row in FACTS.values())


def test_c20_takes_no_wide_interval_for_a_gain_that_is_none():
    """Not told apart from nought is not nought: with few networks the whole margin is open."""
    said, answer = verdict("C20", zoo_of(by_depthwise, noise=0.6, apart=0.8))
    assert answer.estimate.low < 0 < EQUIVALENT_GAIN < answer.estimate.high
    assert said == "inconclusive"


def test_c20_has_nothing_to_explain_where_all_networks_show_no_advantage():
    known = zoo_of(by_macs, titles=tuple(FACTS), noise=0.1)
    (finding,) = settle([claim for claim in CLAIMS if claim.id == "C20"], [known])
    assert finding.parts[0].verdict == "supported"
    assert (finding.parts[1].verdict, finding.verdict) == ("refuted", "refuted")


@pytest.mark.parametrize(
    ("law", "on_gpu", "on_cpu"),
    [(by_both, "supported", "refuted"), (by_macs, "refuted", "supported")],
)
def test_c21_tells_the_larger_power_on_either_device(law, on_gpu, on_cpu):
    assert verdict("C21", zoo_of(law))[0] == on_gpu
    assert verdict("C21", zoo_of(law, kind="cpu"), place=1)[0] == on_cpu


def test_c21_finds_the_powers():
    _, answer = verdict("C21", zoo_of(by_both))
    assert answer.estimate.value == pytest.approx(0.4, abs=0.05)
    assert answer.estimate.low < 0.4 < answer.estimate.high
    assert "a 0.3" in answer.note


def test_c21_is_open_where_one_family_decides():
    largest = max(FACTS[title].macs or 0 for title in ZOO if "ResNet" in title) / 1e9

    def swayed_by_the_largest(gmacs, macts, depthwise):
        # Networks of more FLOPs than any ResNet, EfficientNets mostly, follow another law.
        return (by_macs if gmacs > largest else by_activations)(gmacs, macts, depthwise)

    honest, swayed = (verdict("C21", zoo_of(law))[1] for law in (by_both, swayed_by_the_largest))
    assert swayed.estimate.high - swayed.estimate.low > 2 * (
        honest.estimate.high - honest.estimate.low
    )
    assert "without EfficientNet" in swayed.note


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_too_few_networks_are_not_measured_and_the_rest_is_asked_for(claim):
    known = zoo_of(by_both, titles=ZOO[: MIN_NETWORKS - 1])
    answer = claim.parts[0].statistic(known)
    assert isinstance(answer, NotMeasured)
    assert len(answer.wanted) == len(ZOO) - MIN_NETWORKS + 1
    assert {wanted.batch_size for wanted in answer.wanted} == {64}
    assert not any(known.find(wanted) for wanted in answer.wanted)


def test_a_claim_wants_every_network_for_every_kind_of_device():
    wanted = {claim.id: claim.wanted for claim in CLAIMS}
    assert len(wanted["C19"]) == len(ZOO)
    assert {each.precision for each in wanted["C21"]} == {"amp-fp16", "fp32"}


def test_without_depthwise_networks_too_few_are_inconclusive():
    titles = [title for title in ZOO if has_depthwise(FACTS[title])]
    others = [title for title in ZOO if not has_depthwise(FACTS[title])][:9]
    said, answer = verdict("C20", zoo_of(by_depthwise, titles=(*titles, *others)))
    assert (said, answer.estimate.n) == ("inconclusive", 9)
