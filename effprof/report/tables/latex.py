"""A table as LaTeX: a float with a caption, ruled by booktabs."""

import re
from collections.abc import Iterable

from effprof.report.tables.cells import Cell, Code, Link, Phrase, Strong
from effprof.report.tables.table import Column, Table

#: What LaTeX reads otherwise than it stands, or has no letter for -> how it is said there.
_SAID = str.maketrans(
    {
        **{letter: f"\\{letter}" for letter in "&%$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        "`": r"\textasciigrave{}",
        "–": r"\textendash{}",
        "−": "$-$",
        "×": r"$\times$",
        "÷": r"$\div$",
        "±": r"$\pm$",
        "→": r"$\rightarrow$",
        "µ": r"$\mu$",
        "²": "$^2$",
        "†": r"$\dagger$",
    }
)

#: What a new line of a table may not begin with: LaTeX reads it as an option of the line before.
_OPTIONS = ("[", "*")

_SIDES = {"left": "l", "right": "r"}


def latex(table: Table) -> str:
    """Write a table with its title as caption, and under it what its footnotes mean."""
    head = _line(map(_said, (column.heading for column in table.columns)))
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{_said(table.title)}}}",
        rf"\begin{{tabular}}{{{''.join(_SIDES[column.align] for column in table.columns)}}}",
        *(r"\toprule", head, r"\midrule"),
        *(_line(map(_cell, table.columns, row)) for row in table.rows),
        *(r"\bottomrule", r"\end{tabular}"),
        *(rf"\par\footnotesize {_said(f'{each.sign} {each.meaning}')}" for each in table.marks),
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _line(cells: Iterable[str]) -> str:
    line = " & ".join(cells)
    return rf"{'{}' if line.startswith(_OPTIONS) else ''}{line} \\"


def _cell(column: Column, cell: Cell) -> str:
    match cell:
        case Code(text):
            return rf"\texttt{{{_said(text)}}}"
        case Strong(text):
            return rf"\textbf{{{_said(text)}}}"
        case Link(text, target):
            return rf"\href{{{_said(target)}}}{{{_said(text)}}}"
        case Phrase(parts, between):
            return between.translate(_SAID).join(_cell(column, each) for each in parts)
        case _:
            return _said(column.text(cell))


def _said(text: str) -> str:
    r"""Write text from outside for LaTeX, on one line.

    >>> _said("50 % of a_b"), _said("--gpu")
    ('50 \\% of a\\_b', '-{}-gpu')
    """
    printable = "".join(filter(str.isprintable, " ".join(text.split())))
    return re.sub("-(?=-)", "-{}", printable.translate(_SAID))
