"""A table for terminals: as wide as there is room, and neither names nor numbers are ever cut.

What all rows agree in is said once above, if it is words or counts. Where room is scarce prose
wraps between its words, then columns are left out, the least telling first, and named below; what
is too wide even so has the first cell of a row on a line of its own.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from effprof.core.units import MISSING
from effprof.report.tables.table import Column, Table

#: Width of a table in a file, in characters: nothing wraps there.
ENDLESS = 10_000

#: What stands between two columns, and before what belongs to the line above.
_GAP = "  "

#: Characters that a column of prose keeps while others can be left out for it.
_PROSE = 28

#: What a terminal would obey instead of showing it; a no-break space is none of these.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def plain_text(table: Table) -> str:
    """Write a table as text, as wide as it is."""
    return laid_out(table, ENDLESS)


def laid_out(table: Table, width: int) -> str:
    """Write a table as text of at most `width` columns, if no word of it is wider than that."""
    shown, same = _parted(table)
    widths, left_out = _fitting(shown, width)
    kept = [each for each in shown if each.column.heading not in left_out]
    lines = [
        *wrapped(_said(table.title), width),
        *(wrapped(f"All: {', '.join(same)}", width) if same else ()),
        *(_rows(kept, widths) if widths else _stacked(kept, width)),
        *(wrapped(f"No room for: {', '.join(left_out)}", width) if left_out else ()),
        *(line for each in table.marks for line in wrapped(f"{each.sign} {each.meaning}", width)),
    ]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """Break text between words into lines of at most `width`; a wider word keeps its own line.

    `indent` goes before every line but the first.

    >>> wrapped("a network of networks", 12, "  ")
    ['a network of', '  networks']
    >>> wrapped("", 12)
    []
    """
    lines: list[str] = []
    for word in text.split(" ") if text else ():
        if lines and cell_len(lines[-1]) + 1 + cell_len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(f"{indent if lines else ''}{word}")
    return lines


@dataclass(frozen=True, slots=True)
class _Shown:
    """A column with the texts of its cells; `wraps` where these are prose."""

    column: Column
    cells: tuple[str, ...]

    @property
    def wraps(self) -> bool:
        return self.column.align == "left"

    @property
    def natural(self) -> int:
        """The width in which nothing wraps."""
        return max(map(cell_len, (self.column.heading, *self.cells)))

    def least(self, prose: int) -> int:
        """Give the width below which a number or a word would be cut, or prose would be narrow."""
        heading = max(map(cell_len, self.column.heading.split(" ")))
        if not self.wraps:
            return max(heading, *map(cell_len, self.cells), 0)
        words = (word for cell in self.cells for word in cell.split(" "))
        return max(heading, *map(cell_len, words), min(self.natural, prose))

    def lines(self, text: str, width: int) -> list[str]:
        """Lay a text out in the column."""
        if self.wraps:
            return [line + " " * (width - cell_len(line)) for line in wrapped(text, width)]
        return [" " * (width - cell_len(line)) + line for line in wrapped(text, width)]


def _parted(table: Table) -> tuple[list[_Shown], list[str]]:
    """Part columns whose rows differ from those that say one thing; what says nothing goes."""
    shown: list[_Shown] = []
    same: list[str] = []
    for place, column in enumerate(table.columns):
        texts = tuple(_said(column.text(row[place])) for row in table.rows)
        if place and set(texts) <= {"", MISSING}:
            continue
        describes = column.align == "left" or all(isinstance(row[place], int) for row in table.rows)
        if place and len(texts) > 1 and len(set(texts)) == 1 and column.heading and describes:
            same.append(f"{column.heading} {texts[0]}")
        else:
            shown.append(_Shown(column, texts))
    return shown, same


def _fitting(shown: Sequence[_Shown], width: int) -> tuple[list[int], list[str]]:
    """Give the widths of the columns that there is room for, and the headings of the others.

    There are no widths where even those that are always shown are too wide together.
    """
    kept, left_out = list(shown), list[str]()
    while not (widths := _widths(kept, width, _PROSE)):
        least_telling = max(reversed(kept), key=lambda each: each.column.rank)
        if not least_telling.column.rank:
            return _widths(kept, width, 0), left_out
        kept.remove(least_telling)
        left_out.append(least_telling.column.heading)
    return widths, left_out


def _widths(shown: Sequence[_Shown], width: int, prose: int) -> list[int]:
    """Share the room among columns: each has its least, the rest goes to those that need little.

    There are no widths where there is no room.
    """
    widths = [each.least(prose) for each in shown]
    spare = width - sum(widths) - len(_GAP) * (len(shown) - 1)
    if spare < 0:
        return []
    needs = [each.natural - least for each, least in zip(shown, widths, strict=True)]
    by_need = sorted(range(len(shown)), key=needs.__getitem__)
    for done, place in enumerate(by_need):
        more = min(needs[place], spare // (len(by_need) - done))
        widths[place] += more
        spare -= more
    return widths


def _rows(shown: Sequence[_Shown], widths: Sequence[int]) -> Iterator[str]:
    """Write the headings, a rule, and the rows."""
    yield from _row(shown, widths, [each.column.heading for each in shown])
    yield "─" * (sum(widths) + len(_GAP) * (len(widths) - 1))
    for row in zip(*(each.cells for each in shown), strict=True):
        yield from _row(shown, widths, row)


def _row(shown: Sequence[_Shown], widths: Sequence[int], texts: Sequence[str]) -> Iterator[str]:
    cells = [
        each.lines(text, width) for each, width, text in zip(shown, widths, texts, strict=True)
    ]
    for line in range(max(map(len, cells), default=0) or 1):
        yield _GAP.join(
            cell[line] if line < len(cell) else " " * width
            for cell, width in zip(cells, widths, strict=True)
        )


def _stacked(shown: Sequence[_Shown], width: int) -> Iterator[str]:
    """Write the first cell of each row on a line of its own, and what it says of it below."""
    first, *others = shown
    for row in zip(*(each.cells for each in shown), strict=True):
        name, *texts = row
        yield from wrapped(f"{first.column.heading} {name}", width)
        told = [
            f"{other.column.heading} {text}".strip()
            for other, text in zip(others, texts, strict=True)
            if text
        ]
        yield from wrapped(f"{_GAP}{'; '.join(told)}", width, _GAP)


def _said(text: str) -> str:
    """Show text from outside on one line, and obey nothing in it."""
    return _CONTROLS.sub(" ", text)
