"""What effprof can do as a library: each a call into the room that does it, loaded when it is made.

`effprof` offers these functions by name, see `docs/api.md`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from effprof.claims.claim_verdicts import ClaimVerdict
    from effprof.core.cells import Mode
    from effprof.core.costs import StaticCost
    from effprof.regressions.comparison import RunComparison
    from effprof.report import Written
    from effprof.store.rows import RunSummary
    from effprof.study.study import Study


def load(run: str | Path = "latest", store: str | None = None) -> Study:
    """Load a run: an exported file, a run id, a unique beginning of one, or "latest".

    Ids are those of `store`, a file or the URL of a database; None is the store of the commands.
    Raises `BadInput` where there is no such run, or none in the file, `StorageError` for a file or
    a store that cannot be read.
    """
    from effprof.store.runs_given import load_run
    from effprof.study.study import Study

    return Study(load_run(str(run), store))


def runs(store: str | None = None) -> list[RunSummary]:
    """List the runs of a store, newest first; None is the store of the commands.

    Raises `StorageError` where there is no store, or none that can be read.
    """
    from effprof.store.store import open_store

    with open_store(store, create=False) as opened:
        return opened.runs()


def cost(
    model: str,
    resolution: int,
    mode: Mode = "infer",
    batch_size: int = 1,
    dtype: str = "float32",
) -> StaticCost:
    """Count parameters, MACs, activations and bytes of one step of a model, without a device.

    Everything is per step of the whole batch of square images of `resolution` pixels; `dtype` is
    the type of weights and images and scales the bytes. Loads torch. Raises `BadInput` for a name
    or a value that is none, and where the model does not accept such images.
    """
    from effprof.cost.count import count_cost

    return count_cost(model, resolution, mode, batch_size, dtype)


def compare(old: Study, new: Study, across: bool = False) -> RunComparison:
    """Compare two runs cell by cell: a verdict for every metric, with its interval.

    Raises `NotComparable` naming what differs between the machines, unless `across`: then numbers
    stand side by side, without verdicts on what was measured.
    """
    from effprof.regressions.compare import compare_runs

    return compare_runs(old, new, across)


def claims(*studies: Study) -> tuple[ClaimVerdict, ...]:
    """Settle every published claim on runs: supported, refuted, inconclusive or not measured.

    Runs of one device count together; without runs nothing is measured.
    """
    from effprof.claims.catalogue import CLAIMS
    from effprof.claims.claim_verdicts import settle
    from effprof.claims.evidence import evidence_of

    return settle(CLAIMS, evidence_of(studies))


def report(study: Study, out: str | Path) -> Written:
    """Write the page of a run as Markdown with pictures, and as HTML, into the folder `out`.

    Gives the paths of both. Raises `StorageError` where the folder cannot be made or written.
    """
    from effprof.report import write_report

    return write_report(study, Path(out))


def write_up(studies: Iterable[Study], out: str | Path) -> Path:
    """Write up what runs say together into the Markdown file `out`, without a page for each.

    Gives the path. Raises `StorageError` where the file cannot be written.
    """
    from effprof.report.writeup.render import render_writeup, write_writeup
    from effprof.report.writeup.source import Source

    sources = [Source(study, origin=study.run.invocation.id) for study in studies]
    path = Path(out)
    write_writeup(render_writeup(sources), path)
    return path
