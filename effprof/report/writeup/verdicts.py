"""The verdicts: each claim, what it rests on, and the commands that measure what is missing."""

from collections.abc import Sequence

from effprof.claims.evidence import DeviceKind
from effprof.claims.plan import STATIC_SUITE, lacks
from effprof.claims.settle import ClaimVerdict
from effprof.report.claims import (
    answer_text,
    device_text,
    evidence_text,
    measured_lines,
    published_text,
    threshold_text,
)
from effprof.report.text import escape, table
from effprof.report.writeup.book import Book

_LEGEND = (
    "A claim is *supported* when the whole 95 % interval lies within what it asserts, *refuted* "
    "when it lies outside, *inconclusive* otherwise. Own measurements decide before published "
    "ones. Counts need no device. `beside`: reported, but decides nothing."
)

#: Kinds of devices and the flags that plan and measure what is missing on them.
_FLAGS: dict[DeviceKind, tuple[str, str]] = {
    "cpu": ("--cpu", "--cpu"),
    "cuda": ("--gpu", "--gpu 0"),
}


def verdicts(book: Book) -> str:
    """One row per claim, one per quantity that something is known of, and what is missing."""
    if not book.verdicts:
        return ""
    summary = table(
        {
            "claim": [finding.claim.id for finding in book.verdicts],
            "verdict": [_verdict(finding) for finding in book.verdicts],
            "rests on": [finding.rests_on for finding in book.verdicts],
            "what is claimed": [escape(finding.claim.sentence) for finding in book.verdicts],
            "source": [escape(finding.claim.source) for finding in book.verdicts],
        },
        left=5,
    )
    return "\n\n".join(part for part in (_LEGEND, summary, _evidence(book), _missing(book)) if part)


def _verdict(finding: ClaimVerdict) -> str:
    """Write a verdict; of one that lacks measurements also how many of its parts are told."""
    deciding = [part for part in finding.parts if not part.part.beside]
    told = sum(part.told for part in deciding)
    partly = finding.verdict == "not measured" and told
    return f"**{finding.verdict}**{f' ({told} of {len(deciding)} parts told)' if partly else ''}"


def _evidence(book: Book) -> str:
    known = [
        (finding.claim.id, part, row)
        for finding in book.verdicts
        for part, row in measured_lines(finding)
    ]
    if not known:
        return ""
    cells = {
        "claim": [name for name, *_ in known],
        "quantity": [escape(part.part.quantity) for _, part, _ in known],
        "found": [answer_text(row.answer, part.part.unit) for _, part, row in known],
        "verdict": ["" if part.part.beside else row.verdict for _, part, row in known],
        "claimed": [escape(threshold_text(part.part)) for _, part, _ in known],
        "published": [published_text(part.part) for _, part, _ in known],
        "rests on": [escape(f"{evidence_text(row)}; {device_text(row)}") for *_, row in known],
    }
    return f"What they rest on:\n\n{table(cells, left=2)}"


def _missing(book: Book) -> str:
    """Give, per kind of device, the commands that measure what claims lack of own runs."""
    lines = [
        line
        for lacking, command in _commands(book.by_runs)
        if lacking
        for line in (f"- {', '.join(lacking)}: `{command}`",)
    ]
    return "\n".join(("Not all was measured here. What would tell:\n", *lines)) if lines else ""


def _commands(findings: Sequence[ClaimVerdict]) -> list[tuple[list[str], str]]:
    """Pair the claims that lack something with the command that measures it."""
    static = dict.fromkeys(lack.claim for lack in lacks(findings) if lack.wanted.static)
    pairs = [(list(static), f"effprof run {STATIC_SUITE}")]
    for kind, (plan, device) in _FLAGS.items():
        claims = dict.fromkeys(
            lack.claim
            for lack in lacks(findings)
            if lack.kind in (None, kind) and not lack.wanted.static
        )
        command = (
            f"effprof claims reports/*/*.jsonl.gz --plan {plan} > {kind}.toml && "
            f"effprof run {kind}.toml {device}"
        )
        pairs.append((list(claims), command))
    return pairs
