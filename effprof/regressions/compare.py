"""Two runs side by side: for every cell and metric old and new, the interval, and a verdict."""

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from effprof.analysis.frames import ROUGH_SPEED
from effprof.analysis.pooling import MEASURED, PENDING, PooledCell
from effprof.analysis.statistics import geometric_mean
from effprof.core.calibrations import shift
from effprof.core.cells import Cell
from effprof.core.costs import StaticCost
from effprof.core.errors import NotComparable
from effprof.core.estimates import Estimate
from effprof.core.machines import Differences, Likeness, states
from effprof.core.methods import is_version, method_of, method_of_count, said_of
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
from effprof.regressions.common_shift import CommonShift, common_shift
from effprof.regressions.comparison import (
    STATUS,
    VERDICTS,
    Line,
    RunComparison,
    Verdict,
    differences_text,
)
from effprof.regressions.policies import STEPS
from effprof.regressions.ranks import rank_p
from effprof.regressions.reasons import OF_LINES, LineReason, LineReasonId
from effprof.regressions.run_error import (
    NO_ERROR,
    RunError,
    is_paced,
    pace_ratio,
    run_error,
)
from effprof.regressions.run_ratio import run_ratio
from effprof.regressions.verdicts import SMALLEST_EFFECT, Unsettled, by_sign, judged
from effprof.study.study import Study

#: Verdict on numbers that were not taken alike.
INCOMPARABLE: Verdict = "not comparable"

#: The step itself, and the median latency, which is the same number where they are timed alike.
STEP = "step_seconds"
LATENCY = "latency_p50_seconds"

#: Roles whose time moved by less than this share of the larger step are not told.
ROLE_SHARE = 0.005


def compare_runs(
    old: Study, new: Study, across: bool = False, smallest: float = SMALLEST_EFFECT
) -> RunComparison:
    """Compare the runs of two studies cell by cell; changes below `smallest`, relative, are none.

    Raises `NotComparable` naming every gating field of the fingerprints that differs, unless
    `across`: then numbers stand side by side, also beside the pace of the machines, but only
    counted metrics get a verdict. Versions of the method may differ: numbers that a change moved
    have no verdict, all others are compared. Where none is left they are gating too.
    """
    then, now = old.run, new.run
    machines = _machines(then, now)
    gating = machines.differing
    if gating and not across:
        again = "measure one of them again on a machine of that kind, with nothing else running"
        raise _refused(then, now, f"{differences_text(gating)}; {again}")
    methods = _methods(then, now)
    before, after = ({each.cell: each for each in study.pooled} for study in (old, new))
    common = [cell for cell in after if cell in before]
    error = NO_ERROR if gating else run_error(old, new)
    found = [
        line for cell in common for line in _measured(before[cell], after[cell], methods, error)
    ]
    if found and not across and all(_line(each).verdict == INCOMPARABLE for each in found):
        why = text_of(_line(found[0]).reason)
        raise _refused(
            then,
            now,
            "all that was measured was moved by a change of method:"
            f" {why}; measure one of them again",
        )
    shared = None if gating else _shared(found, then, now, error, smallest)
    lines = _marked(found, gating, then, now) if gating else _settled(found, shared, smallest)
    lines += [line for cell in common if (line := _status(before[cell], after[cell]))]
    lines += [
        line
        for cell in common
        if cell in old.costs and cell in new.costs
        for line in _counted(cell, (old.costs[cell], new.costs[cell]), methods)
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
        common=shared,
        run_error=error,
        pace=pace_ratio(then, now) if gating else None,
        smallest=smallest,
    )


def _refused(old: Run, new: Run, why: str) -> NotComparable:
    return NotComparable(
        f"run {old.invocation.id} cannot be compared with {new.invocation.id}: {why}, or see the"
        " numbers without a verdict with --across"
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


def _measured(
    old: PooledCell, new: PooledCell, methods: tuple[str, str], error: RunError
) -> Iterable[Line | Unsettled]:
    """Compare what was measured; noisy lines have no verdict yet but what they are told by."""
    if not (old.used and new.used):
        return
    if not (old.valid and new.valid):
        yield _disturbed(old, new)
        return
    then, now = ([measured_metrics(done) for done in side.valid.values()] for side in (old, new))
    same = _latency_is_the_step(old) and _latency_is_the_step(new)
    for name in dict.fromkeys(name for values in now for name in values):
        if name.startswith(ROLE_PREFIX) or (same and name == LATENCY):
            continue  # parts are told beside their step, and what is the same number is told once
        values = _Values(new.cell.key, name, *(_column(side, name) for side in (then, now)))
        if values.old:
            found = _COMPARED[metric_named(name).noise](values, error)
            changed = _changed_method(name, old, new, methods)
            yield _incomparable(found, changed) if changed else found


def _disturbed(old: PooledCell, new: PooledCell) -> Line:
    """Tell of a cell that a machine was never quiet for: of a rough answer with numbers.

    They are less certain than their processes say, and lead to no verdict.
    """
    side, said = ("now", new.reason) if old.valid else ("then", old.reason)
    cell, rough = new.cell.key, bool(old.answered and new.answered)
    why = _because("rough" if rough else "invalid", side=side, said=said)
    line = Line(cell, STEP, "cannot tell", reason=why)
    if not rough:
        return line
    then, now = (
        tuple(measured_metrics(done)[STEP] for done in each.answered.values())
        for each in (old, new)
    )
    found = run_ratio(then, now, ROUGH_SPEED * math.sqrt(old.is_rough + new.is_rough))
    means = geometric_mean(then), geometric_mean(now)
    return replace(line, change=Change(*means, _relative(found.estimate), found.n))


def _latency_is_the_step(pooled: PooledCell) -> bool:
    """Whether both were read from the same samples, as on a CPU."""
    return all(done.timing.latency == done.timing.throughput for done in pooled.valid.values())


def _line(found: Line | Unsettled) -> Line:
    return found.line if isinstance(found, Unsettled) else found


def _incomparable(found: Line | Unsettled, why: LineReason) -> Line:
    return replace(_line(found), verdict=INCOMPARABLE, reason=why, p=None)


def _changed_method(
    metric: str, old: PooledCell, new: PooledCell, methods: tuple[str, str]
) -> LineReason | None:
    """Say which change of the method moved a number between two runs; None where none did."""
    sides = zip(methods, (old, new), strict=True)
    return _other_method(
        *(method_of(m, metric, next(iter(side.valid.values()))) for m, side in sides)
    )


def _other_method(then: str, now: str) -> LineReason | None:
    if then == now:
        return None
    later = max(then, now, key=int) if is_version(then) and is_version(now) else now
    why = f" ({said})" if (said := said_of(later)) else ""
    return _because("other_method", old=then, new=now, why=why)


def _column(processes: Sequence[Mapping[str, float]], name: str) -> tuple[float, ...]:
    return tuple(values[name] for values in processes if name in values)


def _noisy(values: _Values, error: RunError) -> Line | Unsettled:
    """Compare geometric means; runs share no machine state, so the interval is unpaired."""
    old, new = values.old, values.new
    if min(*old, *new) <= 0:
        return Line(values.cell, values.metric, "cannot tell", reason=_because("no_ratio"))
    run = error if is_paced(values.metric) else NO_ERROR
    ratio = run_ratio(old, new, run.relative, run.freedom)
    relative = _relative(ratio.estimate)
    change = Change(geometric_mean(old), geometric_mean(new), relative, ratio.n)
    line = Line(values.cell, values.metric, "cannot tell", change, rank_p(old, new))
    return Unsettled(line, ratio)


def _relative(ratio: Estimate) -> Estimate:
    return ratio.through(lambda value: value - 1)


def _near_exact(values: _Values, _: RunError) -> Line:
    old, new = statistics.median(values.old), statistics.median(values.new)
    moved = bool(STEPS["near exact"].moved(np.array(new), np.array(old)))
    return Line(
        values.cell, values.metric, by_sign(new - old, moved), _plain_change(values, old, new)
    )


def _exact(values: _Values, _: RunError = NO_ERROR) -> Line:
    old, new = values.old[0], values.new[0]
    return Line(
        values.cell, values.metric, by_sign(new - old, new != old), _plain_change(values, old, new)
    )


_COMPARED: Mapping[Noise, Callable[[_Values, RunError], Line | Unsettled]] = {
    "exact": _exact,
    "near exact": _near_exact,
    "noisy": _noisy,
}


def _plain_change(values: _Values, old: float, new: float) -> Change:
    relative = new / old - 1 if old else math.copysign(math.inf, new) if new else 0.0
    n = len(values.old), len(values.new)
    return Change(old, new, Estimate.bare(relative, min(n)), n)


def _counted(
    cell: Cell, costs: tuple[StaticCost, StaticCost], methods: tuple[str, str]
) -> Iterable[Line]:
    """Compare what both counters counted; one that differs since another does has no verdict."""
    then, now = map(counted_metrics, costs)
    for name in (name for name in now if name in then):
        line = _exact(_Values(cell.key, name, (then[name],), (now[name],)))
        sides = zip(methods, costs, strict=True)
        changed = _other_method(*(method_of_count(method, name, cost) for method, cost in sides))
        yield _incomparable(line, changed) if changed and then[name] != now[name] else line


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


def _marked(
    found: Iterable[Line | Unsettled], gating: Differences, old: Run, new: Run
) -> list[Line]:
    """Take every verdict back: the machines differ. Speeds stand beside the machines' own pace."""
    why, pace = (
        _because("other_machine", differences=differences_text(gating)),
        pace_ratio(old, new),
    )
    lines = []
    for each in found:
        line = replace(_line(each), verdict=INCOMPARABLE, reason=why)
        if pace is not None and isinstance(each, Unsettled) and is_paced(line.metric):
            beside = each.ratio.beside(pace.log, pace.error, pace.works - 1)
            line = replace(line, beside=_relative(beside))
        lines.append(line)
    return lines


def _shared(
    found: Iterable[Line | Unsettled], old: Run, new: Run, error: RunError, smallest: float
) -> CommonShift | None:
    """Find what the steps of all cells share."""
    steps = [
        each.ratio for each in found if isinstance(each, Unsettled) and _line(each).metric == STEP
    ]
    return common_shift(steps, shift(old.calibrations, new.calibrations), error, smallest)


def _settled(
    found: Iterable[Line | Unsettled], shared: CommonShift | None, smallest: float
) -> list[Line]:
    """Give every line its verdict, and speeds their change beside what all cells share."""
    there = list(found)
    lines = [each for each in there if isinstance(each, Line)]
    tested = [each for each in there if isinstance(each, Unsettled)]
    if shared is not None and shared.together:
        tested = [_beside(each, shared) for each in tested]
    return lines + judged(tested, smallest)


def _beside(tested: Unsettled, shared: CommonShift) -> Unsettled:
    if not is_paced(tested.line.metric):
        return tested
    beside = tested.ratio.beside(shared.log, shared.error, shared.cells - 1, common=True)
    return replace(tested, line=replace(tested.line, beside=_relative(beside)))


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
