"""`effprof writeup`: the answer over many runs, rendered, with the page of each run beside it."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from effprof.cli.options import StoreOption
from effprof.cli.output import answer, note
from effprof.core.errors import BadInput

if TYPE_CHECKING:
    from effprof.claims.quotations import Quotation
    from effprof.core.runs import Run
    from effprof.report.writeup.source import Source

#: Where published runs lie, each in the folder of its device, and the write-up made from them.
REPORTS = Path("reports")
RUN_FILES = "*/*.jsonl.gz"
PUBLISHED = REPORTS / "README.md"

#: What others measured, as `effprof claims --json` told it of their files.
QUOTATION_FILES = "others/*.json"

#: Where the write-up of other runs goes without `--out`.
WRITEUP = Path("effprof-reports") / "writeup.md"


def writeup(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN|FILE]...",
            show_default=False,
            help="Run ids, prefixes or exported files. Default: every reports/*/*.jsonl.gz.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The write-up. [reports/README.md; of given runs effprof-reports/writeup.md]",
        ),
    ] = None,
    pages: Annotated[
        bool, typer.Option("--pages/--no-pages", help="Also rebuild the page of every run.")
    ] = True,
    quote: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE.json",
            show_default=False,
            help="What `effprof claims --json` says of measurements that others published;"
            " may be repeated. Default: every reports/others/*.json, unless runs are given.",
        ),
    ] = None,
    store: StoreOption = None,
) -> None:
    """Write up what many runs say together: the answer, the reasons, the verdicts."""
    texts = [*(runs or map(str, sorted(REPORTS.glob(RUN_FILES))))]
    if not texts:
        raise BadInput(f"no run is named, and there is none below {REPORTS}; name runs or files")
    path = out or (WRITEUP if runs else PUBLISHED)
    quoting = quote or ([] if runs else sorted(REPORTS.glob(QUOTATION_FILES)))
    # These load pandas, scipy, matplotlib and SQLAlchemy.
    from effprof.report.writeup.render import render_writeup, write_writeup
    from effprof.store.runs_given import load_by_text

    quotations = [_quotation(file) for file in quoting]
    sources = [
        _source(text, run, path.parent, pages) for text, run in load_by_text(texts, store).items()
    ]
    write_writeup(render_writeup(sources, quotations), path)
    answer(str(path))


def _quotation(file: Path) -> "Quotation":
    from effprof.claims.catalogue import CLAIMS
    from effprof.claims.quotations import read_quotation

    return read_quotation(file, CLAIMS)


def _source(text: str, run: "Run", base: Path, pages: bool) -> "Source":
    """Rebuild the page of a run beside its file, or beside the write-up."""
    from effprof.report.page import Page
    from effprof.report.render import PAGE_NAME, render_page, write
    from effprof.report.writeup.source import Source
    from effprof.study.study import Study

    file = Path(text)
    folder = (
        file.parent / file.name.partition(".")[0] if file.is_file() else base / run.invocation.id
    )
    study = Study(run)
    if pages:
        note(str(write(render_page(Page(study)), folder)))
    there = (folder / PAGE_NAME).is_file()
    return Source(
        study,
        origin=_beside(file, base) if file.is_file() else run.invocation.id,
        folder=_beside(folder, base) if there else "",
        pictures=tuple(sorted(each.name for each in folder.glob("*.png"))) if there else (),
    )


def _beside(path: Path, base: Path) -> str:
    return Path(os.path.relpath(path, base)).as_posix()
