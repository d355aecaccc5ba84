"""The verdicts: each claim, what it rests on, and the commands that measure what is missing."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from effprof.claims.claim_verdicts import ClaimVerdict
from effprof.claims.evidence import DeviceKind
from effprof.claims.plan import STATIC_SUITE, lacks
from effprof.claims.told_parts import ToldPart, told_parts
from effprof.core.units import estimate_text
from effprof.report.blocks import Block
from effprof.report.claims import (
    device_text,
    evidence_text,
    misses_text,
    published_text,
    tally_text,
    threshold_text,
)
from effprof.report.tables.cells import Phrase, Strong, Written
from effprof.report.tables.table import Column, Field, Table
from effprof.report.writeup.basis import Basis

_LEGEND = (
    "A claim is *supported* when the whole 95 % interval lies within what it asserts, *refuted* "
    "when it lies outside, *inconclusive* otherwise; an interval of a measured ratio must keep 3 % "
    "away from the threshold. *Replicated in the same source*: a statement that holds in the files "
    "of its own author, which is no test of it. Own measurements decide before published ones. "
    "Counts need no device. A claim that names no layout is judged over all layouts and files, as "
    "a range. `beside`: reported, but decides nothing."
)

#: Kinds of devices and the flags that plan and measure what is missing on them.
_FLAGS: Mapping[DeviceKind, tuple[str, str]] = {
    "cpu": ("--cpu", "--cpu"),
    "cuda": ("--gpu", "--gpu 0"),
}


def verdicts(basis: Basis) -> Iterator[Block]:
    """One row per claim, one per quantity that something is known of, and what is missing."""
    if not basis.verdicts:
        return
    yield _LEGEND
    yield f"Counted apart: {tally_text(basis.verdicts)}. {misses_text(basis.verdicts)}".rstrip()
    yield Table.of(_SUMMARY, basis.verdicts)
    if known := tuple(told_parts(basis.verdicts)):
        yield "What they rest on:"
        yield Table.of(_EVIDENCE, known)
    yield _missing(basis.by_runs)


def _verdict(found: ClaimVerdict) -> Phrase:
    """Write a verdict; of one that lacks measurements also how many of its parts are told."""
    told = sum(part.told for part in found.deciding)
    partly = found.verdict == "not measured" and told
    counted = (f"({told} of {len(found.deciding)} parts told)",) if partly else ()
    return Phrase((Strong(found.verdict), *counted))


_SUMMARY: tuple[Field[ClaimVerdict], ...] = (
    Field(Column.words("claim"), lambda each: each.claim.id),
    Field(Column.words("verdict"), _verdict),
    Field(Column.words("rests on"), lambda each: each.rests_on),
    Field(Column.words("what is claimed"), lambda each: each.claim.sentence),
    Field(Column.words("source"), lambda each: each.claim.source),
)


def _rests_on(told: ToldPart) -> str:
    """Name the evidence and the device; of a range also what each layout and run tells."""
    takes = told.answer.note if told.answer.takes else ""
    return "; ".join(filter(None, (evidence_text(told.row), device_text(told.row), takes)))


_EVIDENCE: tuple[Field[ToldPart], ...] = (
    Field(Column("claim", align="left"), lambda each: each.claim),
    Field(Column("quantity", align="left"), lambda each: each.part.quantity),
    Field(
        Column("found"),
        lambda each: Written(each.answer.estimate, partial(estimate_text, unit=each.part.unit)),
    ),
    Field(Column("verdict"), lambda each: "" if each.part.beside else each.row.verdict),
    Field(Column.words("reason"), lambda each: "" if each.part.beside else each.row.reason.id),
    Field(Column("claimed"), lambda each: threshold_text(each.part)),
    Field(Column("published"), lambda each: published_text(each.part)),
    Field(Column("rests on"), _rests_on),
)


def _missing(by_runs: Sequence[ClaimVerdict]) -> str:
    """Give, per kind of device, the commands that measure what claims lack of own runs."""
    lines = [
        f"- {', '.join(lacking)}: `{command}`" for lacking, command in _commands(by_runs) if lacking
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
