"""The pages that people read: README and docs, and what stands in their blocks."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

#: Every page by its path from the root of the repository.
PAGES = {
    str(path.relative_to(ROOT)): path
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
}

#: A run of `effprof run --cpu`, which pages about the first two minutes quote.
FIRST = ROOT / "docs" / "first.jsonl.gz"

#: A block that shows a command and all that it prints; lines may be left out where a line is `…`.
TRANSCRIPT = re.compile(r"^```console\n\$ (?P<command>.+)\n(?P<printed>(?:.*\n)*?)```$", re.M)

#: The line that stands for lines left out.
LEFT_OUT = "…\n"


def transcripts() -> Iterator[tuple[str, str, str]]:
    """Give the page, the command and what it is said to print, of every such block."""
    for page, path in PAGES.items():
        for block in TRANSCRIPT.finditer(path.read_text("utf-8")):
            yield page, block["command"], block["printed"]


def blocks(page: str, language: str) -> list[str]:
    """Give the blocks of a page in a language."""
    return re.findall(
        rf"^ *```{language}\n(.*?)^ *```$", PAGES[page].read_text("utf-8"), re.M | re.S
    )


def shortened(printed: str, shown: str) -> str:
    """Leave lines out of what is printed where the page does: behind as many as it shows."""
    head, cut, tail = shown.partition(LEFT_OUT)
    if not cut:
        return printed
    lines = printed.splitlines(keepends=True)
    first, last = head.count("\n"), tail.count("\n")
    return "".join([*lines[:first], LEFT_OUT, *lines[len(lines) - last :]])
