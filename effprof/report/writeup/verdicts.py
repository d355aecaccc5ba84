"""The verdicts: each claim, what it rests on, and the commands that measure what is missing."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from effprof.claims.claim import Verdict
from effprof.claims.claim_verdicts import ClaimVerdict
from effprof.claims.evidence import DeviceKind
from effprof.claims.plan import STATIC_SUITE, lacks
from effprof.claims.tallies import BASES
from effprof.claims.tallies import Basis as CountedUnder
from effprof.claims.tallies import basis as counted_under
from effprof.claims.told_parts import ToldPart, told_parts
from effprof.core.units import estimate_text
from effprof.report.blocks import Block
from effprof.report.claims import (
    device_text,
    evidence_text,
    misses_text,
    published_text,
    threshold_text,
)
from effprof.report.tables.cells import Phrase, Strong, Written
from effprof.report.tables.table import Column, Field, Table
from effprof.report.writeup.basis import Basis

_LEGEND = (
    "*Supported*: the whole 95 % interval lies within what is claimed; *refuted*: outside; "
    "*inconclusive*: neither. *Replicated in the same source*: it holds in the files of the author "
    "who states it, which is no test. `own` measurements decide before `published` ones; `counts` "
    "need no device. All claims, numbers and commands: [appendix](#what-the-verdicts-rest-on)."
)

_JUDGED = (
    "An interval of a measured ratio must keep 3 % away from the threshold. A claim that names no "
    "layout is judged over all layouts and files, as a range. `beside`: reported, but decides "
    "nothing."
)

#: Kinds of devices and the flags that plan and measure what is missing on them.
_FLAGS: Mapping[DeviceKind, tuple[str, str]] = {
    "cpu": ("--cpu", "--cpu"),
    "cuda": ("--gpu", "--gpu 0"),
}


def verdicts(basis: Basis) -> Iterator[Block]:
    """Give the claims that measurements decide, and name the others by what became of them."""
    if basis.verdicts:
        yield _LEGEND
        yield Table.of(_SUMMARY, [each for each in basis.verdicts if _is_decided(each)])
        rest = [each for each in basis.verdicts if not _is_decided(each)]
        yield "\n".join(_named(rest))
        yield misses_text(basis.verdicts)


def evidence(basis: Basis) -> Iterator[Block]:
    """Give every claim, every quantity of one that something is known of, and what is missing."""
    if not basis.verdicts:
        return
    yield Table.of((*_SUMMARY, _SOURCE), basis.verdicts)
    if known := tuple(told_parts(basis.verdicts)):
        yield _JUDGED
        yield Table.of(_EVIDENCE, known)
    yield _missing(basis.by_runs)


def _is_decided(found: ClaimVerdict) -> bool:
    """Whether measurements decide it, and no mere counts."""
    return (
        found.verdict not in ("inconclusive", "not measured") and counted_under(found) != "counts"
    )


#: What a claim is counted under -> how a line calls it.
_UNDER: Mapping[CountedUnder, str] = {
    "own": " by own measurements",
    "others": " by measurements of others",
    "same source": " by the files of their authors",
    "counts": " by counts",
    "nothing": ", or not all parts",
}


def _named(verdicts: Sequence[ClaimVerdict]) -> Iterator[str]:
    """Name claims, those of one verdict on one basis in a line."""
    groups: dict[tuple[CountedUnder, Verdict], list[str]] = {}
    for each in verdicts:
        groups.setdefault((counted_under(each), each.verdict), []).append(each.claim.id)
    for under, verdict in sorted(groups, key=lambda group: BASES.index(group[0])):
        ids = groups[under, verdict]
        yield f"- {verdict.capitalize()}{_UNDER[under]}: {', '.join(ids)}."


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
)
_SOURCE: Field[ClaimVerdict] = Field(Column.words("source"), lambda each: each.claim.source)


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
    return "\n".join(("Commands that measure what claims lack here:\n", *lines)) if lines else ""


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
