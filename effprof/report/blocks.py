"""What the sections of a page are made of, and the same blocks as Markdown.

The body of a section gives blocks: text that is Markdown already, headings, and tables as values.
Pictures belong to a section by their stem (`Section.pictures`): a page of text links to them, an
interactive one has charts in their place.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from effprof.report.tables.markdown import markdown
from effprof.report.tables.table import Table
from effprof.report.text import escape


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within a section; not escaped."""

    text: str


#: Text is Markdown, in which what comes from outside is escaped; empty text is left out.
Block = str | Heading | Table


def markdown_of(blocks: Iterable[Block]) -> str:
    """Write blocks as Markdown; empty where there are none."""
    return "\n\n".join(filter(None, map(_markdown, blocks)))


def lead_in(table: Table) -> str:
    """Write the line before a table, as Markdown; empty without a title."""
    return f"{escape(table.title)}:" if table.title else ""


def named_tables(section: str, blocks: Iterable[Block]) -> Iterator[Table]:
    """Yield the tables of a section with whole names: section, heading above, own title.

    No two of a section have the same name.
    """
    heading, used = "", dict[str, int]()
    for block in blocks:
        if isinstance(block, Heading):
            heading = block.text
        elif isinstance(block, Table):
            own = ", ".join(filter(None, (heading, block.title)))
            name = f"{section}: {own}" if own else section
            used[name] = used.get(name, 0) + 1
            yield replace(block, title=name if used[name] == 1 else f"{name} ({used[name]})")


def _markdown(block: Block) -> str:
    match block:
        case str():
            return block
        case Heading(text):
            return f"### {escape(text)}"
        case Table():
            return "\n\n".join(filter(None, (lead_in(block), markdown(block))))
