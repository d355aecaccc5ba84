"""What claims want is complete: measured, it leaves no part open; and the suites cover it."""

import pytest

from effprof.claims import gpu, mechanism, predictors
from effprof.claims.claim import NotMeasured
from effprof.claims.claim_verdicts import settle
from effprof.core.cells import Cell
from effprof.core.outcomes import Memory
from effprof.core.profiles import OpTime, Profile
from effprof.models.build import canonical_name
from effprof.sweep.suite import load_suite
from effprof.sweep.tasks import resolve_suite
from tests.evidence import CPU, CUDA, cost, evidence, took

CLAIMS = (*gpu.CLAIMS, *predictors.CLAIMS, *mechanism.CLAIMS)
BY_ID = {claim.id: claim for claim in CLAIMS}
GIB = 2**30


def whole(seconds):
    """A measurement with everything that a GPU can tell."""
    ops = tuple(
        OpTime("op", "forward", "pointwise conv", f"blocks.{stage}.0.conv", seconds / 9, True)
        for stage in range(7)
    )
    profile = Profile("torch.profiler", "profiled", 5, ops, seconds, seconds, 7, seconds / 2)
    return took(seconds, memory=Memory(*[GIB] * 5), profile=profile)


def measured(cells, kind):
    """Evidence of all these cells, five processes each; costs and times all differ."""
    known, costs = {}, []
    for place, cell in enumerate(dict.fromkeys(cells)):
        known[cell] = [whole(0.01 * (1 + place) * (1 + i / 500)) for i in range(5)]
        costs.append(cost(cell, 1e9 * (1 + place), 1e6 * (1 + place) ** 0.5))
    return evidence(known, costs, kind)


def cells_of(claim, precision):
    return [
        Cell(
            *(wanted.model, wanted.resolution, wanted.mode, wanted.batch_size),
            *(wanted.precision or precision, wanted.memory_format or "nchw", wanted.execution),
            loader=wanted.loader,
        )
        for wanted in claim.wanted
        if wanted.precision in (precision, None)
    ]


def open_parts(claim, known):
    (finding,) = settle([claim], known)
    return [
        part.part.id
        for part in finding.parts
        for row in part.rows
        if isinstance(row.answer, NotMeasured)
    ]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_what_a_claim_wants_tells_every_quantity(claim):
    gpus = measured(cells_of(claim, "amp-fp16"), CUDA)
    cpus = measured(cells_of(claim, "fp32"), CPU)
    kinds = {part.kind for part in claim.parts}
    known = [gpus] if kinds <= {CUDA, "none"} else [gpus, cpus]
    assert open_parts(claim, known) == []


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_wanted_cells_are_named_as_cells_are(claim):
    for wanted in claim.wanted:
        assert canonical_name(wanted.model) == wanted.model
        assert wanted.resolution
        assert wanted.batch_size


def test_every_claim_has_its_number_and_its_group():
    groups = {
        "C": [f"C{number}" for number in range(9, 19)],
        "D": [f"C{number}" for number in range(19, 22)],
        "E": [f"C{number}" for number in range(22, 26)],
    }
    for group, ids in groups.items():
        assert [claim.id for claim in CLAIMS if claim.group == group] == ids


def suite_cells(name):
    return resolve_suite(load_suite(name), lambda _: None).cells


@pytest.mark.parametrize("claim_id", ["C22", "C24", "C25"])
def test_the_suite_of_variants_settles_the_claims_about_them(claim_id):
    known = measured(suite_cells("variants"), CUDA)
    assert open_parts(BY_ID[claim_id], [known]) in ([], ["speed_lite0_cpu"])


def test_the_suite_of_loaders_settles_the_claim_about_them():
    assert open_parts(BY_ID["C16"], [measured(suite_cells("loader"), CUDA)]) == []
