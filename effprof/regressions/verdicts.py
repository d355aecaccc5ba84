"""Verdicts on noisy metrics: by interval, against the smallest change that anybody cares about.

What is *slower* has an interval beyond no change at all, and is slower by the smallest effect or
more at best estimate; it is certain by ranks, too, and among all cells. *No change* is said only
where the whole interval lies within the smallest effect: finding nothing does not prove nothing.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby

from scipy.stats import false_discovery_control

from effprof.core.reasons import reason_of
from effprof.regressions.comparison import LIKELY, Line, Verdict
from effprof.regressions.ranks import ALPHA, repeats_needed, smallest_p
from effprof.regressions.reasons import OF_LINES, LineReason, LineReasonId
from effprof.regressions.run_ratio import RunRatio

#: The smallest relative change that is of interest, either way, unless it is asked for another one.
SMALLEST_EFFECT = 0.03


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A line of a noisy metric that waits for its verdict, with the ratio that decides it."""

    line: Line
    ratio: RunRatio


def judged(tested: Iterable[Unsettled], smallest: float) -> list[Line]:
    """Settle lines, metric by metric over all cells: Benjamini and Hochberg's adjustment."""
    settled: list[Line] = []
    ordered = sorted(tested, key=lambda each: each.line.metric)
    for _, group in groupby(ordered, key=lambda each: each.line.metric):
        family = list(group)
        plain = [1.0 if each.ratio.p is None else each.ratio.p for each in family]
        settled += [
            _settled(each, float(adjusted), len(family), smallest)
            for each, adjusted in zip(family, false_discovery_control(plain), strict=True)
        ]
    return settled


def by_sign(difference: float, moved: bool = True) -> Verdict:
    """Call a change by its direction: of every metric less is better."""
    if not moved:
        return "no change"
    return "regression" if difference > 0 else "improvement"


def _settled(tested: Unsettled, adjusted: float, cells: int, smallest: float) -> Line:
    """Give a line its verdict: the first rule that holds."""
    line, ratio = replace(tested.line, adjusted=adjusted), tested.ratio
    found, p = ratio.estimate, ratio.p
    (old, new), floor = ratio.n, smallest_p(*ratio.n)
    if p is None or line.p is None:
        few = _because("one_process", old=old, new=new, needed=repeats_needed())
        return replace(line, verdict="cannot tell", reason=few, needed=repeats_needed())
    least = math.log1p(smallest)
    if max(-math.log(found.low), math.log(found.high)) <= least:
        return replace(line, verdict="no change")
    moved = by_sign(ratio.log)
    rules: tuple[tuple[bool, LineReasonId], ...] = (
        (p > ALPHA, "too_wide"),
        (abs(ratio.log) < least, "small_or_not"),
        (adjusted > ALPHA, "chance_among_cells"),
    )
    open_question = next((reason for holds, reason in rules if holds), None)
    if open_question is not None:
        why = _because(open_question, p=adjusted, cells=cells, smallest=f"{smallest * 100:g} %")
        needed = ratio.repeats_to_tell(smallest, cells)
        return replace(line, verdict="cannot tell", reason=why, needed=needed)
    if floor > ALPHA:
        few = _because("few_repeats", old=old, new=new, floor=floor, needed=repeats_needed())
        return replace(line, verdict=LIKELY[moved], reason=few, needed=repeats_needed())
    if line.p > ALPHA:
        return replace(line, verdict=LIKELY[moved], reason=_because("ranks", p=line.p))
    return replace(line, verdict=moved)


def _because(reason: LineReasonId, **values: object) -> LineReason:
    return reason_of(OF_LINES, reason, **values)
