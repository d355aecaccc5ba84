"""From claims and evidence to verdicts: one per claim, per part, and per device."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from effprof.claims.claim import REPLICATED, Answer, Claim, NotMeasured, Part, Verdict, joint
from effprof.claims.evidence import DeviceKind, Evidence, Wanted
from effprof.claims.takes import over_takes
from effprof.core.reasons import Reason, reason_of

#: What stands for the device of a part that is counted and not measured.
COUNTED = "static cost"

#: Kinds of devices as a page calls them.
KIND_WORDS: dict[DeviceKind, str] = {"cpu": "CPU", "cuda": "GPU", "none": "device"}

VerdictReasonId = Literal[
    "within_threshold",
    "outside_threshold",
    "same_source",
    "not_measured",
    "few_pieces",
    "across_threshold",
    "near_threshold",
    "takes_disagree",
    "no_interval",
    "devices_disagree",
]
VerdictReason = Reason[VerdictReasonId]

#: Why a verdict is what it is -> its sentence.
SENTENCES: Mapping[VerdictReasonId, str] = {
    "within_threshold": "the whole interval is {threshold}",
    "outside_threshold": "no part of the interval is {threshold}",
    "same_source": "{author} states it, and these are the files of {author}",
    "not_measured": "{said}",
    "few_pieces": "{n} {of}; at least {needed} are needed",
    "across_threshold": "the interval reaches over the threshold, {threshold}",
    "near_threshold": "the interval ends within {margin:g} % of the threshold, {threshold}",
    "takes_disagree": "layouts or runs disagree about {threshold}: {sides}",
    "no_interval": "no interval can be given",
    "devices_disagree": "devices disagree: {sides}",
}

#: What a verdict rests on: what was counted, measured here, or measured by others.
Ground = Literal["counts", "own", "published"]


@dataclass(frozen=True, slots=True)
class DeviceVerdict:
    """What one device says about one part, and why; `author` names who measured, if others did."""

    device: str
    kind: DeviceKind
    published: bool
    answer: Answer | NotMeasured
    verdict: Verdict
    reason: VerdictReason
    author: str = ""


@dataclass(frozen=True, slots=True)
class Quoted:
    """What measurements of `author` said about a part of a claim, by the ids of both."""

    claim: str
    part: str
    device: str
    kind: DeviceKind
    answer: Answer
    author: str = ""


@dataclass(frozen=True, slots=True)
class PartVerdict:
    """What all devices together say about one part, own measurements before published ones.

    `reasons` say why the verdict is what it is, each once.
    """

    part: Part
    rows: tuple[DeviceVerdict, ...]
    verdict: Verdict
    reasons: tuple[VerdictReason, ...] = ()

    @property
    def reason(self) -> str:
        """The sentences of the reasons."""
        return "; ".join(each.text for each in self.reasons)

    @property
    def told(self) -> bool:
        """Whether any device tells the quantity."""
        return any(isinstance(row.answer, Answer) for row in self.rows)

    @property
    def by_others(self) -> bool:
        """Whether only measurements that others published tell the quantity."""
        told = [row.published for row in self.rows if isinstance(row.answer, Answer)]
        return bool(told) and all(told)

    @property
    def ground(self) -> Ground:
        """What the quantity was told by; where nobody told it, that it would be measured here."""
        if self.part.kind == "none":
            return "counts"
        return "published" if self.by_others else "own"

    @property
    def missing(self) -> tuple[Wanted, ...]:
        """The cells that would tell the quantity; none where a device tells it."""
        lacking = [row.answer for row in self.rows if isinstance(row.answer, NotMeasured)]
        if len(lacking) < len(self.rows):
            return ()
        fewest = min(lacking, key=lambda answer: len(answer.wanted) or len(self.rows))
        return fewest.wanted


@dataclass(frozen=True, slots=True, repr=False)
class ClaimVerdict:
    """A claim with the verdict that its parts join to.

    `claim` has an `id` and says a `sentence`; the verdict is `supported`, `refuted`, `inconclusive`
    or `not measured`.
    """

    claim: Claim
    parts: tuple[PartVerdict, ...]
    verdict: Verdict

    def __repr__(self) -> str:
        """Name the claim and its verdict in one line."""
        return f"<ClaimVerdict {self.claim.id}: {self.verdict}>"

    @property
    def deciding(self) -> tuple[PartVerdict, ...]:
        """The parts that the verdict is joined from."""
        return tuple(part for part in self.parts if not part.part.beside)

    @property
    def reasons(self) -> tuple[VerdictReason, ...]:
        """Why the verdict is what it is: the reasons of the parts that have it, each once."""
        return tuple(
            dict.fromkeys(
                reason
                for part in self.deciding
                if part.verdict == self.verdict
                for reason in part.reasons
            )
        )

    @property
    def by_others(self) -> bool:
        """Whether the verdict rests, in part at least, on measurements that others published."""
        return self.verdict != "not measured" and any(part.by_others for part in self.deciding)

    @property
    def rests_on(self) -> str:
        """What its parts were told by: counts, own and published measurements, or nothing."""
        return ", ".join(sorted({part.ground for part in self.deciding if part.told}))

    @property
    def missing(self) -> tuple[Wanted, ...]:
        """The cells that must still be measured, each once, in the order of the parts."""
        wanted = (each for part in self.parts for each in part.missing)
        return tuple(dict.fromkeys(wanted))


def settle(
    claims: Iterable[Claim], evidence: Sequence[Evidence], quoted: Iterable[Quoted] = ()
) -> tuple[ClaimVerdict, ...]:
    """Find the verdict of every claim.

    A part is judged on each device of its kind; a part of kind "none" is counted, once, from the
    static costs of all own runs. Where devices disagree it is inconclusive; otherwise supported or
    refuted beats inconclusive, and that beats not measured. Published measurements decide a part
    only where no own one does; so do `quoted` ones. Parts join by `joint`; those beside decide
    nothing.
    """
    verdicts = []
    by_part: dict[tuple[str, str], list[Quoted]] = {}
    for each in dict.fromkeys(quoted):
        by_part.setdefault((each.claim, each.part), []).append(each)
    for claim in claims:
        parts = tuple(
            _settle_part(part, evidence, by_part.get((claim.id, part.id), ()))
            for part in claim.parts
        )
        deciding = (each.verdict for each in parts if not each.part.beside)
        verdicts.append(ClaimVerdict(claim, parts, joint(deciding)))
    return tuple(verdicts)


def _settle_part(part: Part, evidence: Sequence[Evidence], quoted: Sequence[Quoted]) -> PartVerdict:
    rows = (
        *(_judge(part, each) for each in _suitable(part, evidence)),
        *(
            _row(part, Evidence(each.device, each.kind, True, (), each.author), each.answer)
            for each in quoted
            if part.kind in (None, each.kind)
        ),
    )
    own = [row for row in rows if not row.published and isinstance(row.answer, Answer)]
    return PartVerdict(part, rows, *_decide(own or rows))


def _suitable(part: Part, evidence: Sequence[Evidence]) -> Sequence[Evidence]:
    """Return the evidence that a part is judged on; where there is none, an empty one."""
    if part.kind == "none":
        own = [each for each in evidence if not each.published]
        return [Evidence(COUNTED, "none", False, tuple(c for each in own for c in each.cells))]
    suitable = [each for each in evidence if part.kind in (None, each.kind)]
    kind: DeviceKind = part.kind or "none"
    return suitable or [Evidence(f"no {KIND_WORDS[kind]}", kind, False, ())]


def _judge(part: Part, evidence: Evidence) -> DeviceVerdict:
    counted = part.kind == "none"
    answer = (
        part.statistic(evidence) if counted else over_takes(part.statistic, evidence, part.at_least)
    )
    return _row(part, evidence, answer)


def _row(part: Part, of: Evidence, answer: Answer | NotMeasured) -> DeviceVerdict:
    """Judge an answer; what an author states is replicated, not tested, by the author's files."""
    verdict, reason = _verdict(part, answer)
    if verdict == "supported" and of.published and part.author and part.author == of.author:
        verdict, reason = REPLICATED, _because("same_source", author=of.author)
    return DeviceVerdict(of.device, of.kind, of.published, answer, verdict, reason, of.author)


def _verdict(part: Part, answer: Answer | NotMeasured) -> tuple[Verdict, VerdictReason]:
    if isinstance(answer, NotMeasured):
        return "not measured", _because("not_measured", said=answer.reason)
    verdict = part.threshold.verdict(answer.estimate, part.margin)
    if verdict == "inconclusive" or answer.estimate.n < part.at_least:
        return "inconclusive", _unsettled(part, answer)
    side: VerdictReasonId = "within_threshold" if verdict == "supported" else "outside_threshold"
    return verdict, _because(side, threshold=part.threshold.text)


def _unsettled(part: Part, answer: Answer) -> VerdictReason:
    """Say why an answer settles nothing."""
    estimate, threshold = answer.estimate, part.threshold.text
    if estimate.n < part.at_least:
        return _because("few_pieces", n=estimate.n, of=answer.of, needed=part.at_least)
    if not estimate.bounded:
        return _because("no_interval")
    if sides := _sides(part, answer):
        return _because("takes_disagree", threshold=threshold, sides=sides)
    if part.threshold.verdict(estimate) != "inconclusive":
        return _because("near_threshold", margin=100 * part.margin, threshold=threshold)
    return _because("across_threshold", threshold=threshold)


def _sides(part: Part, answer: Answer) -> str:
    """Say what each take would settle by itself; nothing where they agree."""
    by_verdict: dict[Verdict, list[str]] = {}
    for name, estimate in answer.takes:
        by_verdict.setdefault(part.threshold.verdict(estimate, part.margin), []).append(name)
    told = (f"{verdict} by {' and '.join(names)}" for verdict, names in by_verdict.items())
    return "; ".join(told) if len(by_verdict) > 1 else ""


def _because(reason: VerdictReasonId, **values: object) -> VerdictReason:
    return reason_of(SENTENCES, reason, **values)


def _decide(rows: Sequence[DeviceVerdict]) -> tuple[Verdict, tuple[VerdictReason, ...]]:
    """Join what devices say; the reasons are those of the rows with the verdict."""
    by_verdict: dict[Verdict, list[DeviceVerdict]] = {}
    for row in rows:
        by_verdict.setdefault(row.verdict, []).append(row)
    sides = [side for side in ("supported", REPLICATED, "refuted") if side in by_verdict]
    if "refuted" in sides and len(sides) > 1:
        told = (f"{side} on {', '.join(r.device for r in by_verdict[side])}" for side in sides)
        return "inconclusive", (_because("devices_disagree", sides="; ".join(told)),)
    order: tuple[Verdict, ...] = (
        *("supported", REPLICATED, "refuted"),
        *("inconclusive", "not measured"),
    )
    verdict = next(each for each in order if each in by_verdict)
    return verdict, tuple(dict.fromkeys(row.reason for row in by_verdict[verdict]))
