"""The suite of what is missing: read back by our own reader, it is exactly that."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effprof.claims.catalogue import CLAIMS
from effprof.claims.claim import PUBLISHED_REPEATS
from effprof.claims.claim_verdicts import settle
from effprof.claims.evidence import Evidence, Wanted
from effprof.claims.plan import Lack, lacks, suite_text
from effprof.sweep.suite import expand, load_suite


class AnyZoo:
    """Knows every name and size as it is written."""

    def canonical(self, name):
        return name

    def resolution(self, name, wanted):
        assert isinstance(wanted, int)
        return wanted, None


def cells(text, folder):
    file = folder / "plan.toml"
    file.write_text(text)
    suite = load_suite(str(file))
    return expand(suite, AnyZoo()).cells, suite


def lacking(*wanted, kind="cpu"):
    return [Lack(each, kind, "C0") for each in wanted]


def points(found):
    return {
        (
            *(c.model, c.resolution, c.mode, c.batch_size, c.precision, c.memory_format),
            *(c.execution, c.loader),
        )
        for c in found
    }


NOTHING = settle(CLAIMS, ())


def test_without_runs_every_claim_lacks_something():
    assert {finding.verdict for finding in NOTHING} == {"not measured"}
    assert all(finding.missing for finding in NOTHING)


@pytest.mark.parametrize("kind", [None, "cpu", "cuda"])
def test_the_plan_of_the_catalogue_is_what_is_missing_and_nothing_else(kind, tmp_path):
    missing = lacks(NOTHING, kind)
    found, suite = cells(suite_text(missing), tmp_path)
    timed = {lack.wanted for lack in missing if not lack.wanted.static}
    for wanted in timed:
        assert any(wanted.matches(cell) for cell in found), wanted
    for cell in found:
        assert any(wanted.matches(cell) for wanted in timed), cell
    assert suite.repeats == PUBLISHED_REPEATS
    assert suite.options.profile


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_measuring_a_claims_own_plan_leaves_nothing_unmatched(claim, tmp_path):
    (finding,) = settle([claim], ())
    found, suite = cells(suite_text(lacks([finding])), tmp_path)
    timed = [wanted for wanted in finding.missing if not wanted.static]
    for wanted in timed or finding.missing:
        assert any(wanted.matches(cell) for cell in found), wanted
    assert (suite.repeats == 0) == (not timed)
    assert suite.options.profile == any(wanted.profile for wanted in timed)


def test_wishes_that_form_a_grid_become_one():
    wishes = [
        Wanted(model, 224, batch_size=batch, precision="amp-fp16")
        for model, batch in product(("timm/b0", "timm/r50"), (1, 64, 256))
    ]
    assert suite_text(lacking(*wishes)).count("[[include]]") == 1


def test_a_loader_is_an_axis_of_the_plan():
    (finding,) = settle([claim for claim in CLAIMS if claim.id == "C16"], ())
    text = suite_text(lacks([finding]))
    assert text.count("[[include]]") == 1
    assert 'loader = ["jpeg-2w", "synthetic"]' in text


def test_wishes_that_form_no_grid_stay_apart(tmp_path):
    wishes = [Wanted("timm/b0", 224, batch_size=1), Wanted("timm/b4", 380, batch_size=64)]
    found, _ = cells(suite_text(lacking(*wishes)), tmp_path)
    assert len(found) == 2


def test_what_is_only_counted_is_left_to_the_static_suite(tmp_path):
    counted, timed = Wanted("timm/b7", 600, static=True), Wanted("timm/b0", 224, batch_size=1)
    text = suite_text(lacking(counted, timed))
    assert text.startswith("# Static costs are lacking too: effprof run static\n")
    found, suite = cells(text, tmp_path)
    assert [cell.model for cell in found] == ["timm/b0"]
    alone, counting = cells(suite_text(lacking(counted)), tmp_path)
    assert ([cell.model for cell in alone], counting.repeats) == (["timm/b7"], 0)
    assert suite.repeats == PUBLISHED_REPEATS


def test_each_grid_says_which_claims_it_is_for():
    one = Lack(Wanted("timm/b0", 224, batch_size=1), "cpu", "C5")
    two = Lack(Wanted("timm/b0", 224, batch_size=1), "cpu", "C7")
    other = Lack(Wanted("timm/b4", 380, batch_size=1), "cpu", "C9")
    text = suite_text([one, two, other])
    assert '# for C5, C7\n[[include]]\nmodel = "timm/b0"' in text
    assert '# for C9\n[[include]]\nmodel = "timm/b4"' in text


def test_only_what_a_kind_of_device_must_do_is_planned():
    kinds = {lack.kind for lack in lacks(NOTHING, "cpu")}
    assert "cuda" not in kinds
    assert {lack.kind for lack in lacks(NOTHING)} >= {"cpu", "cuda", "none"}


def test_what_is_there_is_not_planned():
    assert lacks(settle(CLAIMS[:1], [Evidence("a", "cpu", False, ())]))
    assert lacks(()) == ()


wishes = st.builds(
    Wanted,
    model=st.sampled_from(["timm/a", "timm/b", 'x.py:"odd"', "effprof:efficientnet?se=off&phi=1"]),
    resolution=st.sampled_from([224, 240, 380]),
    mode=st.sampled_from(["infer", "train"]),
    batch_size=st.sampled_from([1, 8, 64]),
    precision=st.sampled_from(["fp32", "amp-fp16"]),
    memory_format=st.sampled_from(["nchw", "nhwc"]),
    execution=st.sampled_from(["eager", "compile"]),
    loader=st.sampled_from(["synthetic", "jpeg-2w"]),
)


@given(st.sets(wishes, min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_any_wishes_are_planned_exactly(tmp_path_factory, chosen):
    found, _ = cells(suite_text(lacking(*chosen)), tmp_path_factory.getbasetemp())
    assert points(found) == {
        (
            *(w.model, w.resolution, w.mode, w.batch_size, w.precision, w.memory_format),
            *(w.execution, w.loader),
        )
        for w in chosen
    }
    assert len(found) == len(chosen)
