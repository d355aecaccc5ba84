"""A table: columns that know what they hold, rows of values, and a title."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from effprof.core.estimates import Estimate
from effprof.core.quantities import QUANTITIES, Quantity, Write
from effprof.core.units import MISSING, estimate_text, significant
from effprof.report.tables.cells import (
    Cell,
    Code,
    Joined,
    Link,
    Mark,
    Marked,
    Phrase,
    Strong,
    Value,
    Worded,
    Written,
    holds_nothing,
)

Record = TypeVar("Record")

#: Unit of a quantity -> what follows the value of an estimate, but not the ends of its interval.
_UNIT_SAID_ONCE = {"x": "x"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, how its numbers are written, the side on which its cells stand.

    `quantity` tells how it is written, what it means and its name where raw values go; `write`
    writes otherwise, what no quantity tells of. `names` are those under which its values go where
    neither the quantity nor the heading names them, one for each of the values that are joined.
    Where a terminal is too narrow, columns of the highest `rank` are left out first; 0 stays.
    """

    heading: str
    quantity: Quantity | None = None
    write: Write | None = None
    align: Literal["left", "right"] = "right"
    names: tuple[str, ...] = ()
    rank: int = 0

    @classmethod
    def of(
        cls,
        name: str,
        write: Write | None = None,
        heading: str = "",
        align: Literal["left", "right"] = "right",
        rank: int = 0,
    ) -> "Column":
        """Give the column of a quantity by its id, under its label if it needs no other heading."""
        quantity = QUANTITIES[name]
        return cls(heading or quantity.label, quantity, write, align, rank=rank)

    @classmethod
    def words(cls, heading: str, *names: str, rank: int = 0) -> "Column":
        """Give a column of words, which stand to the left."""
        return cls(heading, align="left", names=names, rank=rank)

    @property
    def ids(self) -> tuple[str, ...]:
        """The names of its values where they stand raw, in snake case; one if none are joined.

        >>> Column.of("params").ids, Column("of MACs").ids
        (('params',), ('of_macs',))
        """
        if self.names:
            return self.names
        name = self.quantity.id if self.quantity else self.heading
        return (re.sub(r"\W+", "_", name.lower()).strip("_"),)

    def text(self, cell: Cell, words: Callable[[str], str] = str) -> str:
        """Write a cell for people; `words` makes text from outside harmless where it will stand.

        >>> Column.of("realised").text(Estimate(1.4, 1.3, 1.5, "paired", 5))
        '1.40x [1.30, 1.50]'
        >>> Column.of("batch_size").text(8), Column("share").text(None)
        ('8', '–')
        """
        match cell:
            case Worded() | Code() | Strong() | Link() | Phrase():
                return words(cell.text)
            case Marked(value, mark):
                return self._value(value, words) + mark.sign
            case Joined(values, between):
                return between.join(self.text(each, words) for each in values)
            case Written(value, write):
                return write(value)
            case _:
                return self._value(cell, words)

    def _value(self, value: Value, words: Callable[[str], str]) -> str:
        match value:
            case str():
                return words(value)
            case bool():
                return "yes" if value else "no"
            case Estimate():
                return self._estimate(value)
            case int() | float():
                return self._number(value)
            case _:
                return MISSING

    def _number(self, value: float | None) -> str:
        if self.write is not None:
            return self.write(value)
        if self.quantity is not None and self.quantity.kind != "count":
            return self.quantity.write(value)
        return str(value) if isinstance(value, int) else significant(value)

    def _estimate(self, found: Estimate) -> str:
        unit = _UNIT_SAID_ONCE.get(self.quantity.unit, "") if self.quantity else ""
        return estimate_text(found, unit, significant if unit else self._number)


@dataclass(frozen=True, slots=True)
class Field(Generic[Record]):
    """A column, and how its cell is read off a record."""

    column: Column
    read: Callable[[Record], Cell]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of values; each row has one cell a column. The title is not escaped."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    title: str = ""

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The footnotes of its cells, each once."""
        marked = (cell.mark for row in self.rows for cell in row if isinstance(cell, Marked))
        return tuple(dict.fromkeys(marked))

    @classmethod
    def of(
        cls,
        fields: Iterable[Field[Record]],
        records: Iterable[Record],
        title: str = "",
        sparse: bool = False,
    ) -> "Table":
        """Read a row off every record; a `sparse` table leaves out columns that hold nothing."""
        there = tuple(records)
        columns = [(each.column, tuple(map(each.read, there))) for each in fields]
        if sparse:
            columns = [each for each in columns if not all(map(holds_nothing, each[1]))]
        rows = zip(*(cells for _, cells in columns), strict=True)
        return cls(tuple(column for column, _ in columns), tuple(rows), title)
