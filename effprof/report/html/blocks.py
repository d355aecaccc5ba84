"""The blocks of a section as HTML."""

from collections.abc import Sequence

from markupsafe import Markup

from effprof.report.blocks import Block, Heading, lead_in, named_tables
from effprof.report.html.markdown import html_of
from effprof.report.tables.html import html
from effprof.report.tables.table import Table


def html_of_blocks(title: str, blocks: Sequence[Block]) -> Markup:
    """Write the blocks of a section; its tables are read aloud by their whole names."""
    named = named_tables(title, blocks)
    body = Markup()
    for block in blocks:
        match block:
            case str():
                body += html_of(block)
            case Heading(text):
                body += Markup("<h3>{}</h3>\n").format(text)
            case Table():
                body += html_of(lead_in(block)) + html(next(named))
    return body
