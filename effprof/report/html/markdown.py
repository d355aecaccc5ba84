"""The Markdown of sections as HTML: safe, and with tables that can be read aloud and sorted."""

from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from effprof.core.units import magnitude

# Raw HTML stays text; links that run something are refused by markdown-it itself.
_PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")

#: Characters from which the text of a cell is prose, which wraps; nearly all names are shorter.
PROSE = 32

#: Wraps a table: it scrolls by itself, by keyboard too.
_TABLE = '<div class="table" role="region" aria-label="Table: {}" tabindex="0">'


def html_of(markdown: str, title: str = "") -> Markup:
    """Render Markdown; `title` names its tables. Cells that hold a number carry it in SI units."""
    tokens = _PARSER.parse(markdown)
    return Markup(_PARSER.renderer.render(_with_tables(tokens, title), _PARSER.options, {}))


def _with_tables(tokens: Sequence[Token], title: str) -> list[Token]:
    """Give heads a scope, rows a head, cells their magnitude, and tables a frame."""
    changed: list[Token] = []
    column, numbers = 0, 0
    for place, token in enumerate(tokens):
        if token.type == "table_open":
            numbers += 1
            name = Markup.escape(f"{title} {numbers}".strip())
            changed.append(_raw(_TABLE.format(name)))
        elif token.type == "tr_open":
            column = 0
        elif token.type == "th_open":
            token.attrSet("scope", "col")
        elif token.type == "td_open":
            column += 1
            _describe(token, tokens[place + 1].content, first=column == 1)
        elif token.type == "td_close" and column == 1:
            token.tag = "th"
        token.attrs = {name: value for name, value in token.attrs.items() if name != "style"} | (
            {"class": "number"} if _is_right(token) else {}
        )
        changed.append(token)
        if token.type == "table_close":
            changed.append(_raw("</div>"))
    return changed


def _describe(cell: Token, text: str, first: bool) -> None:
    if first:
        cell.tag = "th"
        cell.attrSet("scope", "row")
    number = magnitude(text)
    if number is not None:
        cell.attrSet("data-value", f"{number:.6g}")
    elif not first and len(text) >= PROSE:
        cell.attrs = {"class": "prose"}


def _is_right(token: Token) -> bool:
    return "right" in str(token.attrs.get("style", ""))


def _raw(html: str) -> Token:
    token = Token("html_block", "", 0)
    token.content = html
    return token
