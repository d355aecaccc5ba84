"""Gather the pages of the site in one folder, laid out as the repository is, so that links hold.

Documents are copied, the pages of published runs are built from the runs. MkDocs makes the site of
it (`mkdocs.yml` beside this file). Run it in an environment with effprof, anywhere:

    python docs/site/gather.py && mkdocs build --strict -f docs/site/mkdocs.yml
"""

import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from effprof.report.html.page import PAGE_NAME, render_html
from effprof.report.html.pages import write_page
from effprof.report.html.vega import start_bundling
from effprof.report.page import Page
from effprof.store.transfer import read_run
from effprof.study.study import Study

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "build" / "pages"

#: Where what is not part of the site can be read.
REPOSITORY = "https://github.com/effprof/effprof/blob/main"

#: What is copied as it is.
COPIED = (
    *("LICENSE", "docs/*.jsonl.gz", "docs/demonstration/*/night.html", "docs/site/extra.css"),
    *("docs/demonstration/*/night.json", "examples/*.*", "examples/nightly/*", "suites/*.toml"),
    *("reports/*/*.jsonl.gz", "reports/*/*/*.png"),
)

#: Documents, whose links are looked at. The Markdown of runs and nights is left to their HTML.
DOCUMENTS = (
    *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/*.md", "docs/howto/*.md"),
    *("docs/demonstration/*.md", "reports/README.md"),
)

#: Runs that have a page on the site, in the folder of their name.
RUNS = ("docs/*.jsonl.gz", "reports/*/*.jsonl.gz")

#: Pages that stand in two forms; the site has the one for browsers.
_TWICE = re.compile(r"\b(report|night)\.md$")

_LINK = re.compile(r"(?<=\]\()(?P<target>[^)#\s]+)(?P<anchor>#[^)\s]*)?(?=\))")


def found(patterns: tuple[str, ...]) -> Iterator[Path]:
    """Give the files of the repository that patterns name, by their path within it."""
    for pattern in patterns:
        yield from (path.relative_to(ROOT) for path in sorted(ROOT.glob(pattern)))


def with_links(text: str, place: Path, there: set[Path]) -> str:
    """Let links of a document lead to the page for browsers, or out to the repository."""

    def leads(link: re.Match[str]) -> str:
        target, anchor = link["target"], link["anchor"] or ""
        if ":" in target:
            return link[0]
        target = _TWICE.sub(r"\1.html", target)
        path = (ROOT / place.parent / target).resolve().relative_to(ROOT)
        return f"{target}{anchor}" if path in there else f"{REPOSITORY}/{path}{anchor}"

    return _LINK.sub(leads, text)


def write_run(run: Path) -> None:
    """Build the page of a run."""
    bundling = start_bundling()
    page = render_html(Page(Study(read_run(ROOT / run))), bundling.result())
    place = PAGES / page_of(run)
    place.parent.mkdir(parents=True, exist_ok=True)
    write_page(page, place)


def page_of(run: Path) -> Path:
    """Say where the page of a run lies."""
    return run.parent / run.name.removesuffix(".jsonl.gz") / PAGE_NAME


def main() -> None:
    """Write the folder anew."""
    shutil.rmtree(PAGES, ignore_errors=True)
    copied, documents, runs = (list(found(each)) for each in (COPIED, DOCUMENTS, RUNS))
    there = {*copied, *documents, *map(page_of, runs)}
    for path in (*copied, *documents):
        (PAGES / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, PAGES / path)
    for path in documents:
        text = (PAGES / path).read_text("utf-8")
        (PAGES / path).write_text(with_links(text, path, there), "utf-8")
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(write_run, runs))


if __name__ == "__main__":
    main()
