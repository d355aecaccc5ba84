"""A table for terminals: names fold, and neither they nor numbers are ever cut."""

import io
from typing import TYPE_CHECKING

from effprof.report.tables.table import Table

if TYPE_CHECKING:
    from rich.table import Table as RichTable

#: Width of a table in a file, in characters: nothing is folded there.
_ENDLESS = 10_000


def rich_table(table: Table) -> "RichTable":
    """Lay a table out for Rich, which knows how wide the terminal is; its title stands above it."""
    from rich.table import Table as RichTable
    from rich.text import Text

    # Text, because names that look like Rich markup must not be read as such.
    laid = RichTable(
        title=Text(table.title) if table.title else None,
        title_justify="left",
        caption=Text("\n".join(f"{mark.sign} {mark.meaning}" for mark in table.marks)) or None,
        caption_justify="left",
    )
    for column in table.columns:
        heading = Text(column.heading)
        laid.add_column(
            heading, justify=column.align, no_wrap=column.align == "right", overflow="fold"
        )
    for row in table.rows:
        laid.add_row(
            *(Text(column.text(cell)) for column, cell in zip(table.columns, row, strict=True))
        )
    return laid


def plain_text(table: Table) -> str:
    """Write a table as text, as wide as it is."""
    from rich.console import Console

    file = io.StringIO()
    Console(file=file, width=_ENDLESS).print(rich_table(table))
    return "".join(f"{line.rstrip()}\n" for line in file.getvalue().splitlines())
