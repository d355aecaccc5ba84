"""Verdicts on claims in words: the texts of a table, and the section of a run's page."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from effprof.claims.catalogue import CLAIMS
from effprof.claims.claim import REPLICATED, Answer, NotMeasured, Part, Published, Verdict
from effprof.claims.claim_verdicts import ClaimVerdict, DeviceVerdict, PartVerdict, settle
from effprof.claims.evidence import evidence_of
from effprof.claims.tallies import Basis, misses, tally
from effprof.core.units import estimate_text, significant
from effprof.report.blocks import Block
from effprof.report.page import Page
from effprof.report.phrases import as_published
from effprof.report.tables.cells import Cell, Worded, Written
from effprof.report.tables.table import Column, Field, Table
from effprof.report.text import escape

#: More published values than this are counted, not shown.
MAX_PUBLISHED = 3

#: Verdicts that a run tells something by.
TOLD: tuple[Verdict, ...] = ("supported", REPLICATED, "refuted", "inconclusive")

#: Verdicts whose reason the numbers beside them show.
_PLAIN: tuple[Verdict, ...] = ("supported", "refuted")

#: What verdicts are counted under -> how a sentence calls it.
BASIS_WORDS: Mapping[Basis, str] = {
    "own": "own measurements: ",
    "others": "what others measured, wholly or in part: ",
    "same source": "files of the author who states it: ",
    "counts": "counts, without measuring: ",
    "nothing": "",
}


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
    return as_published(row.device) if row.published else row.device


def remark(row: DeviceVerdict) -> str:
    """Say what must be known beside an estimate: why it settles nothing, and its note."""
    note = row.answer.note if isinstance(row.answer, Answer) else ""
    reason = "" if row.verdict in _PLAIN else row.reason.text
    return "; ".join(filter(None, (reason, note)))


def tally_text(verdicts: Iterable[ClaimVerdict]) -> str:
    """Count verdicts, those on each basis apart: own, others', replicated, counted, none."""
    return "; ".join(
        f"{BASIS_WORDS[on]}{', '.join(f'{count} {verdict}' for verdict, count in counts.items())}"
        for on, counts in tally(verdicts).items()
    )


def misses_text(verdicts: Iterable[ClaimVerdict]) -> str:
    """Say how many of the intervals are expected to miss; nothing where there is none."""
    found = misses(verdicts)
    if not found.intervals:
        return ""
    return (
        f"They rest on {found.intervals} intervals at 95 %, none adjusted for their number: "
        f"{found.expected:.1f} of them are expected to miss the truth by chance."
    )


def verdicts(page: Page) -> Iterator[Block]:
    """Show the claims that this run alone settles; the others are counted."""
    found = settle(CLAIMS, evidence_of([page.study]))
    settled = [judged for judged in found if judged.verdict in TOLD]
    if not settled:
        return
    sentences = (
        f"- **{each.claim.id} {each.verdict}**: {escape(each.claim.sentence)} "
        f"Source: {escape(each.claim.source)}."
        for each in settled
    )
    command = f"`effprof claims {escape(page.run.invocation.id)}`"
    yield (
        "What this run alone says about published claims: supported or refuted where the whole "
        "95 % interval lies on one side of the threshold, else inconclusive. "
        f"{misses_text(settled)}".rstrip()
    )
    yield "\n".join(sentences)
    yield page_table(settled)
    yield (
        f"Not measured here: {len(found) - len(settled)} of {len(found)} claims. "
        f"{command} says what each of them lacks, with `--plan` as a suite file."
    )


def measured_lines(judged: ClaimVerdict) -> list[tuple[PartVerdict, DeviceVerdict]]:
    """List what is known of a claim: its parts on each device that told anything."""
    return [
        (part, row) for part in judged.parts for row in part.rows if isinstance(row.answer, Answer)
    ]


@dataclass(frozen=True, slots=True)
class _Told:
    """What one device told about one part of a claim."""

    claim: str
    part: PartVerdict
    row: DeviceVerdict


def page_table(verdicts: Iterable[ClaimVerdict]) -> Table:
    """Make the table of all that devices told, for the page of one device."""
    names = ("claim", "quantity", "verdict", "measured", "claimed", "published", "n", "remark")
    return Table.of((_FIELDS[name] for name in names), _told(verdicts))


def terminal_table(verdicts: Iterable[ClaimVerdict]) -> Table:
    """Make the table of all that devices told, for terminals: words may fold, what is measured not.

    What folds in a terminal stands to the left.
    """
    names = ("claim", "verdict", "quantity", "measured", "claimed", "published", "n", "device")
    fields = (_FIELDS[name] for name in names)
    return Table.of(
        (field if field is _MEASURED else _to_the_left(field) for field in fields), _told(verdicts)
    )


def _to_the_left(field: Field[_Told]) -> Field[_Told]:
    return replace(field, column=replace(field.column, align="left"))


def _told(verdicts: Iterable[ClaimVerdict]) -> Iterator[_Told]:
    for judged in verdicts:
        for part, row in measured_lines(judged):
            yield _Told(judged.claim.id, part, row)


def _measured(told: _Told) -> Cell:
    answer, unit = told.row.answer, told.part.part.unit
    if isinstance(answer, NotMeasured):
        return None
    return Written(answer.estimate, lambda found: estimate_text(found, unit))


def _evidence(told: _Told) -> Cell:
    answer = told.row.answer
    n = answer.estimate.n if isinstance(answer, Answer) else None
    return Worded(evidence_text(told.row), n)


_MEASURED: Field[_Told] = Field(Column("measured"), _measured)

_ALL: tuple[Field[_Told], ...] = (
    Field(Column("claim", align="left"), lambda told: told.claim),
    Field(Column("quantity", align="left"), lambda told: told.part.part.quantity),
    Field(
        Column("verdict", align="left"),
        lambda told: "" if told.part.part.beside else told.row.verdict,
    ),
    _MEASURED,
    Field(Column("claimed"), lambda told: threshold_text(told.part.part)),
    Field(Column("published"), lambda told: published_text(told.part.part)),
    Field(Column("n"), _evidence),
    Field(Column("remark"), lambda told: remark(told.row)),
    Field(Column("device"), lambda told: device_text(told.row)),
)

#: What tables tell of a row, by heading.
_FIELDS: Mapping[str, Field[_Told]] = {field.column.heading: field for field in _ALL}


def _published(value: Published) -> str:
    text = significant(value.value)
    return text if value.high is None else f"{text}–{significant(value.high)}"
