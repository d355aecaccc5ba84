"""Contrasts: products of powers of several cells' step times, paired by process.

A ratio is the contrast with powers 1 and -1, the main effect of a 2x2 factorial one with powers of
a half, a ratio of ratios one with two of 1 and two of -1.
"""

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from effprof.analysis.statistics import CONFIDENCE, MIN_PAIRED, median
from effprof.analysis.student import student_quantile
from effprof.claims.choices import Found
from effprof.claims.claim import Answer
from effprof.claims.ratios import of_processes
from effprof.core.estimates import Estimate, Method
from effprof.core.outcomes import Measurement

#: Reads a positive number from one process's measurement; None where it was not taken.
Reading = Callable[[Measurement], float | None]


@dataclass(frozen=True, slots=True)
class Term:
    """One cell and the power that its number is raised to."""

    power: float
    found: Found


def step_seconds(done: Measurement) -> float:
    """Read the median time of a step, in seconds."""
    return median(done.timing.throughput)


def contrast(terms: Sequence[Term], read: Reading = step_seconds) -> Answer | None:
    """Estimate the product of what `read` gives for each cell, raised to its power.

    Student's t on the logarithms: over processes that all cells share (run and index of the
    repeat), where those are enough for pairs, else unpaired (Welch-Satterthwaite) with two
    processes of each cell or more; NaN ends with fewer. None where a cell has no such number.
    """
    logs = [_logs(term, read) for term in terms]
    if not all(logs):
        return None
    shared = [key for key in logs[0] if all(key in other for other in logs)]
    if len(shared) >= MIN_PAIRED:
        sums = [
            math.fsum(t.power * each[key] for t, each in zip(terms, logs, strict=True))
            for key in shared
        ]
        return from_logs(sums, "paired" if len(terms) > 1 else "student")
    return unpaired([term.power for term in terms], [list(each.values()) for each in logs])


def from_logs(logs: Sequence[float], method: Method = "student") -> Answer:
    """Estimate a positive quantity from its logarithm in each process (Student's t)."""
    value, n = float(np.mean(logs)), len(logs)
    if n == 1:
        return of_processes(Estimate.bare(math.exp(value), 1))
    error = float(np.std(logs, ddof=1)) / math.sqrt(n)
    return of_processes(_estimate(value, _half(error, n - 1), method, n))


def unpaired(powers: Sequence[float], logs: Sequence[Sequence[float]]) -> Answer:
    """Estimate a contrast from the logarithms of each cell, in processes that share nothing."""
    value = math.fsum(p * float(np.mean(each)) for p, each in zip(powers, logs, strict=True))
    n = min(map(len, logs))
    if n == 1:
        return of_processes(Estimate.bare(math.exp(value), 1))
    parts = [
        p**2 * float(np.var(each, ddof=1)) / len(each) for p, each in zip(powers, logs, strict=True)
    ]
    pooled = math.fsum(part**2 / (len(x) - 1) for part, x in zip(parts, logs, strict=True))
    freedom = math.fsum(parts) ** 2 / pooled if pooled else n - 1
    return of_processes(_estimate(value, _half(math.sqrt(math.fsum(parts)), freedom), "welch", n))


def _logs(term: Term, read: Reading) -> Mapping[Hashable, float]:
    return {
        (each.run.invocation.id, index): math.log(number)
        for each in term.found
        for index, done in each.pooled.valid.items()
        if (number := read(done))
    }


def _half(error: float, freedom: float) -> float:
    """Give half the width of an interval of a mean by its standard error (Student's t)."""
    return student_quantile((1 + CONFIDENCE) / 2, freedom) * error


def _estimate(value: float, half: float, method: Method, n: int) -> Estimate:
    return Estimate(math.exp(value), math.exp(value - half), math.exp(value + half), method, n)
