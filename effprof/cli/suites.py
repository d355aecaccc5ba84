"""`effprof suites`: the packaged suites."""

from typing import TYPE_CHECKING

from effprof.cli.options import in_forms
from effprof.cli.output import Form, answer_json, answer_table, note

if TYPE_CHECKING:
    from effprof.report.tables.table import Table
    from effprof.sweep.suite import Suite


#: What most people want, in the order in which they want it.
FIRST = ("first", "quick", "paper", "nightly")


@in_forms()
def suites(*, form: Form) -> None:
    """List the packaged suites: what each is for, and how much it measures."""
    from effprof.sweep.suite import load_suite, suite_names

    others = [name for name in suite_names() if name not in FIRST]
    found = [load_suite(name) for name in (*FIRST, *others)]
    if form == "json":
        answer_json(suites=[_row(suite) for suite in found])
        return
    answer_table(_table(found), form)
    if form == "text":
        note("the cells of one, and about how long it takes: effprof run SUITE --dry-run")


def _models(suite: "Suite") -> int:
    """Count the networks that the grids of a suite name."""
    return len({model for grid in suite.grids for model in grid["model"]})


def _batches(suite: "Suite") -> list[int]:
    return sorted({int(size) for grid in suite.grids for size in grid["batch_size"]})


def _row(suite: "Suite") -> dict[str, object]:
    return {
        "suite": suite.name,
        "description": suite.description,
        "models": _models(suite),
        "batch_sizes": _batches(suite),
        "repeats": suite.repeats,
        "reference": suite.reference,
    }


def _table(found: "list[Suite]") -> "Table":
    from effprof.report.tables.table import Column, Field, Table

    fields: tuple[Field[Suite], ...] = (
        Field(Column.words("suite"), lambda suite: suite.name),
        Field(Column("models"), _models),
        Field(Column("repeats", rank=2), lambda suite: suite.repeats),
        Field(Column.words("batch", rank=1), lambda suite: ", ".join(map(str, _batches(suite)))),
        Field(Column.words("what for"), lambda suite: suite.description),
    )
    return Table.of(fields, found)
