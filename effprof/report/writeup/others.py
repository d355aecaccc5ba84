"""What others measured: quoted estimates, kept apart from one's own measurements."""

from collections.abc import Iterator

from effprof.claims.settle import DeviceVerdict, PartVerdict
from effprof.report.claims import (
    answer_text,
    device_text,
    evidence_text,
    measured_lines,
)
from effprof.report.text import escape, table
from effprof.report.writeup.book import Book

#: Claims whose quoted quantities belong into the short answer: B0, B1 and B4 against ResNet-50.
HEADLINES = ("C9", "C10", "C13")

#: Claims whose quoted speeds are what arrives where nothing was measured here.
SPEEDS = (*HEADLINES, "C14", "C15", "C23")

_LEGEND = (
    "**Measured by others.** What follows was not measured by this project: effprof read files "
    "that others published and computed from them what they tell; the files are not copied here, "
    "[their names](#the-runs) stand below. They hold one speed per network and no repeats: "
    "an interval comes from *twins*, networks of one file under two names with equal counts, whose "
    "speeds differ only by how they were timed. How batches were chosen and how clocks behaved is "
    "not known. `GPU`: 16-bit where that is safe (amp), at the largest batches of the file; `CPU`: "
    "fp32, many threads, compiled."
)


def others_measured(book: Book) -> str:
    """Table of the quoted speeds; empty where none is quoted."""
    rows = [
        (part, row) for name, part, row in _quoted(book) if name in SPEEDS and not part.part.beside
    ]
    if not rows:
        return ""
    cells = {
        "measured by others": [escape(part.part.quantity) for part, _ in rows],
        "device": [escape(device_text(row)) for _, row in rows],
        "found": [answer_text(row.answer, part.part.unit) for part, row in rows],
        "n": [escape(evidence_text(row)) for _, row in rows],
    }
    unique = dict.fromkeys(zip(*cells.values(), strict=True))
    columns = map(list, zip(*unique, strict=True))
    return f"{_LEGEND}\n\n{table(dict(zip(cells, columns, strict=True)), left=2)}"


def headlines(book: Book) -> Iterator[str]:
    """Tell, per device, the quoted quantities that answer the question most directly."""
    by_device: dict[str, list[str]] = {}
    for name in HEADLINES:
        for device, told in _told(book, name):
            by_device.setdefault(device, []).append(told)
    for device, quantities in by_device.items():
        yield f"**By what others measured, {device}**: {'; '.join(quantities)}."


def quoted_lines(book: Book, claim: str) -> Iterator[str]:
    """Tell each quoted quantity of one claim in a line."""
    yield from dict.fromkeys(f"{device}: {told}." for device, told in _told(book, claim))


def _told(book: Book, claim: str) -> Iterator[tuple[str, str]]:
    for name, part, row in _quoted(book):
        if name == claim and not part.part.beside:
            estimate = answer_text(row.answer, part.part.unit)
            yield escape(device_text(row)), f"{escape(part.part.quantity)}, {estimate}"


def _quoted(book: Book) -> Iterator[tuple[str, PartVerdict, DeviceVerdict]]:
    """List the quantities that quotations tell, by claim."""
    quoted = {
        (each.claim, each.part, each.device)
        for quotation in book.quotations
        for each in quotation.quoted
    }
    for finding in book.verdicts:
        for part, row in measured_lines(finding):
            if row.published and (finding.claim.id, part.part.id, row.device) in quoted:
                yield finding.claim.id, part, row
