"""`effprof compare`: two runs, cell by cell."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from effprof.cli.options import JsonOption, StoreOption
from effprof.cli.output import answer, answer_json, answer_table, note
from effprof.core.errors import BadInput, suggestion
from effprof.core.events import plain_change
from effprof.core.reasons import text_of

if TYPE_CHECKING:
    from effprof.regressions.comparison import Line, RunComparison

#: Word of --fail-on -> the verdicts that end the command with `FOUND`.
FAIL_ON = {
    "regression": ("regression",),
    "improvement": ("improvement",),
    "any": ("regression", "improvement"),
}

#: Exit status when what --fail-on names was found (the measuring standard's table).
FOUND = 4

RUN_HELP = 'Run id, a beginning of one, "latest", or an exported file.'


def compare(
    old: Annotated[str, typer.Argument(metavar="OLD", help=RUN_HELP)],
    new: Annotated[str, typer.Argument(metavar="NEW", help=RUN_HELP)],
    fail_on: Annotated[
        str | None,
        typer.Option(metavar="|".join(FAIL_ON), help=f"Exit {FOUND} when there is one."),
    ] = None,
    across: Annotated[
        bool, typer.Option("--across", help="Show runs of unlike machines without verdicts.")
    ] = False,
    markdown: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write Markdown for a pull request."),
    ] = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two runs: what got slower, what got faster, and what cannot be told."""
    failing = verdicts_of(fail_on)
    # These load pandas, scipy and SQLAlchemy.
    from effprof.regressions.compare import compare_runs
    from effprof.report.comparison import counts_line, render_comparison, write_comparison
    from effprof.store.runs_given import load_runs
    from effprof.study.study import Study

    runs = load_runs([old, new], store)
    if len(runs) == 1:
        raise BadInput(f"{old!r} and {new!r} are both run {runs[0].invocation.id}; name two runs")
    before, after = map(Study, runs)
    compared = compare_runs(before, after, across)
    if markdown is not None:
        write_comparison(render_comparison(compared), markdown)
        note(f"comparison: {markdown}")
    if as_json:
        answer_json(**_document(compared))
    else:
        answer(counts_line(compared))
        if compared.remark:
            note(compared.remark)
        _answer_lines(compared)
    if any(compared.counts[verdict] for verdict in failing):  # type: ignore[index]  # of FAIL_ON
        raise typer.Exit(FOUND)


def verdicts_of(fail_on: str | None) -> tuple[str, ...]:
    """Read --fail-on; raises `BadInput` for a word that is none of `FAIL_ON`."""
    if fail_on is None:
        return ()
    if fail_on not in FAIL_ON:
        known = ", ".join(FAIL_ON)
        raise BadInput(f"--fail-on {fail_on!r} is not one of {known}{suggestion(fail_on, FAIL_ON)}")
    return FAIL_ON[fail_on]


def _answer_lines(compared: "RunComparison") -> None:
    """Print what is not unchanged; the rest is only counted, cells without a pair listed."""
    from effprof.report.comparison import told_table
    from effprof.report.tables.terminal import rich_table

    lines = [line for line in compared.lines if line.verdict != "no change"]
    if lines:
        answer_table(rich_table(told_table(compared, lines)))
    for name, cells in (("old", compared.only_old), ("new", compared.only_new)):
        for cell in cells:
            note(f"only in the {name} run: {cell}")
    for cell, reason in compared.unmeasured.items():
        note(f"measured in neither run: {cell}: {reason}")


def _document(compared: "RunComparison") -> dict[str, object]:
    return {
        "old": compared.old.invocation.id,
        "new": compared.new.invocation.id,
        "counts": compared.counts,
        "gating": compared.gating,
        "recorded": compared.recorded,
        "remark": compared.remark or None,
        "rows": [_row(line) for line in compared.lines],
        "roles": compared.roles,
        "only_old": compared.only_old,
        "only_new": compared.only_new,
        "unmeasured": compared.unmeasured,
    }


def _row(line: "Line") -> dict[str, object]:
    change = line.change
    flat = plain_change(change.estimate if change else None)
    return {
        "cell": line.cell,
        "metric": line.metric,
        "verdict": line.verdict,
        "old": change.old if change else None,
        "new": change.new if change else None,
        "change": flat["change"],
        "change_low": flat["low"],
        "change_high": flat["high"],
        "n_old": change.n[0] if change else None,
        "n_new": change.n[1] if change else None,
        "rank_p": line.p,
        "ratio_p_adjusted": line.adjusted,
        "reason": text_of(line.reason) or None,
        "reason_id": line.reason.id if line.reason else None,
    }
