"""The columns of frames, `--json`, CSV and pages: one a quantity, and those of its interval."""

from collections.abc import Iterator
from dataclasses import dataclass

from effprof.core.quantities import OF_CELLS, Kind, Quantity

#: What an estimate is in columns: what follows the quantity's id -> the field of `Estimate`.
ESTIMATE_FIELDS = {"": "value", "_low": "low", "_high": "high", "_method": "method", "_n": "n"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name everywhere, its SI unit, its label on a page, and what it means.

    One without a label stands on no page.
    """

    name: str
    unit: str
    label: str
    meaning: str
    kind: Kind = "number"


def columns_of(quantity: Quantity) -> Iterator[Column]:
    """Give the columns that hold a quantity: five for an estimate, else one."""
    name, unit, ends = quantity.id, quantity.unit, quantity.interval
    yield Column(name, unit, quantity.label, quantity.meaning, quantity.kind)
    if ends:
        yield Column(f"{name}_low", unit, "low", f"lower end of {ends}")
        yield Column(f"{name}_high", unit, "high", f"upper end of {ends}")
        yield Column(f"{name}_method", "", "", f"how {ends} was found", "text")
        yield Column(f"{name}_n", "", "", f"independent pieces of evidence of {ends}", "whole")


def kind_of(name: str) -> Kind:
    """Tell what a column holds; those of further estimates are told by how their names end."""
    if name in COLUMNS:
        return COLUMNS[name].kind
    return next((kind for end, kind in _KINDS.items() if name.endswith(end)), "number")


#: Kinds of the columns that say how an interval was found, and on how much it rests.
_KINDS: dict[str, Kind] = {"_method": "text", "_n": "whole"}

#: Every column by name, in the order of presentation.
COLUMNS: dict[str, Column] = {
    column.name: column for quantity in OF_CELLS.values() for column in columns_of(quantity)
}
