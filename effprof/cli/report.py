"""`effprof report`: rebuild the page of a run from what is stored."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from effprof.cli.options import StoreOption, store_flag
from effprof.cli.output import answer, answer_json, note
from effprof.core.errors import BadInput, StorageError, suggestion
from effprof.store.runs_given import load_run
from effprof.store.weights_given import load_weights

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
        bool,
        typer.Option("--json", help="Print the rows as JSON; pages only with --out or --tables."),
    ] = False,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write rows as CSV.")
    ] = None,
    tables: Annotated[
        str | None,
        typer.Option(
            metavar="FORMAT,...",
            show_default=False,
            help="Also write each table of the page as a file beside it: csv, tsv, json, latex,"
            " markdown, html, text.",
        ),
    ] = None,
) -> None:
    """Rebuild the report of a run from its stored outcomes."""
    # These load pandas, scipy, matplotlib and SQLAlchemy.
    from effprof.report import write_report, write_tables
    from effprof.study.study import Study

    formats = [] if tables is None else _formats(tables)
    study = Study(load_run(run, store), load_weights(store, run))
    if csv is not None:
        _write_csv(study, csv)
    if as_json:
        answer_rows(study)
    if out is not None or formats or not as_json:
        folder = out or REPORTS / study.run.invocation.id
        written = [*write_report(study, folder, store_flag(store))]
        written += [write_tables(study, formats, folder)] if formats else []
        for path in written:
            (note if as_json else answer)(str(path))


def _formats(text: str) -> list[str]:
    """Read the formats of --tables; raises `BadInput` with every one that is none, one a line."""
    from effprof.report.tables.formats import FORMATS

    names = dict.fromkeys(name.strip() for name in text.split(","))
    problems = [
        f"--tables: {name!r} is not one of {', '.join(FORMATS)}{suggestion(name, FORMATS)}"
        for name in names
        if name not in FORMATS
    ]
    if problems:
        raise BadInput("\n".join(problems))
    return list(names)


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
