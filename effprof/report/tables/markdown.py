"""A table as Markdown, which GitHub and everybody else shows as one."""

from effprof.report.tables.cells import Cell, Code, Link, Phrase, Strong
from effprof.report.tables.table import Column, Table
from effprof.report.text import code, escape, pipe_table


def markdown(table: Table) -> str:
    """Write a table without its title; text from outside is escaped, headings are ours."""
    return pipe_table(
        [column.heading for column in table.columns],
        [[_cell(*pair) for pair in zip(table.columns, row, strict=True)] for row in table.rows],
        [column.align for column in table.columns],
    )


def _cell(column: Column, cell: Cell) -> str:
    match cell:
        case Code(text):
            # A bare pipe ends a cell even where code is verbatim.
            return code(text).replace("|", "\\|")
        case Strong(text):
            return f"**{escape(text)}**"
        case Link(text, target):
            return f"[{escape(text)}]({target})"
        case Phrase(parts, between):
            return between.join(_cell(column, each) for each in parts)
        case _:
            return column.text(cell, escape)
