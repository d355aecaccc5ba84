"""From a run to a page: the table of sections, pure rendering, and the thin write."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from effprof.core.errors import StorageError
from effprof.core.runs import Run
from effprof.report import (
    accuracy,
    background,
    batch_tables,
    claims,
    counted,
    findings,
    lists,
    losses,
    results,
    role_tables,
    variations,
)
from effprof.report.blocks import Block, markdown_of, named_tables
from effprof.report.page import Page, Section
from effprof.report.pictures.picture import Picture, draw_pictures
from effprof.report.tables.table import Table
from effprof.report.text import escape
from effprof.report.verdict import banners, scope, verdict
from effprof.study.study import Study

PAGE_NAME = "report.md"


def text(body: Callable[[Page], str]) -> Callable[[Page], Iterable[Block]]:
    """Make a section of text alone: `body` gives its Markdown."""
    return lambda page: (body(page),)


#: The page from top to bottom; a new section is one row here.
SECTIONS = (
    Section("Results", results.results, open=True),
    Section("Findings", text(findings.findings)),
    Section("How much of the promise arrives", pictures="promise"),
    Section("What the way of running changes", variations.page_variations),
    Section("Where the rest went", losses.where_it_went, pictures="waterfall"),
    Section("Time by role", role_tables.role_time, pictures="role-time"),
    Section("FLOPs beside time", role_tables.flops_beside_time, pictures="flops-beside-time"),
    Section("Squeeze-and-excitation and activations", role_tables.squeeze_excite),
    Section("What sets the pace", losses.regimes, pictures="regimes"),
    Section("Roofline", text(losses.roofline), pictures="roofline"),
    Section("Time against FLOPs", pictures="time-flops"),
    Section("Accuracy against speed", accuracy.accuracies, pictures="front"),
    Section("Default and best configuration", results.configurations),
    Section("Throughput over batch size", batch_tables.throughput, pictures="throughput"),
    Section("Memory", batch_tables.memory, pictures="memory"),
    Section("What predicts the time", background.predictors, pictures="predictors"),
    Section("Claims", claims.verdicts),
    Section("Failed, invalid and missing cells", lists.failures),
    Section("Remarks", lists.remarks),
    Section("What isolation cost", text(background.isolation_cost)),
    Section("Measured ceilings", background.ceilings),
    Section("The machine itself", background.machine),
    Section("Glossary", background.glossary),
    Section("Method", text(background.method)),
    Section("Fingerprint", background.fingerprint),
    Section("Command", text(background.command)),
)

#: The page of a run that measured nothing.
COUNTED_SECTIONS = (
    Section("Static costs", counted.static_costs, open=True),
    Section("Claims", claims.verdicts),
    Section("Not counted", text(counted.uncounted)),
    Section("Glossary", background.glossary),
    Section("Method", text(counted.method)),
    Section("Fingerprint", background.fingerprint),
    Section("Command", text(background.command)),
)


@dataclass(frozen=True, slots=True)
class Report:
    """A rendered report: the page and its pictures as PNG bytes by file name."""

    markdown: str
    figures: dict[str, bytes]


def render(run: Run) -> Report:
    """Render a run into a page; the same run gives the same text."""
    return render_page(Page(Study(run)))


def render_page(page: Page) -> Report:
    """Render a prepared run."""
    pictures = draw_pictures(page)
    figures = {picture.name: picture.png for picture in pictures}
    return Report(compose(page, pictures), figures)


def title(page: Page) -> str:
    """Name the page; not escaped."""
    invocation = page.run.invocation
    if page.counted:
        return f"What FLOPs promise: {invocation.suite}, counted"
    return f"Is it as fast as its FLOPs promise? {invocation.suite} on {invocation.device}"


def sections_of(page: Page) -> tuple[Section, ...]:
    """Return the table of sections that the kind of the run asks for."""
    return COUNTED_SECTIONS if page.counted else SECTIONS


def tables_of(page: Page) -> Iterator[Table]:
    """Yield every table of the page, with a whole name that no other one has."""
    for section in sections_of(page):
        yield from named_tables(section.title, page.blocks_of(section))


def compose(page: Page, pictures: Sequence[Picture]) -> str:
    """Put the page's Markdown together, linking to the pictures by name."""
    head = (
        f"# {escape(title(page))}",
        banners(page),
        verdict(page),
        scope(page),
    )
    sections = (_section(section, page, pictures) for section in sections_of(page))
    return "\n\n".join(part for part in (*head, *sections) if part) + "\n"


def write(report: Report, out: Path) -> Path:
    """Write the page and its pictures into the folder `out`; return the page's path.

    Raises `StorageError` where the folder cannot be made or written.
    """
    page = out / PAGE_NAME
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, png in report.figures.items():
            (out / name).write_bytes(png)
        page.write_text(report.markdown, encoding="utf-8")
    except OSError as error:
        raise StorageError(
            f"cannot write the report to {out}: {error.strerror or error}; choose another --out"
        ) from error
    return page


def _section(section: Section, page: Page, pictures: Iterable[Picture]) -> str:
    own = (
        f"![{escape(picture.alt)}]({picture.name})"
        for picture in pictures
        if section.pictures and picture.name.startswith(section.pictures)
    )
    blocks = markdown_of((*page.blocks_of(section), *own))
    return f"## {section.title}\n\n{blocks}" if blocks else ""
