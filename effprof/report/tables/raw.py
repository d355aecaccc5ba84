"""A table as its values, in SI units under the names of their quantities: CSV, TSV and JSON.

An estimate takes the columns that it has in frames: its value, both ends, its method and on how
much it rests. What is absent, NaN or infinite is empty in a file, and null in JSON.
"""

import csv
import io
import json
from collections.abc import Iterator

from effprof.core.columns import ESTIMATE_FIELDS
from effprof.core.estimates import Estimate
from effprof.core.units import is_missing
from effprof.report.tables.cells import Value, values_of
from effprof.report.tables.table import Table

#: What a cell is in a file.
Plain = str | float | bool | None


def comma_separated(table: Table) -> str:
    """Write the values of a table as CSV."""
    return _delimited(table, ",")


def tab_separated(table: Table) -> str:
    """Write the values of a table as TSV."""
    return _delimited(table, "\t")


def as_json(table: Table) -> str:
    """Write the values of a table as a JSON object: its title, and its rows by name of column."""
    names, *rows = _lines(table)
    document = {
        "title": table.title,
        "rows": [dict(zip(names, row, strict=True)) for row in rows],
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)


def _lines(table: Table) -> list[list[Plain]]:
    """Give the names of all columns of values, and after them their values row by row."""
    values = list(_columns(table))
    return [
        [name for name, _ in values],
        *map(list, zip(*(each for _, each in values), strict=True)),
    ]


def _columns(table: Table) -> Iterator[tuple[str, list[Plain]]]:
    for place, column in enumerate(table.columns):
        parts = [_spread(values_of(row[place]), len(column.ids)) for row in table.rows]
        of_names = zip(*parts, strict=True) if parts else ((),) * len(column.ids)
        estimated = column.quantity is not None and column.quantity.interval != ""
        for name, values in zip(column.ids, of_names, strict=True):
            if estimated or any(isinstance(value, Estimate) for value in values):
                for end, field in ESTIMATE_FIELDS.items():
                    yield name + end, [_plain(_of_estimate(value, field)) for value in values]
            else:
                yield name, [_plain(value) for value in values]


def _spread(values: tuple[Value, ...], count: int) -> tuple[Value, ...]:
    """Give each of several names its value: a cell that holds nothing has none for all of them."""
    return (None,) * count if values == (None,) else values


def _of_estimate(value: Value, field: str) -> Value:
    """Give one field of an estimate; what is told without one has a value alone."""
    if isinstance(value, Estimate):
        found: Value = getattr(value, field)
        return found
    return value if field == "value" else None


def _plain(value: Value) -> Plain:
    if isinstance(value, str | bool):
        return value
    return None if not isinstance(value, int | float) or is_missing(value) else value


def _delimited(table: Table, between: str) -> str:
    file = io.StringIO()
    csv.writer(file, delimiter=between, lineterminator="\n").writerows(_lines(table))
    return file.getvalue()
