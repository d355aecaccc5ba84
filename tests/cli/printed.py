"""Answers as people read them, also where a test takes the place of a terminal."""

import io

#: Options that say in which form tables are given.
FORMS = {"--text", "--csv", "--markdown", "--latex", "--json", "--quiet"}


def as_text(*arguments):
    """Ask for text, unless a form is asked for: to a pipe tables would go tab-separated."""
    words = [str(each) for each in arguments]
    return words if FORMS & set(words) else [*words, "--text"]


def table_rows(table):
    """Cells of a table as people read them, a list per row."""
    return [
        [
            column.text(cell).replace("\N{NO-BREAK SPACE}", " ")
            for column, cell in zip(table.columns, row, strict=True)
        ]
        for row in table.rows
    ]


class Terminal(io.StringIO):
    """A stream that somebody watches."""

    def isatty(self):
        return True
