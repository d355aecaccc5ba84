"""Estimates: the one kind of value with an interval, how the interval was found, and on how much.

Whatever is not known but estimated is an `Estimate`, from where it is computed to where it is
written; what cannot be told is `Absent`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NoReturn, get_args

#: How the 95 % interval of an estimate was found:
#: `exact`: counted or read, nothing to estimate; the ends are the value.
#: `student`: Student's t over the medians of processes, on their logarithms.
#: `paired`: Student's t over ratios taken process by process, on their logarithms.
#: `welch`: two samples that share nothing, each with its own variance, on logarithms.
#: `pooled`: two samples that share one variance, because one of them has too few for its own.
#: `prediction`: where one new value should lie, after Student's t of those before it.
#: `next run`: where another run on the same machine should find it: the spread of processes and
#: that of whole runs.
#: `two runs`: Welch's, and besides how far whole runs of one machine lie apart.
#: `over runs`: Student's t over what several whole runs of one machine found, on logarithms.
#: `least squares`: the slope of a straight line, Student's t.
#: `order statistic`: two of one process's samples bracket their median. It is too narrow: it does
#: not know how far another process would be off.
#: `mover`: two intervals of one process each, combined for their ratio; as narrow as they are.
#: `bootstrap`: families of networks drawn with replacement, each with all its networks.
#: `gap`: between the ends of two other intervals.
#: `bound`: the value is itself an end of an interval, taken as it stands.
#: `drawn`: everything drawn anew within its error.
#: `twins`: how far the same computation lies apart under two names in one published file.
#: `range`: from the lowest to the highest end of the intervals of several settings.
#: `crossing`: every place at which an interval along a line holds the level that is looked for.
#: `none`: no interval can be given; the ends are NaN.
Method = Literal[
    "exact",
    "student",
    "paired",
    "welch",
    "pooled",
    "prediction",
    "next run",
    "two runs",
    "over runs",
    "least squares",
    "order statistic",
    "mover",
    "bootstrap",
    "gap",
    "bound",
    "drawn",
    "twins",
    "range",
    "crossing",
    "none",
]

METHODS: tuple[Method, ...] = get_args(Method)

#: Methods that know one process only, so that their intervals are too narrow.
WITHIN_ONE_PROCESS: frozenset[Method] = frozenset({"order statistic", "mover"})

#: Methods whose ends are the value itself: there is no interval to write.
WITHOUT_WIDTH: frozenset[Method] = frozenset({"exact", "bound"})


@dataclass(frozen=True, slots=True, repr=False)
class Estimate:
    """A value with its 95 % interval, the method that gave it, and on how much it rests.

    `n` counts the independent pieces of evidence: processes, pairs of processes, nights or
    networks. Ends that are not known are NaN; an interval that is open to a side ends in an
    infinity.
    """

    value: float
    low: float
    high: float
    method: Method
    n: int

    def __repr__(self) -> str:
        """Name its parts, numbers with four digits: no more of them is ever known.

        >>> Estimate(4.4837421, 3.4382, 5.8475, "paired", 3)
        Estimate(4.484, 3.438, 5.848, method='paired', n=3)
        """
        ends = ", ".join(f"{each:.4g}" for each in (self.value, self.low, self.high))
        return f"Estimate({ends}, method={self.method!r}, n={self.n})"

    @classmethod
    def exact(cls, value: float, n: int = 1) -> "Estimate":
        """Give a value that is known: its interval is itself."""
        return cls(value, value, value, "exact", n)

    @classmethod
    def bare(cls, value: float, n: int) -> "Estimate":
        """Give a value for which the evidence allows no interval."""
        return cls(value, math.nan, math.nan, "none", n)

    @property
    def bounded(self) -> bool:
        """Whether both ends of the interval are known; an infinity is known."""
        return not (math.isnan(self.low) or math.isnan(self.high))

    @property
    def interval(self) -> tuple[float, float] | None:
        """Both ends, where they enclose something: not of what is exact, nor where none is known.

        >>> Estimate(1.4, 1.3, 1.5, "paired", 5).interval, Estimate.exact(8.0).interval
        ((1.3, 1.5), None)
        """
        return (self.low, self.high) if self.bounded and self.method not in WITHOUT_WIDTH else None

    def through(self, function: Callable[[float], float]) -> "Estimate":
        """Apply a monotone function to the value and its ends; they change places if it falls.

        >>> Estimate(2.0, 1.0, 4.0, "paired", 5).through(lambda value: 1 / value)
        Estimate(0.5, 0.25, 1, method='paired', n=5)
        """
        value, low, high = (function(end) for end in (self.value, self.low, self.high))
        low, high = (high, low) if high < low else (low, high)
        return replace(self, value=value, low=low, high=high)

    def widened(self, deviation: float) -> "Estimate":
        """Add an uncertainty that its evidence does not show: a standard deviation, relative.

        The ends move away on a logarithmic scale, as independent errors add up.

        >>> Estimate(2.0, 1.9, 2.1, "paired", 5).widened(0.05)
        Estimate(2, 1.791, 2.231, method='paired', n=5)
        """
        half = 1.96 * deviation
        low = self.value * math.exp(-math.hypot(math.log(self.value / self.low), half))
        high = self.value * math.exp(math.hypot(math.log(self.high / self.value), half))
        return replace(self, low=low, high=high)

    def scaled(self, factor: float) -> "Estimate":
        """Multiply by an exact number."""
        return self.through(lambda value: value * factor)


@dataclass(frozen=True, slots=True)
class Absent:
    """A result that cannot be given, and why: what a page shows in its place."""

    reason: str

    if not TYPE_CHECKING:  # type checkers are to miss an attribute that is none

        def __getattr__(self, name: str) -> NoReturn:
            """Say why there is no `value`; raises `AttributeError`."""
            # Python asks for names with underscores itself, some before there is a reason.
            why = "" if name.startswith("_") or name == "reason" else f": {self.reason}"
            raise AttributeError(f"what is absent has no {name!r}{why}")
