"""From runs to the write-up: the tables of its sections, pure rendering, and the thin write."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from effprof.claims.quotations import Quotation
from effprof.core.errors import StorageError
from effprof.report.blocks import Block, markdown_of
from effprof.report.writeup.arrivals import arrives
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.designs import designs
from effprof.report.writeup.equal_table import at_equal_accuracy
from effprof.report.writeup.limits import limits, unmeasured
from effprof.report.writeup.memory_energy import beyond_speed
from effprof.report.writeup.other_machines import other_machines
from effprof.report.writeup.part_shares import variants
from effprof.report.writeup.picks import fronts
from effprof.report.writeup.prediction import do_flops_predict, slopes
from effprof.report.writeup.promises import promised
from effprof.report.writeup.quotations import others_measured
from effprof.report.writeup.run_list import runs
from effprof.report.writeup.short_answer import short_answer
from effprof.report.writeup.source import Source
from effprof.report.writeup.split_lines import time_by_part, where_it_goes
from effprof.report.writeup.verdicts import evidence, verdicts
from effprof.report.writeup.ways_of_running import ways_of_running
from effprof.report.writeup.what_to_do import what_to_do

TITLE = "Is EfficientNet actually efficient?"

#: A title, and what stands below it.
Section = tuple[str, Callable[[Basis], Iterable[Block]]]

#: What everybody reads, from top to bottom; a section is a row here. Those without blocks are left
#: out.
SECTIONS: tuple[Section, ...] = (
    ("The short answer", short_answer),
    ("What device and execution change", ways_of_running),
    ("Where the speed-up goes", where_it_goes),
    ("At equal accuracy", at_equal_accuracy),
    ("Do FLOPs predict time?", do_flops_predict),
    ("What to do about it", what_to_do),
    ("What nobody has measured", unmeasured),
    ("The verdicts", verdicts),
)

#: Behind them: all tables, what they rest on, and how to make them again.
APPENDIX_TITLE = "Appendix"
APPENDIX: tuple[Section, ...] = (
    ("What was counted and quoted", promised),
    ("Every speed-up", arrives),
    ("Measured by others", others_measured),
    ("Equal accuracy and prediction on other machines", other_machines),
    ("Time by part", time_by_part),
    ("One part changed", variants),
    ("FLOPs and time at every batch", slopes),
    ("Memory and energy", beyond_speed),
    ("Fronts of accuracy and speed", fronts),
    ("What a change of the design does", designs),
    ("What the verdicts rest on", evidence),
    ("Limits", limits),
    ("The runs", runs),
)


def render_writeup(sources: Sequence[Source], quotations: Sequence[Quotation] = ()) -> str:
    """Render runs into the write-up, as Markdown; the same runs give the same text."""
    basis = Basis.of(sources, quotations)
    parts = [
        f"# {TITLE}",
        *_told(SECTIONS, "##", basis),
        f"## {APPENDIX_TITLE}",
        *_told(APPENDIX, "###", basis),
    ]
    return "\n\n".join(parts) + "\n"


def _told(sections: Iterable[Section], mark: str, basis: Basis) -> Iterator[str]:
    for title, body in sections:
        if text := markdown_of(body(basis)):
            yield f"{mark} {title}\n\n{text}"


def write_writeup(text: str, path: Path) -> None:
    """Write the text. Raises `StorageError` where that cannot be done."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(
            f"cannot write the write-up to {path}: {error.strerror or error}; choose another --out"
        ) from error
