"""Reports: pure rendering of stored results, and thin writing; never imports torch."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from effprof.study.study import Study


class Written(NamedTuple):
    """Where the pages of a run were written: as Markdown with pictures, and interactive."""

    markdown: Path
    html: Path


def write_report(study: "Study", out: Path, store_flag: str = "") -> Written:
    """Write `report.md`, its pictures, and `report.html` into the folder `out`.

    `store_flag` is the --store with which commands find the run, where that is not the default.

    Raises `StorageError` where the folder cannot be made or written.
    """
    # pandas, scipy, matplotlib and Altair load with the first report, not with this package.
    from effprof.report.html.page import PAGE_NAME, render_html
    from effprof.report.html.pages import write_page
    from effprof.report.html.vega import start_bundling
    from effprof.report.page import Page
    from effprof.report.render import render_page, write

    bundling = start_bundling()
    page = Page(study, store_flag)
    markdown = write(render_page(page), out)
    html = out / PAGE_NAME
    write_page(render_html(page, bundling.result()), html)
    return Written(markdown, html)


def write_tables(study: "Study", formats: Iterable[str], out: Path) -> Path:
    """Write every table of a run's page as a file of each format, below `out`; return their folder.

    Raises `StorageError` where the folder cannot be made or written.
    """
    from effprof.report.page import Page
    from effprof.report.render import tables_of
    from effprof.report.tables.files import write_files

    return write_files(tables_of(Page(study)), formats, out)
