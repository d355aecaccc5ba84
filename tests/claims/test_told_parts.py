"""Told parts: what devices tell of claims, and which of it is quoted."""

from effprof.claims.claim import Answer
from effprof.claims.claim_verdicts import Quoted, settle
from effprof.claims.quotations import Quotation
from effprof.claims.told_parts import quoted_parts, told_parts
from tests.claims.test_claim_verdicts import ABOVE, BELOW, claim, device, part


def quotation(name="there", of="speed"):
    return Quotation("a.json", (), (Quoted("C0", of, name, "cuda", ABOVE),))


def settled(*parts, quotations=(), devices=("a", "b")):
    quoted = [each for one in quotations for each in one.quoted]
    return settle([claim(*parts)], [device(name) for name in devices], quoted)


def test_each_device_that_tells_a_part_is_one_and_no_other_is():
    told = list(told_parts(settled(part({"a": ABOVE}), part({"a": BELOW, "b": ABOVE}))))
    assert [(each.claim, each.row.device, each.answer) for each in told] == [
        ("C0", "a", ABOVE),
        ("C0", "a", BELOW),
        ("C0", "b", ABOVE),
    ]
    assert all(isinstance(each.answer, Answer) for each in told)


def test_quoted_parts_are_those_of_the_device_that_a_quotation_names():
    there = quotation()
    verdicts = settled(part({"a": ABOVE}), quotations=[there])
    assert [each.row.device for each in told_parts(verdicts)] == ["a", "there"]
    assert [each.row.device for each in quoted_parts(verdicts, [there])] == ["there"]
    assert list(quoted_parts(verdicts, [])) == []
    assert list(quoted_parts(verdicts, [quotation("elsewhere")])) == []
    assert list(quoted_parts(verdicts, [quotation(of="energy")])) == []


def test_a_quoted_part_that_is_beside_decides_nothing_and_is_left_out():
    there = quotation()
    verdicts = settled(part({"a": ABOVE}, beside=True), quotations=[there])
    assert len(list(told_parts(verdicts))) == 2
    assert list(quoted_parts(verdicts, [there])) == []
