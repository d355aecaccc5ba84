"""`effprof compare`: two runs, cell by cell."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from effprof.cli import completion
from effprof.cli.options import StoreOption, in_forms
from effprof.cli.output import Form, answer, answer_json, answer_table, note, tell
from effprof.core.errors import BadInput, suggestion

if TYPE_CHECKING:
    from effprof.regressions.comparison import RunComparison

#: Word of --fail-on -> the verdicts that end the command with `FOUND`. What is only likely does
#: not fail a build.
FAIL_ON = {
    "regression": ("regression",),
    "improvement": ("improvement",),
    "any": ("regression", "improvement"),
}

#: Exit status when what --fail-on names was found (the measuring standard's table).
FOUND = 4

RUN_HELP = 'Run id, a beginning of one, a tag, "latest", or an exported file.'

#: What --smallest is unless it is given; `effprof.regressions.verdicts.SMALLEST_EFFECT` as text.
SMALLEST = "3%"


@in_forms("markdown")
def compare(
    old: Annotated[
        str, typer.Argument(metavar="OLD", help=RUN_HELP, autocompletion=completion.runs)
    ],
    new: Annotated[
        str, typer.Argument(metavar="NEW", help=RUN_HELP, autocompletion=completion.runs)
    ],
    fail_on: Annotated[
        str | None,
        typer.Option(metavar="|".join(FAIL_ON), help=f"Exit {FOUND} when there is one."),
    ] = None,
    smallest: Annotated[
        str, typer.Option(metavar="PERCENT", help="The smallest change of interest.")
    ] = SMALLEST,
    across: Annotated[
        bool, typer.Option("--across", help="Show runs of different machines, without verdicts.")
    ] = False,
    markdown: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write a comment for a pull request."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write a page for a browser.")
    ] = None,
    store: StoreOption = None,
    *,
    form: Form,
) -> None:
    """Compare two runs: what got slower, what got faster, and what is unclear."""
    failing, least = verdicts_of(fail_on), share_of(smallest)
    # These load pandas, scipy and SQLAlchemy.
    from effprof.cli.comparison_document import document
    from effprof.regressions.compare import compare_runs
    from effprof.store.runs_given import load_runs
    from effprof.study.study import Study

    runs = load_runs([old, new], store)
    if len(runs) == 1:
        raise BadInput(f"{old!r} and {new!r} are both run {runs[0].invocation.id}; name two runs")
    before, after = map(Study, runs)
    compared = compare_runs(before, after, across, least)
    _write_pages(compared, markdown, html)
    if form == "json":
        answer_json(**document(compared))
    else:
        _answer_lines(compared, form)
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


def share_of(smallest: str) -> float:
    """Read --smallest, a percentage above 0; raises `BadInput` for anything else.

    >>> share_of("3%"), share_of("0.5 %")
    (0.03, 0.005)
    """
    try:
        share = float(smallest.removesuffix("%")) / 100 if smallest.endswith("%") else 0.0
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise BadInput(f"--smallest {smallest!r} is not a percentage above 0; write one like 3%")
    return share


def _write_pages(compared: "RunComparison", markdown: Path | None, html: Path | None) -> None:
    from effprof.report.comparison_markdown import render_comparison, write_comparison
    from effprof.report.html.comparison import render_html

    for path, option, render in (
        (markdown, "--markdown", render_comparison),
        (html, "--html", render_html),
    ):
        if path is not None:
            write_comparison(render(compared), path, option)
            note(f"comparison: {path}")


def _answer_lines(compared: "RunComparison", form: Form) -> None:
    """Print what all cells share, then what is told of single ones; the rest is only counted."""
    from effprof.report.comparison import all_lines, lead
    from effprof.report.text import listed

    for line in lead(compared):
        tell(line, form)
    if form == "text":
        _answer_groups(compared)
    else:
        answer_table(all_lines(compared), form)
    for name, cells in (("old", compared.only_old), ("new", compared.only_new)):
        if cells:
            note(f"only in the {name} run: {listed(cells)}")
    for cell, reason in compared.unmeasured.items():
        note(f"measured in neither run: {cell}: {reason}")


def _answer_groups(compared: "RunComparison") -> None:
    from effprof.report.comparison import in_terminals, lines_table, notes, shared_setting

    told = in_terminals(compared)
    if told and (setting := shared_setting(compared)):
        tell(f"All cells: {setting}.", "text")
    for group in told:
        answer(f"\n{group.title}")
        answer_table(lines_table(compared, group.lines, wide=False), "text")
        for line in notes(compared, group):
            tell(f"  {line}", "text")
