"""What others measured: quoted estimates, kept apart from one's own measurements."""

from collections.abc import Iterator

from effprof.claims.settle import DeviceVerdict, PartVerdict
from effprof.report.claims import (
    device_text,
    estimate_text,
    evidence_text,
    measured_lines,
    threshold_text,
)
from effprof.report.text import escape, table
from effprof.report.writeup.book import Book

#: Claims whose quoted quantities belong into the short answer: B0, B1 and B4 against ResNet-50.
HEADLINES = ("C9", "C10", "C13")

_LEGEND = (
    "Not measured by this project. effprof read files that others published, and computed from "
    "them what they can tell of the claims; the files themselves are not copied here. They hold "
    "one speed per network and no repeats: an interval comes from *twins*, networks of the same "
    "file under two names with equal counts, whose speeds differ only by how they were timed. "
    "How batches were chosen and clocks behaved is not known."
)


def others_measured(book: Book) -> str:
    """Table of every quoted estimate, and the files behind it; empty where nothing is quoted."""
    rows = list(_quoted(book))
    if not rows:
        return ""
    cells = {
        "claim": [name for name, *_ in rows],
        "quantity": [escape(part.part.quantity) for _, part, _ in rows],
        "device": [escape(row.device) for *_, row in rows],
        "found": [estimate_text(row.answer, part.part.unit) for _, part, row in rows],
        "claimed": [escape(threshold_text(part.part)) for _, part, _ in rows],
        "verdict": ["" if part.part.beside else row.verdict for _, part, row in rows],
        "n": [escape(evidence_text(row)) for *_, row in rows],
    }
    commands = dict.fromkeys(c for quotation in book.quotations for c in quotation.commands)
    files = "\n".join(f"- `{command}`" for command in commands)
    return f"{_LEGEND}\n\n{table(cells, left=3)}\n\nRead by:\n\n{files}"


def headlines(book: Book) -> Iterator[str]:
    """Tell, per device, the quoted quantities that answer the question most directly."""
    by_device: dict[str, list[str]] = {}
    for name, part, row in _quoted(book):
        if name in HEADLINES and not part.part.beside:
            told = f"{escape(part.part.quantity)}: {estimate_text(row.answer, part.part.unit)}"
            by_device.setdefault(device_text(row), []).append(f"{told} ({name})")
    for device, quantities in by_device.items():
        yield f"**By what others measured, {escape(device)}**: {'; '.join(quantities)}."


def _quoted(book: Book) -> Iterator[tuple[str, PartVerdict, DeviceVerdict]]:
    """List the quantities that quotations tell, by claim."""
    quoted = {
        (each.claim, each.quantity, each.device)
        for quotation in book.quotations
        for each in quotation.quoted
    }
    for finding in book.verdicts:
        for part, row in measured_lines(finding):
            if row.published and (finding.claim.id, part.part.quantity, row.device) in quoted:
                yield finding.claim.id, part, row
