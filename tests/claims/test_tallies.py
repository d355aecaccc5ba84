"""Tallies: own, others', replicated and counted verdicts apart, and what chance lets miss."""

import pytest

from effprof.claims.claim import REPLICATED, Answer, Claim, NotMeasured, Part, Threshold
from effprof.claims.claim_verdicts import settle
from effprof.claims.evidence import Evidence
from effprof.claims.tallies import basis, misses, tally
from effprof.core.estimates import Estimate

ABOVE = Answer(Estimate(3.0, 2.5, 3.5, "paired", 5), "processes")
ACROSS = Answer(Estimate(2.0, 1.5, 2.5, "paired", 5), "processes")
COUNT = Answer(Estimate.exact(3.0), "network")
UNKNOWN = NotMeasured("nobody did")

OWN = Evidence("Own GPU", "cuda", False, ())
OTHERS = Evidence("Their GPU", "cuda", True, (), author="timm")


def claim(name, by_device, kind="cuda", author="", beside=()):
    parts = tuple(
        Part(
            *(f"p{i}", "images/s", lambda e, a=answers: a.get(e.device, UNKNOWN)),
            *(Threshold(low=2.0), kind),
            author=author,
            beside=i in beside,
        )
        for i, answers in enumerate(by_device)
    )
    return Claim(name, "T", "A sentence.", "a source", parts, ())


CLAIMS = {
    "own": claim("C1", [{"Own GPU": ABOVE, "Their GPU": ACROSS}], author="timm"),
    "others": claim("C2", [{"Own GPU": ABOVE}, {"Their GPU": ABOVE}]),
    "same source": claim("C3", [{"Own GPU": ABOVE}, {"Their GPU": ABOVE}], author="timm"),
    "counts": claim("C4", [{"static cost": COUNT}], kind="none"),
    "nothing": claim("C5", [{"Own GPU": ABOVE}, {}]),
}


@pytest.mark.parametrize(("on", "stated"), CLAIMS.items())
def test_every_verdict_is_counted_under_what_it_rests_on(on, stated):
    (found,) = settle([stated], [OWN, OTHERS])
    assert basis(found) == on


def test_verdicts_are_counted_apart_in_one_order():
    found = settle(CLAIMS.values(), [OWN, OTHERS])
    assert tally(found) == {
        "own": {"supported": 1},
        "others": {"supported": 1},
        "same source": {REPLICATED: 1},
        "counts": {"supported": 1},
        "nothing": {"not measured": 1},
    }
    assert list(tally(found)) == ["own", "others", "same source", "counts", "nothing"]


def test_an_author_is_replicated_in_the_own_files_and_tested_in_those_of_others():
    (found,) = settle([claim("C3", [{"Their GPU": ABOVE}], author="timm")], [OTHERS])
    assert found.verdict == REPLICATED
    assert [each.id for each in found.reasons] == ["same_source"]
    assert found.reasons[0].text == "timm states it, and these are the files of timm"
    (tested,) = settle([claim("C3", [{"Their GPU": ABOVE}], author="NVIDIA")], [OTHERS])
    assert (tested.verdict, [each.id for each in tested.reasons]) == (
        "supported",
        ["within_threshold"],
    )


def test_what_an_author_states_may_fall_by_the_own_files():
    below = Answer(Estimate(1.0, 0.8, 1.2, "twins", 60), "pairs of twins")
    (found,) = settle([claim("C3", [{"Their GPU": below}], author="timm")], [OTHERS])
    assert found.verdict == "refuted"


def test_one_interval_of_twenty_is_expected_to_miss():
    many = [claim(f"C{i}", [{"Own GPU": ABOVE}]) for i in range(40)]
    found = misses(settle([*many, CLAIMS["counts"]], [OWN]))
    assert (found.intervals, found.expected) == (40, pytest.approx(2.0))


def test_intervals_are_counted_take_by_take_and_those_beside_not():
    range_of = Answer(
        Estimate(3.0, 2.0, 4.0, "range", 5),
        "processes",
        takes=(("nchw", ABOVE.estimate), ("nhwc", ABOVE.estimate)),
    )
    stated = claim("C1", [{"Own GPU": range_of}, {"Own GPU": ABOVE}], beside={1})
    assert misses(settle([stated], [OWN])).intervals == 2
