"""`effprof report`: rebuild the page of a run from what is stored."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from effprof.cli.options import StoreOption, store_flag
from effprof.cli.output import answer, answer_json, note
from effprof.core.errors import StorageError
from effprof.store.runs_given import load_run

if TYPE_CHECKING:
    from effprof.study.study import Study

#: Where pages go without `--out`, a folder per run below this one.
REPORTS = Path("effprof-reports")


def report(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN",
            show_default=False,
            help="Run id, a prefix of one, or an exported file. Default: the latest run.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The page's folder. Default: effprof-reports/RUN."),
    ] = None,
    store: StoreOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the rows as JSON; a page only with --out.")
    ] = False,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write rows as CSV.")
    ] = None,
) -> None:
    """Rebuild the report of a run from its stored outcomes."""
    # These load pandas, scipy, matplotlib and SQLAlchemy.
    from effprof.report import write_report
    from effprof.study.study import Study

    study = Study(load_run(run, store))
    if csv is not None:
        _write_csv(study, csv)
    if as_json:
        answer_rows(study)
    if out is not None or not as_json:
        folder = out or REPORTS / study.run.invocation.id
        for page in write_report(study, folder, store_flag(store)):
            (note if as_json else answer)(str(page))


def _write_csv(study: "Study", path: Path) -> None:
    try:
        study.frame.to_csv(path)
    except OSError as error:
        raise StorageError(
            f"cannot write {path}: {error.strerror or error}; choose another --csv"
        ) from error


def answer_rows(study: "Study") -> None:
    """Print a run as one JSON object: what it was, its fingerprint, a row per planned cell."""
    from effprof.analysis.frames import records

    run, invocation = study.run, study.run.invocation
    answer_json(
        run={
            "id": invocation.id,
            "status": run.status,
            "started_at": invocation.started_at,
            "finished_at": run.finished_at,
            "device": invocation.device,
            "suite": invocation.suite,
            "suite_hash": invocation.suite_hash,
            "reference": invocation.reference,
            "repeats": invocation.repeats,
            "command": invocation.command,
        },
        fingerprint={
            "gating": invocation.fingerprint.gating,
            "recorded": invocation.fingerprint.recorded,
            "missing": invocation.fingerprint.missing,
        },
        rows=records(study.frame),
    )
