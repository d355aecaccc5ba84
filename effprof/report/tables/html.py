"""A table as HTML: to be read aloud, scrolled by keyboard, and sorted by what its cells hold."""

from collections.abc import Iterable

from markupsafe import Markup, escape

from effprof.report.tables.cells import Cell, Code, Link, Phrase, Strong, number_of
from effprof.report.tables.table import Column, Table

#: Characters from which the text of a cell is prose, which wraps; nearly all names are shorter.
PROSE = 32

#: Wraps a table: it scrolls by itself, by keyboard too.
_FRAME = Markup(
    '<div class="table" role="region" aria-label="Table: {}" tabindex="0"><table>\n'
    "{}</table>\n</div>\n"
)


def html(table: Table, state: str = "") -> Markup:
    """Write a table; its title is what it is called, and cells carry their number in SI units.

    `state` is the heading of the column by which its rows can be filtered, and have their colour.
    """
    head = _row(_heading(column) for column in table.columns)
    rows = Markup().join(
        _row(_cells(table.columns, row, state), _state(table.columns, row, state))
        for row in table.rows
    )
    body = Markup("<tbody>\n{}</tbody>\n").format(rows) if table.rows else ""
    return _FRAME.format(table.title, Markup("<thead>\n{}</thead>\n{}").format(head, body))


def _row(cells: Iterable[Markup], state: str = "") -> Markup:
    attribute = Markup(' data-state="{}"').format(state) if state else ""
    return Markup("<tr{}>\n{}</tr>\n").format(attribute, Markup().join(cells))


def _state(columns: Iterable[Column], row: Iterable[Cell], state: str) -> str:
    pairs = zip(columns, row, strict=True)
    return next((column.text(cell) for column, cell in pairs if column.heading == state), "")


def _heading(column: Column) -> Markup:
    shown = _class("number" if column.align == "right" else "")
    return Markup('<th scope="col"{}>{}</th>\n').format(shown, column.heading)


def _cells(columns: Iterable[Column], row: Iterable[Cell], state: str) -> Iterable[Markup]:
    for place, (column, cell) in enumerate(zip(columns, row, strict=True)):
        text, number = column.text(cell), number_of(cell)
        kind = "number" if column.align == "right" else ""
        if number is None and place and len(text) >= PROSE:
            kind = "prose"
        elif state and column.heading == state:
            kind = "state"
        attributes = Markup("") if number is None else Markup(' data-value="{}"').format(number)
        tag = Markup("td") if place else Markup('th scope="row"')
        shown = _shown(column, cell)
        yield Markup("<{}{}{}>{}</{}>\n").format(tag, attributes, _class(kind), shown, tag[:2])


def _shown(column: Column, cell: Cell) -> Markup:
    match cell:
        case Code(text):
            return Markup("<code>{}</code>").format(text)
        case Strong(text):
            return Markup("<strong>{}</strong>").format(text)
        case Link(text, target):
            return Markup('<a href="{}">{}</a>').format(target, text)
        case Phrase(parts, between):
            return escape(between).join(_shown(column, each) for each in parts)
        case _:
            return escape(column.text(cell))


def _class(name: str) -> Markup:
    return Markup(' class="{}"').format(name) if name else Markup("")
