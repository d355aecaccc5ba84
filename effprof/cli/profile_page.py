"""The page of profiles: what was printed of them, under an icicle of their modules."""

from collections.abc import Sequence
from pathlib import Path

from effprof.cli.output import note
from effprof.cli.profile_answer import Shown, comparison_of, headline_of, pairs_of, tables_of
from effprof.cli.profile_layout import LEGEND
from effprof.cli.profile_text import method_lines
from effprof.core.errors import StorageError
from effprof.report.html.profile import Sheet, Side, render_profiles
from effprof.session.profiles import Profiled
from effprof.sweep.plan import Plan


def write_page(plan: Plan, profiled: Sequence[Profiled], shown: Shown, path: Path) -> None:
    """Write the page of profiles; two models that are compared are drawn on one time scale.

    Raises `StorageError` where the file cannot be written.
    """
    if shown.compare:
        sheets = [_compared(*pair, plan.target.kind) for pair in pairs_of(profiled)]
    else:
        sheets = [_alone(one, shown) for one in profiled]
    text = render_profiles(plan.invocation.device, plan.invocation.command, sheets)
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise StorageError(
            f"cannot write {path}: {error.strerror or error}; choose another --html"
        ) from error
    note(f"page: {path}")


def _side(one: Profiled) -> Side:
    return Side(one.cell.model, headline_of(one), one.seen)


def _alone(one: Profiled, shown: Shown) -> Sheet:
    lines = (LEGEND, *method_lines(one.seen)) if one.seen else ()
    return Sheet((_side(one),), lines, tuple(tables_of(one, shown, drawn=False).values()))


def _compared(one: Profiled, other: Profiled, kind: str) -> Sheet:
    sides = _side(one), _side(other)
    compared = comparison_of(one, other, kind)
    if compared is None:
        return Sheet(sides, (), ())
    table, lines = compared
    return Sheet(sides, (LEGEND, *lines), (table,))
