"""A table as Markdown, which GitHub and everybody else shows as one."""

from effprof.report.tables.cells import Cell, Code
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
    # A bare pipe ends a cell even where code is verbatim.
    return (
        code(cell.text).replace("|", "\\|") if isinstance(cell, Code) else column.text(cell, escape)
    )
