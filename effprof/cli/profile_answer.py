"""Profiles told: tables of each model, or two models side by side, or one JSON document."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from effprof.analysis.profile_tables import compare_roles, module_tree, op_rows, role_rows
from effprof.cli.output import Form, answer_json, answer_table, answer_tables, note, tell
from effprof.cli.profile_comparison import comparison_sentences, comparison_table, split_sentence
from effprof.cli.profile_document import cell_document, comparison_document, split_document
from effprof.cli.profile_layout import LEGEND
from effprof.cli.profile_text import headline, method_lines, module_table, op_table, role_table
from effprof.core.outcomes import Measurement
from effprof.report.tables.table import Table
from effprof.session.profiles import Profiled, split_between
from effprof.sweep.plan import Plan


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a profile is shown: which tables, how deep, how many rows."""

    compare: bool
    by: str
    depth: int
    top: int
    form: Form


def answer_profiles(plan: Plan, profiled: Sequence[Profiled], shown: Shown) -> None:
    """Print profiles the way that is asked for; what was wrong with samples goes to stderr."""
    for one in profiled:
        _remark(one)
    pairs = pairs_of(profiled) if shown.compare else []
    if shown.form == "json":
        _print_json(plan, profiled, pairs, shown)
        return
    for pair in pairs:
        _print_pair(*pair, plan.target.kind, shown.form)
    if not pairs:
        for one in profiled:
            _print_one(one, shown)


def pairs_of(profiled: Sequence[Profiled]) -> list[tuple[Profiled, Profiled]]:
    """Pair two models that are compared: a plan holds them next to each other, batch by batch."""
    return list(zip(profiled[::2], profiled[1::2], strict=True))


def _remark(profiled: Profiled) -> None:
    """Say on stderr what was wrong with the samples."""
    if isinstance(profiled.outcome, Measurement):
        for reason in profiled.outcome.invalid_reasons:
            note(f"INVALID {profiled.cell.key}: {reason}")
        for text in profiled.outcome.notes:
            note(f"note: {profiled.cell.key}: {text}")


def headline_of(one: Profiled) -> str:
    """Say in a sentence what a cell took, or why there is no profile of it."""
    profile = one.profile
    if profile is None:
        return f"{one.cell.key}: {one.reason}"
    invalid = "INVALID: " if one.is_invalid else ""
    return f"{invalid}{headline(one.cell.key, profile)}"


def _print_one(one: Profiled, shown: Shown) -> None:
    tell(headline_of(one), shown.form)
    profile = one.seen
    if profile is None:
        return
    tables = tables_of(one, shown, drawn=shown.form == "text")
    tell("", shown.form)
    answer_tables(
        [each for name, each in tables.items() if shown.by in {name, "all"}],
        shown.form,
    )
    tell("", shown.form)
    for line in (LEGEND, *method_lines(profile)):
        tell(line, shown.form)


def tables_of(one: Profiled, shown: Shown, *, drawn: bool) -> dict[str, Table]:
    """Make the tables of a profile by what they split it by; there are none without operators.

    Shares of roles are also `drawn` as bars.
    """
    profile = one.seen
    if profile is None:
        return {}
    tables = {
        "role": role_table(role_rows(profile, one.cost), drawn=drawn),
        "module": module_table(one.cell.model, module_tree(profile, shown.depth)),
        "kernel": op_table(op_rows(profile), shown.top),
    }
    return {name: _marked(each, one) for name, each in tables.items()}


def _marked(table: Table, *sides: Profiled) -> Table:
    """Say above a table that its numbers are not to be believed, where they are not."""
    invalid = " (INVALID)" if any(each.is_invalid for each in sides) else ""
    return replace(table, title=f"{table.title}{invalid}")


def _print_pair(one: Profiled, other: Profiled, kind: str, form: Form) -> None:
    for side in (one, other):
        tell(headline_of(side), form)
    compared = comparison_of(one, other, kind)
    if compared is None:
        tell("nothing to compare: a profile is missing", form)
        return
    table, lines = compared
    tell("", form)
    answer_table(table, form)
    tell("", form)
    tell(LEGEND, form)
    for line in lines:
        tell(line, form)


def comparison_of(
    one: Profiled, other: Profiled, kind: str
) -> tuple[Table, tuple[str, ...]] | None:
    """Compare two profiles: the table of roles, and what it comes to; None where one is missing."""
    first, second = one.seen, other.seen
    if first is None or second is None:
        return None
    names = one.cell.model, other.cell.model
    rows = compare_roles(first, second)
    lines = (
        *comparison_sentences(names, (first, second), _macs_ratio(one, other), rows),
        split_sentence(split_between(one, other, kind)),
        *(f"A {line}" for line in method_lines(first)),
        *(f"B {line}" for line in method_lines(second)),
    )
    return _marked(comparison_table(names, rows), one, other), lines


def _macs_ratio(one: Profiled, other: Profiled) -> float | None:
    """MACs of the other over those of the one; None where they cannot be counted."""
    if one.cost is None or other.cost is None or not one.cost.total.macs:
        return None
    return other.cost.total.macs / one.cost.total.macs


def _print_json(
    plan: Plan,
    profiled: Sequence[Profiled],
    pairs: Sequence[tuple[Profiled, Profiled]],
    shown: Shown,
) -> None:
    document = {
        "device": plan.invocation.device,
        "command": plan.invocation.command,
        "fingerprint": asdict(plan.invocation.fingerprint),
        "profiles": [cell_document(o.cell, o.cost, o.outcome, shown.depth) for o in profiled],
    }
    comparisons = [
        comparison_document(one.cell, other.cell, compare_roles(one.seen, other.seen))
        | {"split": split_document(split_between(one, other, plan.target.kind))}
        for one, other in pairs
        if one.seen and other.seen
    ]
    answer_json(**document, **({"comparisons": comparisons} if pairs else {}))
