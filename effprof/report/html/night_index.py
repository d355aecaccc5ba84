"""`index.html` of a folder of nights: one row each, the newest first."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from effprof.report.html import night
from effprof.report.html.pages import page_of, write_page
from effprof.report.night_document import DOCUMENT_NAME
from effprof.report.tables.cells import Link
from effprof.report.tables.html import html
from effprof.report.tables.table import Column, Field, Table

INDEX_NAME = "index.html"


@dataclass(frozen=True, slots=True)
class Listed:
    """A night of the folder: where its page lies, and what its document says of it."""

    folder: str
    document: dict[str, Any]

    @property
    def began(self) -> str:
        """When its run began, in ISO 8601; empty where no night is told of."""
        nights = self.document.get("nights") or [{}]
        return str(nights[-1].get("started_at", ""))


_FIELDS: tuple[Field[Listed], ...] = (
    Field(
        Column.words("night"),
        lambda each: Link(str(each.document.get("run")), f"{each.folder}/{night.PAGE_NAME}"),
    ),
    Field(Column.words("began"), lambda each: each.began),
    Field(Column.words("found"), lambda each: str(each.document.get("tonight", ""))),
    Field(Column("series"), lambda each: len(each.document.get("series", ()))),
)


def write_index(folder: Path) -> Path:
    """List the nights below `folder` in a page there; return its path.

    Raises `StorageError` where it cannot be written.
    """
    nights = sorted(_nights(folder), key=lambda each: (each.began, each.folder), reverse=True)
    table = Table.of(_FIELDS, nights, "nights")
    text = page_of("night_index.html.j2", ["tables.js"], title="Nights", nights=html(table))
    index = folder / INDEX_NAME
    write_page(text, index)
    return index


def _nights(folder: Path) -> Iterator[Listed]:
    """Read the nights of a folder; what is no document of a night is passed over."""
    for path in folder.glob(f"*/{DOCUMENT_NAME}"):
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(document, dict) and "counts" in document:
            yield Listed(path.parent.name, document)
