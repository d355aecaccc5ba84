"""Two runs side by side: for every cell and metric old and new, the interval, and a verdict."""

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from scipy.stats import false_discovery_control

from effprof.analysis.pooling import MEASURED, PENDING, PooledCell
from effprof.analysis.statistics import geometric_mean, ratio_interval
from effprof.core.cells import Cell
from effprof.core.costs import StaticCost
from effprof.core.errors import NotComparable
from effprof.core.estimates import Estimate
from effprof.core.machines import Differences, Likeness, states
from effprof.core.methods import is_version, method_of, said_of
from effprof.core.metrics import (
    ROLE_PREFIX,
    Noise,
    counted_metrics,
    measured_metrics,
    metric_named,
)
from effprof.core.reasons import reason_of, text_of
from effprof.core.runs import Run
from effprof.regressions.assessment import Change
from effprof.regressions.comparison import (
    STATUS,
    VERDICTS,
    Line,
    RunComparison,
    Verdict,
    differences_text,
)
from effprof.regressions.policies import FAST_CHANGE, STEPS
from effprof.regressions.ranks import ALPHA, rank_p, ratio_p, repeats_needed, smallest_p
from effprof.regressions.reasons import OF_LINES, LineReason, LineReasonId
from effprof.study.study import Study

#: Verdict on numbers that were not taken alike.
INCOMPARABLE: Verdict = "not comparable"

#: Roles whose time moved by less than this share of the larger step are not told.
ROLE_SHARE = 0.005


def compare_runs(old: Study, new: Study, across: bool = False) -> RunComparison:
    """Compare the runs of two studies cell by cell.

    Raises `NotComparable` naming every gating field of the fingerprints that differs, unless
    `across`: then numbers stand side by side, but only counted metrics get a verdict. Versions of
    the method may differ: numbers that a change moved have no verdict, all others are compared.
    Where none is left they are gating too.
    """
    then, now = old.run, new.run
    machines = _machines(then, now)
    gating = machines.differing
    if gating and not across:
        raise NotComparable(
            f"run {then.invocation.id} cannot be compared with {now.invocation.id}:"
            f" {differences_text(gating)}; measure one of them again on a machine of that kind,"
            " or see the numbers without a verdict with --across"
        )
    methods = _methods(then, now)
    before, after = ({each.cell: each for each in study.pooled} for study in (old, new))
    common = [cell for cell in after if cell in before]
    lines = [line for cell in common for line in _measured(before[cell], after[cell], methods)]
    if lines and not across and all(line.verdict == INCOMPARABLE for line in lines):
        raise NotComparable(
            f"run {then.invocation.id} cannot be compared with {now.invocation.id}: all that was"
            f" measured was moved by a change of method: {text_of(lines[0].reason)}; measure one of"
            " them again, or see the numbers without a verdict with --across"
        )
    lines = _marked(lines, gating) if gating else _judged(lines)
    lines += [line for cell in common if (line := _status(before[cell], after[cell]))]
    lines += [
        line for cell in common for line in _counted(cell, old.costs.get(cell), new.costs.get(cell))
    ]
    return RunComparison(
        then,
        now,
        tuple(sorted(lines, key=lambda line: (VERDICTS.index(line.verdict), -line.effect))),
        {c.key: moved for c in common if (moved := _moved_roles(before[c], after[c], methods))},
        only_old=tuple(cell.key for cell in before if cell not in after),
        only_new=tuple(cell.key for cell in after if cell not in before),
        unmeasured={
            c.key: after[c].reason for c in common if _both_unmeasured(before[c], after[c])
        },
        gating=gating,
        recorded=_recorded(then, now),
        remark=machines.remark,
    )


def _methods(old: Run, new: Run) -> tuple[str, str]:
    """Methods of two runs; empty where a run does not say."""
    then, now = (run.invocation.fingerprint.gating.get("method", "") for run in (old, new))
    return then, now


def _machines(old: Run, new: Run) -> Likeness:
    """Compare the machines: the fields that differ keep two runs from being compared at all."""
    found = states(old, new)
    if not all(is_version(method) for method in _methods(old, new)):
        return found
    kept = {name: pair for name, pair in found.differing.items() if name != "method"}
    return replace(found, differing=kept)


def _recorded(old: Run, new: Run) -> Differences:
    then, now = old.invocation.fingerprint.recorded, new.invocation.fingerprint.recorded
    pairs = {name: (then.get(name), now.get(name)) for name in sorted(then.keys() | now.keys())}
    pairs |= {"method": _methods(old, new)}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


@dataclass(frozen=True, slots=True)
class _Values:
    """One metric of one cell: the value of every valid process, before and after."""

    cell: str
    metric: str
    old: tuple[float, ...]
    new: tuple[float, ...]


def _measured(old: PooledCell, new: PooledCell, methods: tuple[str, str]) -> Iterable[Line]:
    """Compare what was measured; noisy lines have no verdict yet but what they are told by."""
    if not (old.used and new.used):
        return
    if not (old.valid and new.valid):
        side, said = ("now", new.reason) if old.valid else ("then", old.reason)
        why = _because("invalid", side=side, said=said)
        yield Line(new.cell.key, "step_seconds", "cannot tell", reason=why)
        return
    then, now = ([measured_metrics(done) for done in side.valid.values()] for side in (old, new))
    for name in dict.fromkeys(name for values in now for name in values):
        if name.startswith(ROLE_PREFIX):
            continue  # told beside the step whose parts they are
        values = _Values(new.cell.key, name, *(_column(side, name) for side in (then, now)))
        if values.old:
            line = _COMPARED[metric_named(name).noise](values)
            changed = _changed_method(name, old, new, methods)
            yield replace(line, verdict=INCOMPARABLE, reason=changed, p=None) if changed else line


def _changed_method(
    metric: str, old: PooledCell, new: PooledCell, methods: tuple[str, str]
) -> LineReason | None:
    """Say which change of the method moved a number between two runs; None where none did."""
    sides = zip(methods, (old, new), strict=True)
    then, now = (method_of(m, metric, next(iter(side.valid.values()))) for m, side in sides)
    if then == now:
        return None
    later = max(then, now, key=int) if is_version(then) and is_version(now) else now
    why = f" ({said})" if (said := said_of(later)) else ""
    return _because("other_method", old=then, new=now, why=why)


def _column(processes: Sequence[Mapping[str, float]], name: str) -> tuple[float, ...]:
    return tuple(values[name] for values in processes if name in values)


def _noisy(values: _Values) -> Line:
    """Compare geometric means; runs share no machine state, so the interval is unpaired."""
    old, new = values.old, values.new
    if min(*old, *new) <= 0:
        return Line(values.cell, values.metric, "cannot tell", reason=_because("no_ratio"))
    sizes = len(old), len(new)
    ratio = ratio_interval(
        {index: (value,) for index, value in enumerate(new)},
        {-1 - index: (value,) for index, value in enumerate(old)},  # no index in common
    )
    relative = ratio.through(lambda value: value - 1)
    change = Change(geometric_mean(old), geometric_mean(new), relative, sizes)
    p = rank_p(old, new)
    return Line(values.cell, values.metric, "cannot tell", change, p, ratio_p(old, new))


def _near_exact(values: _Values) -> Line:
    old, new = statistics.median(values.old), statistics.median(values.new)
    moved = bool(STEPS["near exact"].moved(np.array(new), np.array(old)))
    return Line(
        values.cell, values.metric, _by_sign(new - old, moved), _plain_change(values, old, new)
    )


def _exact(values: _Values) -> Line:
    old, new = values.old[0], values.new[0]
    return Line(
        values.cell, values.metric, _by_sign(new - old, new != old), _plain_change(values, old, new)
    )


_COMPARED: Mapping[Noise, Callable[[_Values], Line]] = {
    "exact": _exact,
    "near exact": _near_exact,
    "noisy": _noisy,
}


def _plain_change(values: _Values, old: float, new: float) -> Change:
    relative = new / old - 1 if old else math.copysign(math.inf, new) if new else 0.0
    n = len(values.old), len(values.new)
    return Change(old, new, Estimate.bare(relative, min(n)), n)


def _by_sign(difference: float, moved: bool) -> Verdict:
    """Of every metric less is better."""
    if not moved:
        return "no change"
    return "regression" if difference > 0 else "improvement"


def _counted(cell: Cell, old: StaticCost | None, new: StaticCost | None) -> Iterable[Line]:
    if old is None or new is None:
        return
    then, now = counted_metrics(old), counted_metrics(new)
    for name in now:
        yield _exact(_Values(cell.key, name, (then[name],), (now[name],)))


def _status(old: PooledCell, new: PooledCell) -> Line | None:
    """Tell of a cell that stopped working, or works again."""
    if bool(old.used) == bool(new.used):
        return None
    verdict: Verdict = "regression" if old.used else "improvement"
    said = new.reason if old.used else old.reason
    why = _because("other_status", old=old.status, new=new.status, said=said)
    pending = PENDING in (old.status, new.status)
    return Line(new.cell.key, STATUS, "cannot tell" if pending else verdict, reason=why)


def _both_unmeasured(old: PooledCell, new: PooledCell) -> bool:
    return MEASURED not in (old.status, new.status)


def _marked(lines: Iterable[Line], gating: Differences) -> list[Line]:
    """Take every verdict back: the machines differ."""
    why = _because("other_machine", differences=differences_text(gating))
    return [replace(line, verdict=INCOMPARABLE, reason=why) for line in lines]


def _judged(lines: Sequence[Line]) -> list[Line]:
    """Settle the lines that were tested, metric by metric over all cells."""
    settled = [line for line in lines if line.p is None]
    tested = sorted((line for line in lines if line.p is not None), key=lambda line: line.metric)
    for _, group in groupby(tested, key=lambda line: line.metric):
        family = list(group)
        adjusted = false_discovery_control(
            [1.0 if line.adjusted is None else line.adjusted for line in family]
        )
        settled += [
            _settled(replace(line, adjusted=float(p)), len(family))
            for line, p in zip(family, adjusted, strict=True)
        ]
    return settled


def _settled(line: Line, cells: int) -> Line:
    """Give a tested line its verdict: the first rule that holds."""
    change, p, adjusted = line.change, line.p, line.adjusted
    assert change is not None
    assert p is not None
    assert adjusted is not None
    (old, new), floor = change.n, smallest_p(*change.n)
    few = _because("few_repeats", old=old, new=new, floor=floor, needed=repeats_needed())
    rules: tuple[tuple[bool, Verdict, LineReason | None], ...] = (
        (floor > ALPHA, "cannot tell", few),
        (abs(change.relative) < FAST_CHANGE, "no change", None),
        (p > ALPHA, "cannot tell", _because("chance", p=p)),
        (adjusted > ALPHA, "cannot tell", _because("chance_among_cells", p=adjusted, cells=cells)),
        (True, _by_sign(change.relative, True), None),
    )
    verdict, reason = next((verdict, reason) for holds, verdict, reason in rules if holds)
    return replace(line, verdict=verdict, reason=reason)


def _because(reason: LineReasonId, **values: object) -> LineReason:
    return reason_of(OF_LINES, reason, **values)


def _moved_roles(old: PooledCell, new: PooledCell, methods: tuple[str, str]) -> dict[str, float]:
    """Seconds by which the median time of each role moved, largest first; small moves left out."""
    then, now = _role_medians(old), _role_medians(new)
    if not then or not now or _changed_method(ROLE_PREFIX, old, new, methods):
        return {}
    least = ROLE_SHARE * max(sum(then.values()), sum(now.values()))
    moved = {role: now.get(role, 0.0) - then.get(role, 0.0) for role in {**then, **now}}
    ranked = sorted(moved.items(), key=lambda item: -abs(item[1]))
    return {role: seconds for role, seconds in ranked if abs(seconds) >= least}


def _role_medians(pooled: PooledCell) -> dict[str, float]:
    processes = [measured_metrics(done) for done in pooled.valid.values()]
    names = dict.fromkeys(n for values in processes for n in values if n.startswith(ROLE_PREFIX))
    return {n.removeprefix(ROLE_PREFIX): statistics.median(_column(processes, n)) for n in names}
