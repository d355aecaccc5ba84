"""Told parts: what each device tells of the parts of claims, one by one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from effprof.claims.claim import Answer, Part
from effprof.claims.claim_verdicts import ClaimVerdict, DeviceVerdict
from effprof.claims.quotations import Quotation


@dataclass(frozen=True, slots=True)
class ToldPart:
    """A part of a claim, by the claim's id, with the answer of one device and its verdict."""

    claim: str
    part: Part
    row: DeviceVerdict
    answer: Answer


def told_parts(verdicts: Iterable[ClaimVerdict]) -> Iterator[ToldPart]:
    """Yield what is known of claims, in their order: each part on each device that told it."""
    for judged in verdicts:
        for found in judged.parts:
            for row in found.rows:
                if isinstance(row.answer, Answer):
                    yield ToldPart(judged.claim.id, found.part, row, row.answer)


def quoted_parts(
    verdicts: Iterable[ClaimVerdict], quotations: Iterable[Quotation]
) -> Iterator[ToldPart]:
    """Yield those of them that quotations told and that decide something."""
    quoted = {
        (each.claim, each.part, each.device)
        for quotation in quotations
        for each in quotation.quoted
    }
    for told in told_parts(verdicts):
        key = (told.claim, told.part.id, told.row.device)
        if told.row.published and not told.part.beside and key in quoted:
            yield told
