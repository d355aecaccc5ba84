"""From runs to the write-up: the table of its sections, pure rendering, and the thin write."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from effprof.claims.quotations import Quotation
from effprof.core.errors import StorageError
from effprof.report.blocks import Block, markdown_of
from effprof.report.writeup.arrivals import arrives
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.designs import designs
from effprof.report.writeup.limits import limits
from effprof.report.writeup.part_shares import parts_of_time
from effprof.report.writeup.picks import what_to_pick
from effprof.report.writeup.prediction import do_flops_predict
from effprof.report.writeup.promises import promised
from effprof.report.writeup.run_list import runs
from effprof.report.writeup.short_answer import short_answer
from effprof.report.writeup.source import Source
from effprof.report.writeup.split_lines import where_it_goes
from effprof.report.writeup.successor_lines import successor
from effprof.report.writeup.training_memory_energy import beyond_speed
from effprof.report.writeup.verdicts import verdicts
from effprof.report.writeup.ways_of_running import ways_of_running

TITLE = "Is EfficientNet actually efficient?"

#: The write-up from top to bottom; a section is a row here. Those without blocks are left out.
SECTIONS: tuple[tuple[str, Callable[[Basis], Iterable[Block]]], ...] = (
    ("The short answer", short_answer),
    ("What was promised", promised),
    ("What arrives", arrives),
    ("What the way of running changes", ways_of_running),
    ("Do FLOPs predict time?", do_flops_predict),
    ("Where the rest goes", where_it_goes),
    ("Depthwise convolutions, SiLU, squeeze-and-excitation", parts_of_time),
    ("Training, memory, energy", beyond_speed),
    ("What V2 fixed", successor),
    ("What to pick", what_to_pick),
    ("What a change of the design does", designs),
    ("The verdicts", verdicts),
    ("Limits", limits),
    ("The runs", runs),
)


def render_writeup(sources: Sequence[Source], quotations: Sequence[Quotation] = ()) -> str:
    """Render runs into the write-up, as Markdown; the same runs give the same text."""
    basis = Basis.of(sources, quotations)
    told = ((title, markdown_of(body(basis))) for title, body in SECTIONS)
    parts = [f"## {title}\n\n{text}" for title, text in told if text]
    return "\n\n".join((f"# {TITLE}", *parts)) + "\n"


def write_writeup(text: str, path: Path) -> None:
    """Write the text. Raises `StorageError` where that cannot be done."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(
            f"cannot write the write-up to {path}: {error.strerror or error}; choose another --out"
        ) from error
