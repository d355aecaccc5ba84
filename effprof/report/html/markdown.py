"""The Markdown of sentences and lists as HTML, safe whatever it holds; tables are values."""

from markdown_it import MarkdownIt
from markupsafe import Markup

# Raw HTML stays text; links that run something are refused by markdown-it itself.
_PARSER = MarkdownIt("commonmark", {"html": False})


def html_of(markdown: str) -> Markup:
    """Render Markdown."""
    return Markup(_PARSER.render(markdown))
