"""Group A: the counts against the published ones, and every way to be wrong."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from effprof.claims import catalogue, growth, static
from effprof.claims.claim import Answer, NotMeasured
from effprof.claims.claim_verdicts import settle
from effprof.claims.counts import KNOWN, arithmetic_intensity, skips
from effprof.claims.evidence import Evidence, Measured, evidence_of
from effprof.core.cells import Cell
from effprof.core.costs import Cost, OpKind, StaticCost, cost_key
from effprof.cost import count_cost
from effprof.models.build import canonical_name
from effprof.models.registry import facts
from effprof.study.study import Study
from effprof.sweep.suite import load_suite
from effprof.sweep.tasks import resolve_suite
from tests.runs import sample_run

CLAIMS = (*static.CLAIMS, *growth.CLAIMS)

FACTS = Path(__file__).resolve().parents[3] / "shared" / "facts"


@pytest.fixture(scope="module")
def counted():
    """The run that `effprof run static` makes, without the store."""
    expansion = resolve_suite(load_suite("static"), print)
    costs = tuple(count_cost(*key) for key in dict.fromkeys(map(cost_key, expansion.cells)))
    run = sample_run(repeats=0, cells=expansion.cells)
    return replace(run, costs=costs)


@pytest.fixture(scope="module")
def findings(counted):
    return {f.claim.id: f for f in settle(CLAIMS, evidence_of([Study(counted)]))}


def part(finding, part_id):
    (row,) = (each.rows[0] for each in finding.parts if each.part.id == part_id)
    return row


def value(finding, part_id):
    answer = part(finding, part_id).answer
    assert isinstance(answer, Answer), answer
    return answer.estimate.value


def test_the_suite_holds_all_that_the_claims_want(counted, findings):
    cells = counted.invocation.cells
    for claim in CLAIMS:
        assert findings[claim.id].missing == ()
        for each in claim.wanted:
            assert canonical_name(each.model) == each.model
            assert any(each.matches(cell) for cell in cells), each


def test_the_suite_counts_all_that_any_claim_wants_counted(counted):
    static_wishes = [w for claim in catalogue.CLAIMS for w in claim.wanted if w.static]
    cells = counted.invocation.cells
    assert [w for w in static_wishes if not any(w.matches(cell) for cell in cells)] == []


def test_the_counts_of_b0_to_b7_are_the_published_ones(findings):
    finding = findings["C1"]
    assert finding.verdict == "supported"
    assert value(finding, "parameters") == 0
    assert value(finding, "skips") == 0
    assert value(finding, "activations") == 0
    assert 0 < value(finding, "macs_of_table") < 0.05
    assert "b4" in part(finding, "macs_of_table").answer.note


def test_rivals_have_the_published_ratios_save_where_the_table_cannot_be_reproduced(findings):
    """What is expected to fail is told beside, and refutes nothing."""
    finding = findings["C2"]
    failing = [p for p in finding.parts if p.verdict == "refuted"]
    refuted = [p.part.id for p in failing]
    assert refuted == ["flops_resnext101_64x4d_224", "parameters_senet154_320"]
    assert all(p.part.beside for p in failing)
    assert all("expected to fail" in part(finding, each).answer.note for each in refuted)
    assert (finding.verdict, finding.rests_on) == ("supported", "counts")
    assert "320 px" in part(finding, refuted[0]).answer.note
    assert value(finding, "parameters_senet154_320") == pytest.approx(5.95, abs=0.01)
    assert value(finding, "flops_resnext101_64x4d_320") == pytest.approx(17.3, abs=0.05)


def test_activations_of_efficientnets_grow_faster_than_those_of_regnets(findings):
    finding = findings["C3"]
    assert finding.verdict == "supported"
    known = {"efficientnet": (0.82, 8), "regnetx": (0.55, 12), "regnety": (0.52, 12)}
    for family, (published, n) in known.items():
        answer = part(finding, f"exponent_{family}").answer
        assert answer.estimate.value == pytest.approx(published, abs=0.01)
        assert answer.estimate.low < answer.estimate.value < answer.estimate.high
        assert answer.estimate.n == n


def test_activations_of_an_earlier_count_are_laid_beside_none_of_today(counted):
    first = "effprof static cost 1 (formulas of torch 2.9)"
    old = replace(
        counted,
        costs=tuple(
            replace(cost, counter=first) if cost.model == "timm/efficientnet_b0" else cost
            for cost in counted.costs
        ),
    )
    found = {each.claim.id: each for each in settle(CLAIMS, evidence_of([Study(old)]))}
    for claim, name in (("C3", "exponent_efficientnet"), ("C4", "depthwise_activations")):
        answer = part(found[claim], name).answer
        assert isinstance(answer, NotMeasured)
        assert answer.reason.endswith("effprof export RUN FILE --recount")
    assert isinstance(part(found["C3"], "exponent_regnetx").answer, Answer)
    assert value(found["C1"], "activations") == 0
    both = evidence_of([Study(old), Study(counted)])
    again = {each.claim.id: each for each in settle(CLAIMS, both)}
    assert isinstance(part(again["C3"], "exponent_efficientnet").answer, Answer)


def test_intensity_is_the_published_one(findings):
    finding = findings["C4"]
    assert finding.verdict == "supported"
    assert value(finding, "intensity_depthwise") == pytest.approx(5.7, abs=0.05)
    assert value(finding, "intensity_b0") == pytest.approx(28, abs=0.5)
    assert value(finding, "intensity_resnet50") == pytest.approx(186, abs=0.5)
    assert value(finding, "depthwise_macs") == pytest.approx(0.089, abs=0.001)
    assert value(finding, "depthwise_activations") == pytest.approx(0.34, abs=0.005)


def test_one_parameter_too_many_refutes(counted):
    wrong = tuple(
        replace(cost, parameters=cost.parameters + (cost.model == "timm/efficientnet_b7"))
        for cost in counted.costs
    )
    finding = settle(CLAIMS, evidence_of([Study(replace(counted, costs=wrong))]))[0]
    assert finding.verdict == "refuted"
    assert part(finding, "parameters").answer.estimate.value == 1
    assert "b7" in part(finding, "parameters").answer.note


def test_a_cost_of_a_batch_counts_for_one_image(counted):
    def doubled(cost):
        by_role = {role: part + part for role, part in cost.by_role.items()}
        return replace(cost, batch_size=2, total=cost.total + cost.total, by_role=by_role)

    run = replace(
        counted,
        costs=tuple(doubled(cost) for cost in counted.costs if cost.batch_size == 1),
        invocation=replace(
            counted.invocation,
            cells=tuple(replace(c, batch_size=2) for c in counted.invocation.cells),
        ),
    )
    assert [f.verdict for f in settle(CLAIMS[:3], evidence_of([Study(run)]))] == [
        "supported",
        "supported",
        "supported",
    ]


def test_what_nobody_counted_is_named(counted):
    fewer = replace(counted, costs=tuple(c for c in counted.costs if "b7" not in c.model))
    finding = settle(CLAIMS, evidence_of([Study(fewer)]))[0]
    assert finding.verdict == "not measured"
    assert [each.model for each in finding.missing] == ["timm/efficientnet_b7"]
    assert finding.missing[0].static


def test_rounded_costs_of_others_decide_nothing(counted):
    (evidence,) = evidence_of([Study(counted)])
    theirs = replace(evidence, published=True)
    assert {f.verdict for f in settle(CLAIMS, [theirs])} == {"not measured"}


def kinds(*rows):
    return tuple(OpKind(role, phase, n, cost) for role, phase, n, cost in rows)


def test_intensity_takes_the_operators_that_count_flops_only():
    conv, norm = Cost(1, 100, 10, 30, 10), Cost(1, 0, 0, 1000, 1000)
    cost = made_of(kinds(("dense conv", "forward", 2, conv), ("norm", "forward", 9, norm)))
    assert arithmetic_intensity(cost) == 2 * 200 / (2 * 40)


def test_a_block_skips_where_its_input_is_added():
    add = Cost(1, 0, 0, 8, 4)
    cost = made_of(
        kinds(
            ("residual add", "forward", 2, add),
            ("residual add", "forward", 1, replace(add, bytes_read=16)),
            ("residual add", "backward", 5, add),
            ("activation", "forward", 7, add),
        )
    )
    assert skips(cost) == 3


def made_of(kinds):
    total = sum((k.each for k in kinds for _ in range(k.count)), Cost())
    return StaticCost("timm/x", 224, "infer", 1, "float32", 1, total, kinds=kinds)


def test_a_cost_stored_without_its_operators_does_not_count():
    cell = Cell("timm/efficientnet_b0", 224)
    bare = replace(made_of(()), model=cell.model, total=Cost(1, 385_814_752))
    evidence = Evidence("a", "cpu", False, (Measured(cell, None, None, bare, None),))
    assert settle(CLAIMS, [evidence])[0].verdict == "not measured"


def test_the_registry_knows_the_macs_of_b0_to_b7():
    assert all(facts(known.network[0]).macs for known in KNOWN)


@pytest.mark.skipif(not FACTS.exists(), reason="the published tables are not here")
def test_the_known_counts_are_those_of_the_table():
    with (FACTS / "effnet_analytic.csv").open() as file:
        rows = list(csv.DictReader(file))
    for known, row in zip(KNOWN, rows, strict=True):
        assert known.parameters == round(float(row["params_M"]) * 1e6)
        assert known.macs == round(float(row["gmacs"]) * 1e9)
        assert known.activations == round(float(row["macts_conv_out"]) * 1e6)
        assert known.skips == int(row["has_skip"])
