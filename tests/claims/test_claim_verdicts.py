"""How verdicts are made: of an estimate, of devices, of parts."""

import math

import pytest

from effprof.claims.claim import (
    MARGIN,
    REPLICATED,
    Answer,
    Claim,
    NotMeasured,
    Part,
    Threshold,
    joint,
)
from effprof.claims.claim_verdicts import settle
from effprof.claims.evidence import Evidence, Wanted
from effprof.core.estimates import Estimate

MISSING = Wanted("timm/resnet50", 224, batch_size=1)


def over_processes(*numbers):
    return Answer(Estimate(*numbers, "paired", 5), "processes")


ABOVE = over_processes(3.0, 2.5, 3.5)
BELOW = over_processes(1.0, 0.8, 1.2)
ACROSS = over_processes(2.0, 1.5, 2.5)
UNKNOWN = NotMeasured("nobody did", (MISSING,))


def device(name, kind="cpu", published=False):
    return Evidence(name, kind, published, ())


def part(answers, **fields):
    """A part that is claimed to be above 2, answered by the name of the device."""
    return Part(
        "speed", "images/s", lambda e: answers.get(e.device, UNKNOWN), Threshold(low=2.0), **fields
    )


def claim(*parts):
    return Claim("C0", "T", "A sentence.", "a source", parts, (MISSING,))


def settled(*parts, evidence):
    (finding,) = settle([claim(*parts)], evidence)
    return finding


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [(ABOVE, "supported"), (BELOW, "refuted"), (ACROSS, "inconclusive"), (UNKNOWN, "not measured")],
)
def test_the_whole_interval_decides(answer, verdict):
    finding = settled(part({"a": answer}), evidence=[device("a")])
    assert finding.verdict == verdict


@pytest.mark.parametrize(
    ("answer", "reason", "said"),
    [
        (ABOVE, "within_threshold", "the whole interval is > 2"),
        (BELOW, "outside_threshold", "no part of the interval is > 2"),
        (ACROSS, "across_threshold", "the interval reaches over the threshold, > 2"),
        (UNKNOWN, "not_measured", "nobody did"),
    ],
)
def test_every_verdict_has_a_reason(answer, reason, said):
    finding = settled(part({"a": answer}), evidence=[device("a")])
    assert [(each.id, each.text) for each in finding.reasons] == [(reason, said)]
    assert finding.parts[0].rows[0].reason.id == reason


def test_a_verdict_does_not_hang_on_how_the_threshold_was_rounded():
    """C5: an interval that ends at 7.08 neither falls short of 7.1 nor reaches over it."""
    asked = Threshold(4.3, 7.1)
    for numbers in ((6.5, 6.0, 7.08), (7.6, 7.12, 8.2), (4.6, 4.35, 4.9)):
        estimate = over_processes(*numbers).estimate
        assert asked.verdict(estimate) != "inconclusive"
        assert asked.verdict(estimate, MARGIN) == "inconclusive"
    near = over_processes(2.2, 2.05, 2.4)
    finding = settled(part({"a": near}, margin=MARGIN), evidence=[device("a")])
    (reason,) = finding.reasons
    assert reason.id == "near_threshold"
    assert reason.text == "the interval ends within 3 % of the threshold, > 2"


@pytest.mark.parametrize(
    ("threshold", "low", "high", "verdict"),
    [
        (Threshold(low=2.0), 2.0, 2.5, "inconclusive"),
        (Threshold(low=2.0), 1.0, 2.0, "refuted"),
        (Threshold(high=2.0), 2.0, 3.0, "refuted"),
        (Threshold(high=2.0), 1.0, 1.9, "supported"),
        (Threshold(1.0, 2.0), 1.1, 1.9, "supported"),
        (Threshold(1.0, 2.0), 2.1, 2.9, "refuted"),
        (Threshold(1.0, 2.0), 1.9, 2.1, "inconclusive"),
        (Threshold(low=2.0), math.nan, math.nan, "inconclusive"),
    ],
)
def test_a_threshold_is_open_and_judges_the_whole_interval(threshold, low, high, verdict):
    assert threshold.verdict(Estimate(2.0, low, high, "paired", 5)) == verdict


def test_an_exact_value_has_itself_for_an_interval():
    exact = Answer(Estimate.exact(2.1), "network")
    assert settled(part({"a": exact}), evidence=[device("a")]).verdict == "supported"


def test_too_little_evidence_settles_nothing_and_says_so():
    finding = settled(part({"a": ABOVE}, at_least=6), evidence=[device("a")])
    assert finding.verdict == "inconclusive"
    assert finding.parts[0].reason == "5 processes; at least 6 are needed"


def test_a_value_without_interval_is_inconclusive_with_the_reason():
    bare = Answer(Estimate.bare(9.0, 5), "processes")
    finding = settled(part({"a": bare}), evidence=[device("a")])
    assert (finding.verdict, finding.parts[0].reason) == (
        "inconclusive",
        "no interval can be given",
    )


def test_devices_that_disagree_settle_nothing_and_are_named():
    finding = settled(part({"new": ABOVE, "old": BELOW}), evidence=[device("new"), device("old")])
    assert finding.verdict == "inconclusive"
    assert finding.parts[0].reason == "devices disagree: supported on new; refuted on old"
    assert [each.id for each in finding.parts[0].reasons] == ["devices_disagree"]
    assert [row.verdict for row in finding.parts[0].rows] == ["supported", "refuted"]


@pytest.mark.parametrize(("other", "verdict"), [(ABOVE, "supported"), (BELOW, "refuted")])
def test_a_device_that_tells_beats_one_that_does_not(other, verdict):
    for silent in (ACROSS, UNKNOWN):
        answers = {"a": silent, "b": other}
        finding = settled(part(answers), evidence=[device("a"), device("b")])
        assert finding.verdict == verdict


def test_an_uncertain_device_beats_an_unmeasured_one():
    finding = settled(part({"a": UNKNOWN, "b": ACROSS}), evidence=[device("a"), device("b")])
    assert finding.verdict == "inconclusive"


def test_own_measurements_come_before_published_ones():
    answers = {"mine": BELOW, "theirs": ABOVE}
    both = [device("mine"), device("theirs", published=True)]
    finding = settled(part(answers), evidence=both)
    assert finding.verdict == "refuted"
    assert [row.published for row in finding.parts[0].rows] == [False, True]
    uncertain = settled(part(answers | {"mine": ACROSS}), evidence=both)
    assert uncertain.verdict == "inconclusive"
    absent = settled(part(answers | {"mine": UNKNOWN}), evidence=both)
    assert absent.verdict == "supported"


def test_only_devices_of_its_kind_are_asked():
    asked = []

    def statistic(evidence):
        asked.append(evidence.device)
        return ABOVE

    only = Part("speed", "images/s", statistic, Threshold(low=2.0), kind="cuda")
    settled(only, evidence=[device("cpu"), device("gpu", "cuda")])
    assert asked == ["gpu"]


def test_without_a_device_of_its_kind_the_missing_cells_are_named_all_the_same():
    finding = settled(part({}, kind="cuda"), evidence=[device("cpu")])
    assert finding.verdict == "not measured"
    assert finding.missing == (MISSING,)
    assert finding.parts[0].rows[0].device == "no GPU"


def test_what_one_device_told_is_not_missing():
    finding = settled(part({"b": ABOVE}), evidence=[device("a"), device("b")])
    assert finding.missing == ()


def test_the_device_that_lacks_least_says_what_is_missing():
    other = Wanted("timm/resnet18", 224)
    answers = {"a": NotMeasured("two", (MISSING, other)), "b": NotMeasured("one", (other,))}
    finding = settled(part(answers), evidence=[device("a"), device("b")])
    assert finding.missing == (other,)


def test_parts_join_and_those_beside_decide_nothing():
    evidence = [device("a")]
    yes, no = part({"a": ABOVE}), part({"a": BELOW})
    beside = part({"a": BELOW}, beside=True)
    assert settled(yes, yes, evidence=evidence).verdict == "supported"
    assert settled(yes, no, evidence=evidence).verdict == "refuted"
    assert settled(yes, beside, evidence=evidence).verdict == "supported"


def test_joint_is_the_weakest_verdict():
    order = ["refuted", "not measured", "inconclusive", REPLICATED, "supported"]
    for i, weaker in enumerate(order):
        for stronger in order[i:]:
            assert joint([stronger, weaker]) == weaker
    assert joint([]) == "not measured"


def test_what_is_counted_is_judged_once_on_the_cells_of_all_own_runs():
    seen = []

    def statistic(evidence):
        seen.append(len(evidence.cells))
        return ABOVE

    counted = Part("macs", "MACs", statistic, Threshold(low=2.0), kind="none")
    evidence = [
        Evidence("a", "cpu", False, ("x", "y")),
        Evidence("b", "cuda", False, ("z",)),
        Evidence("theirs", "cuda", True, ("w",)),
    ]
    settled(counted, evidence=evidence)
    assert seen == [3]
