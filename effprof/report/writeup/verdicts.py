"""The table of verdicts: each claim, what the runs say, and what was published."""

from collections.abc import Sequence

from effprof.claims.claim import Estimate, Part, Published
from effprof.claims.settle import DeviceVerdict, Finding, PartVerdict
from effprof.core.units import MISSING, significant
from effprof.report.text import escape, listed, table
from effprof.report.writeup.book import Book

#: Published values that are shown of one part; the rest is in the claim.
_MOST_PUBLISHED = 3

_LEGEND = (
    "A claim is *supported* when the whole 95 % interval lies within what it asserts, *refuted* "
    "when it lies outside, *inconclusive* otherwise. Own measurements decide before published "
    "ones. Counts need no device."
)


def verdicts(book: Book) -> str:
    """One row per claim, then one per quantity that something is known of."""
    if not book.verdicts:
        return ""
    summary = table(
        {
            "claim": [finding.claim.id for finding in book.verdicts],
            "verdict": [f"**{finding.verdict}**" for finding in book.verdicts],
            "what is claimed": [_sentence(finding) for finding in book.verdicts],
            "source": [escape(finding.claim.source) for finding in book.verdicts],
        },
        left=4,
    )
    known = [
        (finding, part, row)
        for finding in book.verdicts
        for part in finding.parts
        for row in part.rows
        if isinstance(row.answer, Estimate)
    ]
    parts = [_LEGEND, summary]
    if known:
        parts += ["What the verdicts rest on:", _evidence(known)]
    return "\n\n".join((*parts, _missing(book.verdicts)))


def _sentence(finding: Finding) -> str:
    return escape(finding.claim.sentence)


def _evidence(known: Sequence[tuple[Finding, PartVerdict, DeviceVerdict]]) -> str:
    return table(
        {
            "claim": [finding.claim.id for finding, _, _ in known],
            "quantity": [escape(part.part.quantity) for _, part, _ in known],
            "found": [_found(row) for _, _, row in known],
            "claimed": [_claimed(part.part) for _, part, _ in known],
            "published": [_published(part.part.published) for _, part, _ in known],
            "on": [_where(row) for _, _, row in known],
        },
        left=2,
    )


def _found(row: DeviceVerdict) -> str:
    answer = row.answer
    if not isinstance(answer, Estimate):
        return MISSING
    low, high = significant(answer.low), significant(answer.high)
    exact = answer.low == answer.high
    ends = "" if exact or MISSING in (low, high) else f" [{low}, {high}]"
    return f"{significant(answer.value)}{ends} ({answer.n} {answer.of})"


def _claimed(part: Part) -> str:
    aside = " (beside)" if part.beside else ""
    return f"{escape(part.threshold.text)}{aside}"


def _published(values: Sequence[Published]) -> str:
    texts = [
        significant(each.value) + (f"–{significant(each.high)}" if each.high is not None else "")
        for each in values
    ]
    return listed(texts, _MOST_PUBLISHED) or MISSING


def _where(row: DeviceVerdict) -> str:
    return f"{escape(row.device)}{' (published)' if row.published else ''}"


def _missing(found: Sequence[Finding]) -> str:
    lacking = [finding.claim.id for finding in found if finding.missing]
    if not lacking:
        return "Every quantity of every claim is known."
    return (
        f"{len(lacking)} claims lack measurements ({', '.join(lacking)}). One suite holds all that "
        "is missing: `effprof claims --plan > missing.toml`, then `effprof run missing.toml --gpu "
        "0`, or `--cpu`."
    )
