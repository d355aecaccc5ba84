"""Verdicts on claims in words: the texts of a table, and the section of a run's page."""

from effprof.claims.catalogue import CLAIMS
from effprof.claims.claim import Answer, NotMeasured, Part, Published, Verdict
from effprof.claims.evidence import evidence_of
from effprof.claims.settle import ClaimVerdict, DeviceVerdict, PartVerdict, settle
from effprof.core.runs import PUBLISHED_MARK
from effprof.core.units import estimate_text, significant
from effprof.report.page import Page
from effprof.report.text import escape, table

#: More published values than this are counted, not shown.
MAX_PUBLISHED = 3

#: Verdicts that a run settles: those that need nothing more to be said.
SETTLED: tuple[Verdict, ...] = ("supported", "refuted", "inconclusive")


def answer_text(answer: Answer | NotMeasured, unit: str) -> str:
    """Write what was found: an estimate with its interval, nothing where it is not measured."""
    return "" if isinstance(answer, NotMeasured) else estimate_text(answer.estimate, unit)


def published_text(part: Part) -> str:
    """Write the published values of a part; of many only how many there are."""
    if len(part.published) > MAX_PUBLISHED:
        return f"{len(part.published)} values"
    return "; ".join(_published(each) for each in part.published)


def threshold_text(part: Part) -> str:
    """Write what is claimed; a part beside claims nothing."""
    return "beside" if part.beside else part.threshold.text


def evidence_text(row: DeviceVerdict) -> str:
    """Write how many pieces of evidence an estimate rests on."""
    answer = row.answer
    return f"{answer.estimate.n} {answer.of}" if isinstance(answer, Answer) else ""


def device_text(row: DeviceVerdict) -> str:
    """Name the device, and say that others measured where they did."""
    if not row.published:
        return row.device
    return f"{row.device.removesuffix(PUBLISHED_MARK)}{PUBLISHED_MARK}"


def remark(row: DeviceVerdict) -> str:
    """Say what must be known beside an estimate: why it settles nothing, and its note."""
    note = row.answer.note if isinstance(row.answer, Answer) else ""
    return "; ".join(filter(None, (row.reason, note)))


def verdicts(page: Page) -> str:
    """Show the claims that this run alone settles; the others are counted."""
    found = settle(CLAIMS, evidence_of([page.study]))
    settled = [judged for judged in found if judged.verdict in SETTLED]
    if not settled:
        return ""
    command = f"`effprof claims {escape(page.run.invocation.id)}`"
    sentences = (
        f"- **{each.claim.id} {each.verdict}**: {escape(each.claim.sentence)} "
        f"Source: {escape(each.claim.source)}."
        for each in settled
    )
    command = f"`effprof claims {escape(page.run.invocation.id)}`"
    return "\n\n".join(
        (
            "What this run alone says about published claims: supported or refuted where the whole "
            "95 % interval lies on one side of the threshold, else inconclusive.",
            "\n".join(sentences),
            _table(settled),
            f"Not measured here: {len(found) - len(settled)} of {len(found)} claims. "
            f"{command} says what each of them lacks, with `--plan` as a suite file.",
        )
    )


def measured_lines(judged: ClaimVerdict) -> list[tuple[PartVerdict, DeviceVerdict]]:
    """List what is known of a claim: its parts on each device that told anything."""
    return [
        (part, row) for part in judged.parts for row in part.rows if isinstance(row.answer, Answer)
    ]


def _table(verdicts: list[ClaimVerdict]) -> str:
    lines = [
        (judged.claim.id, part, row) for judged in verdicts for part, row in measured_lines(judged)
    ]
    return table(
        {
            "claim": [name for name, *_ in lines],
            "quantity": [escape(part.part.quantity) for _, part, _ in lines],
            "verdict": ["" if part.part.beside else row.verdict for _, part, row in lines],
            "measured": [answer_text(row.answer, part.part.unit) for _, part, row in lines],
            "claimed": [escape(threshold_text(part.part)) for _, part, _ in lines],
            "published": [published_text(part.part) for _, part, _ in lines],
            "n": [evidence_text(row) for *_, row in lines],
            "remark": [escape(remark(row)) for *_, row in lines],
        },
        left=3,
    )


def _published(value: Published) -> str:
    text = significant(value.value)
    return text if value.high is None else f"{text}–{significant(value.high)}"
