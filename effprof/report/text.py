"""Markdown from values: escaping of outside text, tables, fenced text."""

import re
from collections.abc import Sequence

from tabulate import tabulate

_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_MARKUP = re.compile(r"[\\`*|\[\]!~$#]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")


def escape(text: str) -> str:
    r"""Make text from outside harmless in Markdown, tables included: it shows as it is.

    >>> escape("<script>|`x`"), escape("efficientnet_b0")
    ('&lt;script&gt;\\|\\`x\\`', 'efficientnet_b0')
    """
    one_line = " ".join(text.split())
    return _MARKUP.sub(lambda found: "\\" + found[0], one_line.translate(_HTML))


def fenced(text: str) -> str:
    """Show text verbatim; the fence is longer than any run of backticks in it."""
    fence = "`" * max(3, 1 + _longest_run(text))
    return f"{fence}text\n{text}\n{fence}"


def code(text: str) -> str:
    """Show text verbatim within a line; the marks are longer than any run of backticks in it.

    >>> code("a b"), code("a`b`")
    ('`a b`', '`` a`b` ``')
    """
    marks = "`" * (1 + _longest_run(text))
    room = " " if "`" in text else ""
    return f"{marks}{room}{' '.join(text.split())}{room}{marks}"


def pipe_table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], aligned: Sequence[str]
) -> str:
    """Lay out cells that are Markdown already; `aligned` says `left` or `right` for each column."""
    text: str = tabulate(
        rows, headers=headings, tablefmt="pipe", disable_numparse=True, colalign=aligned
    )
    return text


def slug(text: str) -> str:
    """Name a place or a file after a text: small letters, digits, and hyphens between them.

    >>> slug("Results: Inference, batch 1")
    'results-inference-batch-1'
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def listed(words: Sequence[str], at_most: int = 4) -> str:
    """Join words with commas; of many only the first and how many more there are.

    >>> listed(["a", "b", "c"], at_most=2)
    'a, b and 1 more'
    """
    if len(words) <= at_most:
        return ", ".join(words)
    return f"{', '.join(words[:at_most])} and {len(words) - at_most} more"


def capitalised(text: str) -> str:
    """Begin a sentence with a text; names within it keep their letters.

    >>> capitalised("its ResNet-50")
    'Its ResNet-50'
    """
    return text[:1].upper() + text[1:]


def _longest_run(text: str) -> int:
    """Count the backticks of the longest run of them."""
    return max(map(len, re.findall(r"`+", text)), default=0)
