"""Tallies: how many claims have which verdict, and by what; how many intervals miss by chance."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from effprof.analysis.statistics import CONFIDENCE
from effprof.claims.claim import REPLICATED, Answer, Verdict
from effprof.claims.claim_verdicts import ClaimVerdict
from effprof.core.estimates import Estimate

#: What verdicts are counted apart by: what was measured here; what others measured who did not
#: state it; what holds in the files of its own author; what was counted and not measured; nothing.
Basis = Literal["own", "others", "same source", "counts", "nothing"]

BASES: tuple[Basis, ...] = get_args(Basis)

#: Verdicts in the order in which they are told.
_TOLD: tuple[Verdict, ...] = get_args(Verdict)


@dataclass(frozen=True, slots=True)
class Misses:
    """95 % intervals, and how many of them chance alone lets miss what they should hold."""

    intervals: int

    @property
    def expected(self) -> float:
        """Their number, on average."""
        return self.intervals * (1 - CONFIDENCE)


def basis(judged: ClaimVerdict) -> Basis:
    """Tell what a verdict is counted under; any part that others measured makes it theirs."""
    if judged.verdict == "not measured":
        return "nothing"
    if judged.verdict == REPLICATED:
        return "same source"
    if all(part.ground == "counts" for part in judged.deciding):
        return "counts"
    return "others" if judged.by_others else "own"


def tally(verdicts: Iterable[ClaimVerdict]) -> Mapping[Basis, Mapping[Verdict, int]]:
    """Count verdicts by what they rest on, in the order of `BASES`; what nobody has is left out."""
    counts = Counter((basis(each), each.verdict) for each in verdicts)
    return {
        on: {verdict: counts[on, verdict] for verdict in _TOLD if counts[on, verdict]}
        for on in BASES
        if any(key[0] == on for key in counts)
    }


def misses(verdicts: Iterable[ClaimVerdict]) -> Misses:
    """Count the 95 % intervals that verdicts rest on, each take's; what is exact has none."""
    return Misses(
        sum(
            estimate.interval is not None
            for judged in verdicts
            for part in judged.deciding
            for row in part.rows
            if isinstance(row.answer, Answer)
            for estimate in _each(row.answer)
        )
    )


def _each(answer: Answer) -> Iterable[Estimate]:
    return [estimate for _, estimate in answer.takes] or [answer.estimate]
