"""Profiles told: tables of each model, or two models side by side, or one JSON document."""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from effprof.analysis.profile_tables import compare_roles, module_tree, op_rows, role_rows
from effprof.cli.output import answer, answer_json, answer_table, note
from effprof.cli.profile_comparison import comparison_sentences, comparison_table, split_sentence
from effprof.cli.profile_document import cell_document, comparison_document, split_document
from effprof.cli.profile_layout import Style
from effprof.cli.profile_text import headline, method_lines, module_table, op_table, role_table
from effprof.core.outcomes import Measurement
from effprof.session.profiles import Profiled, split_between
from effprof.sweep.plan import Plan


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a profile is shown: which tables, how deep, how many rows."""

    compare: bool
    by: str
    depth: int
    top: int
    as_json: bool


def answer_profiles(plan: Plan, profiled: Sequence[Profiled], shown: Shown) -> None:
    """Print profiles the way that is asked for; what was wrong with samples goes to stderr."""
    for one in profiled:
        _remark(one)
    # The plan holds the two models of a comparison next to each other, batch by batch.
    pairs = list(zip(profiled[::2], profiled[1::2], strict=True)) if shown.compare else []
    if shown.as_json:
        _print_json(plan, profiled, pairs, shown)
        return
    for pair in pairs:
        _print_pair(*pair, plan.target.kind)
    if not pairs:
        for one in profiled:
            _print_one(one, shown)


def _remark(profiled: Profiled) -> None:
    """Say on stderr what was wrong with the samples."""
    if isinstance(profiled.outcome, Measurement):
        for reason in profiled.outcome.invalid_reasons:
            note(f"INVALID {profiled.cell.key}: {reason}")
        for text in profiled.outcome.notes:
            note(f"note: {profiled.cell.key}: {text}")


def _print_headline(one: Profiled) -> None:
    profile = one.profile
    answer(headline(one.cell.key, profile) if profile else f"{one.cell.key}: {one.reason}")


def _print_one(one: Profiled, shown: Shown) -> None:
    _print_headline(one)
    profile = one.seen
    if profile is None:
        return
    style = Style(sys.stdout.isatty())
    tables = {
        "role": role_table(role_rows(profile, one.cost), style),
        "module": module_table(one.cell.model, module_tree(profile, shown.depth), style),
        "kernel": op_table(op_rows(profile), shown.top, style),
    }
    for name, table in tables.items():
        if shown.by in {name, "all"}:
            answer_table(table)
    answer(style.legend)
    for line in method_lines(profile):
        answer(line)


def _print_pair(one: Profiled, other: Profiled, kind: str) -> None:
    for side in (one, other):
        _print_headline(side)
    first, second = one.seen, other.seen
    if first is None or second is None:
        answer("nothing to compare: a profile is missing")
        return
    names = one.cell.model, other.cell.model
    rows = compare_roles(first, second)
    style = Style(sys.stdout.isatty())
    answer_table(comparison_table(names, rows, style))
    answer(style.legend)
    for line in comparison_sentences(names, (first, second), _macs_ratio(one, other), rows):
        answer(line)
    answer(split_sentence(split_between(one, other, kind)))
    for letter, profile in (("A", first), ("B", second)):
        for line in method_lines(profile):
            answer(f"{letter} {line}")


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
