"""A claim: a falsifiable sentence with its statistics, thresholds and published values."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from effprof.claims.evidence import DeviceKind, Evidence, Wanted
from effprof.core.estimates import Estimate

Verdict = Literal[
    "supported", "replicated in the same source", "refuted", "inconclusive", "not measured"
]

#: A statement of an author that holds in the author's own files: it was not tested by anybody else.
REPLICATED: Verdict = "replicated in the same source"

#: The verdicts of a claim's parts, the one that decides first.
WEAKEST_FIRST: tuple[Verdict, ...] = (
    *("refuted", "not measured", "inconclusive"),
    *(REPLICATED, "supported"),
)

#: Fresh processes a published verdict about a time rests on at least.
PUBLISHED_REPEATS = 5

#: How far the interval of a measured ratio must stay away from a threshold, relative: the smallest
#: effect that two runs are compared by. A verdict must not hang on how a threshold was rounded.
MARGIN = 0.03


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
    says what a reader must know beside the number. `takes` are what it is the range of, each by the
    name of its layout and run; none where there was one.
    """

    estimate: Estimate
    of: str
    note: str = ""
    takes: tuple[tuple[str, Estimate], ...] = ()


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

    def verdict(self, estimate: Estimate, margin: float = 0.0) -> Verdict:
        """Judge by the whole interval; an interval that is not known settles nothing.

        Its ends must be apart from those of the threshold by `margin`, relative.

        >>> near = Estimate(2.2, 2.05, 2.4, "paired", 5)
        >>> Threshold(low=2.0).verdict(near), Threshold(low=2.0).verdict(near, margin=0.03)
        ('supported', 'inconclusive')
        """
        apart = 1 + margin
        if self.low * apart < estimate.low and estimate.high * apart < self.high:
            return "supported"
        if estimate.high * apart <= self.low or self.high * apart <= estimate.low:
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
    is inconclusive, and so is an interval nearer than `margin`, relative, to the threshold.
    `author` names who alone states it, as formats of files name theirs: in their own files it is
    replicated and not tested. A part with `beside` is reported but decides nothing.
    """

    id: str
    quantity: str
    statistic: Statistic
    threshold: Threshold
    kind: DeviceKind | None = None
    unit: str = "x"
    at_least: int = 1
    margin: float = 0.0
    published: tuple[Published, ...] = ()
    author: str = ""
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
    """Join the verdicts of a claim's parts: the weakest decides.

    >>> joint(["supported", "inconclusive"]), joint(["supported", "supported"])
    ('inconclusive', 'supported')
    """
    found = set(verdicts)
    return next((verdict for verdict in WEAKEST_FIRST if verdict in found), "not measured")
