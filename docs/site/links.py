"""Check a built site: every link within it leads somewhere, and nothing is fetched from elsewhere.

python docs/site/links.py build/site
"""

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: Attributes that make a browser fetch something when the page opens, by element.
FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}

#: Relations of `link` that fetch nothing.
NAMED_ONLY = {"canonical", "next", "prev", "alternate"}


class Page(HTMLParser):
    """What a page links to, what it fetches, and the ids that it has."""

    def __init__(self, text: str) -> None:
        """Read the page."""
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.ids: set[str] = set()
        self.lists: list[str] = []
        self.within = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the attributes of an element."""
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag in {"p", "pre"}:
            self.within = tag
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in FETCHED and FETCHED[tag] in given and given.get("rel") not in NAMED_ONLY:
            self.fetched.append(given[FETCHED[tag]])

    def handle_data(self, data: str) -> None:
        """Find lines of a list that were taken for text: a blank line before them is missing."""
        if self.within == "p":
            self.lists += re.findall(r"\n(- \S*)", data)


def problems(site: Path) -> Iterator[str]:
    """Say of each page what leads nowhere, and what comes from elsewhere."""
    pages = {
        path.resolve(): Page(path.read_text("utf-8"))
        for path in site.rglob("*.html")
        if path.name != "404.html"  # shown by servers at any place, so its links begin at the root
    }
    for path, page in pages.items():
        place = path.relative_to(site.resolve())
        for line in page.lists:
            yield f"{place} has a list within a paragraph, at {line!r}: it lacks a blank line"
        for url in page.fetched:
            if urlsplit(url).scheme not in ("", "data"):
                yield f"{place} fetches {url}"
        for url in (*page.links, *page.fetched):
            parts = urlsplit(url)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                yield f"{place} links to {url}, which is not there"
            elif target in pages and parts.fragment not in ("", *pages[target].ids):
                yield f"{place} links to {url}, which has no such part"


def main() -> None:
    """Check the site that is named; exit with what is wrong."""
    found = sorted(set(problems(Path(sys.argv[1]))))
    if found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
