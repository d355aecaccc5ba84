"""A claim: a falsifiable sentence with its statistics, thresholds and published values."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from effprof.claims.evidence import DeviceKind, Evidence, Wanted
from effprof.core.estimates import Estimate

Verdict = Literal["supported", "refuted", "inconclusive", "not measured"]

#: Fresh processes a published verdict about a time rests on at least.
PUBLISHED_REPEATS = 5


@dataclass(frozen=True, slots=True)
class Published:
    """A value that others published: where it stands, and the value (or its range)."""

    value: float
    where: str
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the evidence says about one quantity: the estimate, and what it rests on.

    `of` names the pieces of evidence that the estimate counts ("processes", "networks"), `note`
    says what a reader must know beside the number.
    """

    estimate: Estimate
    of: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """Why a quantity cannot be told, and the cells whose outcomes would tell it."""

    reason: str
    wanted: tuple[Wanted, ...] = ()


@dataclass(frozen=True, slots=True)
class Threshold:
    """The open range of values that the claim asserts.

    >>> Threshold(low=1.5).text, Threshold(high=0.6).text, Threshold(4.3, 7.1).text
    ('> 1.5', '< 0.6', 'in (4.3, 7.1)')
    """

    low: float = -math.inf
    high: float = math.inf

    def verdict(self, estimate: Estimate) -> Verdict:
        """Judge by the whole interval; an interval that is not known settles nothing."""
        if self.low < estimate.low and estimate.high < self.high:
            return "supported"
        if estimate.high <= self.low or self.high <= estimate.low:
            return "refuted"
        return "inconclusive"

    @property
    def text(self) -> str:
        """The range in signs."""
        if math.isinf(self.low):
            return f"< {self.high:g}"
        return f"> {self.low:g}" if math.isinf(self.high) else f"in ({self.low:g}, {self.high:g})"


Statistic = Callable[[Evidence], Answer | NotMeasured]


@dataclass(frozen=True, slots=True)
class Part:
    """One quantity of a claim: what it is, how it is computed, and the range that is claimed.

    `id` names it within its claim, for ever; `quantity` says it to readers and may be reworded.
    `kind` restricts it to one kind of device (None: any). Evidence of fewer than `at_least` pieces
    is inconclusive. A part with `beside` is reported but decides nothing.
    """

    id: str
    quantity: str
    statistic: Statistic
    threshold: Threshold
    kind: DeviceKind | None = None
    unit: str = "x"
    at_least: int = 1
    published: tuple[Published, ...] = ()
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """A falsifiable statement; it stands when all its parts do, and falls with any of them.

    `wanted` are the cells that settle it, for `effprof claims --plan`.
    """

    id: str
    group: str
    sentence: str
    source: str
    parts: tuple[Part, ...]
    wanted: tuple[Wanted, ...]


def joint(verdicts: Iterable[Verdict]) -> Verdict:
    """Join the verdicts of a claim's parts: any refuted, else any not measured, and so on.

    >>> joint(["supported", "inconclusive"]), joint(["supported", "supported"])
    ('inconclusive', 'supported')
    """
    found = set(verdicts)
    order: tuple[Verdict, ...] = ("refuted", "not measured", "inconclusive", "supported")
    return next((verdict for verdict in order if verdict in found), "not measured")
