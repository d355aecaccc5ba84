"""Verdicts on noisy metrics: by interval, against the smallest change that anybody cares about.

What is *slower* has an interval beyond no change at all, and is slower by the smallest effect or
more at best estimate; it is certain by ranks, too, and among all cells. *No change* is said only
where the whole interval lies within the smallest effect: finding nothing does not prove nothing.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby

from scipy.stats import false_discovery_control

from effprof.core.estimates import Estimate
from effprof.core.reasons import reason_of
from effprof.regressions.comparison import LIKELY, Line, Verdict
from effprof.regressions.ranks import ALPHA, repeats_needed, smallest_p
from effprof.regressions.reasons import OF_LINES, LineReasonId
from effprof.regressions.run_ratio import RunRatio

#: The smallest relative change that is of interest, either way, unless it is asked for another one.
SMALLEST_EFFECT = 0.03

#: Metric -> relative change up to which it may be chance of the whole run, whatever its processes
#: say. All processes of a run are forks of one server, and inherit its heap: between two runs of
#: `quick` in which nothing changed the peak of the resident set moved by more than 3 % in 4 of 14
#: cells, by up to 10 %, while the processes of a run agreed within 0.1 %.
CHANCE_OF_RUNS: Mapping[str, float] = {"peak_rss_bytes": 0.12}


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


def _settled(unsettled: Unsettled, adjusted: float, cells: int, smallest: float) -> Line:
    """Give a line its verdict: the first rule that holds."""
    line, ratio = unsettled.line, unsettled.ratio
    size, least = abs(ratio.log), math.log1p(smallest)
    chance = CHANCE_OF_RUNS.get(line.metric, 0.0)
    moved, floor = by_sign(ratio.log), smallest_p(*ratio.n)
    rules: tuple[tuple[bool, Verdict, LineReasonId | None], ...] = (
        (ratio.p is None, "cannot tell", "one_process"),
        (_within(ratio.estimate, least), "no change", None),
        (_above(ratio.p, ALPHA), "cannot tell", "too_wide"),
        (size < math.log1p(chance), "cannot tell", "chance_of_runs"),
        (size < least, "cannot tell", "small_or_not"),
        (adjusted > ALPHA, "cannot tell", "chance_among_cells"),
        (floor > ALPHA, LIKELY[moved], "few_repeats"),
        (_above(line.p, ALPHA), LIKELY[moved], "ranks"),
        (True, moved, None),
    )
    verdict, reason = next((verdict, reason) for holds, verdict, reason in rules if holds)
    settled = replace(line, verdict=verdict, adjusted=adjusted)
    if reason is None:
        return settled
    why = reason_of(
        *(OF_LINES, reason),
        old=ratio.n[0],
        new=ratio.n[1],
        floor=floor,
        needed=repeats_needed(),
        cells=cells,
        p=line.p if reason == "ranks" else adjusted,
        smallest=f"{smallest * 100:g} %",
        chance=f"{chance * 100:g} %",
    )
    return replace(settled, reason=why, needed=_repeats(reason, ratio, cells, smallest))


def _repeats(reason: LineReasonId, ratio: RunRatio, cells: int, smallest: float) -> float | None:
    """Count the repeats of each run that would do away with a reason; None where that is open."""
    match reason:
        case "one_process" | "few_repeats":
            return repeats_needed()
        case "chance_of_runs":
            return math.inf
        case "ranks":
            return None
    return ratio.repeats_to_tell(smallest, cells)


def _within(ratio: Estimate, least: float) -> bool:
    """Tell whether a whole interval lies within `least`, a logarithm, on either side of 1."""
    return ratio.bounded and max(-math.log(ratio.low), math.log(ratio.high)) <= least


def _above(p: float | None, alpha: float) -> bool:
    return p is not None and p > alpha
