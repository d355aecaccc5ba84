"""Columns of a cell that are pooled over its repeats: latency, parts of a step, memory, energy."""

import statistics
from collections.abc import Callable, Iterable, Sequence

from effprof.analysis.statistics import median
from effprof.core.metrics import READINGS, Pooled
from effprof.core.outcomes import Measurement

#: Fewer samples than this hold no 90th percentile worth the name (the measuring standard).
MIN_SAMPLES_FOR_P90 = 64


def summary(used: Sequence[Measurement]) -> dict[str, float | None]:
    """Sum up the used repeats of a cell: columns by name, None where nothing is known.

    Latency percentiles are those of all samples together, memory is the largest peak, every
    energy the mean, every other number the median over processes (spreads are defined in
    `COLUMNS`).
    """
    timings = [done.timing for done in used]
    latency = [sample for timing in timings for sample in timing.latency]
    read = {
        name: _POOLED[each.pooled]([value for value in map(each.read, used) if value is not None])
        for name, each in READINGS.items()
        if each.pooled != "each"
    }
    return read | {
        "latency_p50_seconds": _each(median, [latency]),
        "latency_p90_seconds": _each(_p90, [latency], at_least=MIN_SAMPLES_FOR_P90),
        "within_spread": _each(_relative_iqr, (timing.throughput for timing in timings)),
        "between_spread": _between([median(timing.throughput) for timing in timings]),
    }


def _each(
    statistic: Callable[[Sequence[float]], float],
    processes: Iterable[Sequence[float]],
    at_least: int = 1,
) -> float | None:
    """Median over processes of a statistic of each; processes with too few samples left out."""
    told = [statistic(samples) for samples in processes if len(samples) >= at_least]
    return _POOLED["median"](told)


#: How the numbers of several processes are pooled; None where there is none.
_POOLED: dict[Pooled, Callable[[Sequence[float]], float | None]] = {
    "median": lambda values: statistics.median(values) if values else None,
    "mean": lambda values: statistics.fmean(values) if values else None,
    "largest": lambda values: max(values, default=None),
}


def _p90(samples: Sequence[float]) -> float:
    return statistics.quantiles(samples, n=10, method="inclusive")[-1]


def _relative_iqr(samples: Sequence[float]) -> float:
    if len(samples) < 2:
        return 0.0
    low, middle, high = statistics.quantiles(samples, n=4, method="inclusive")
    return (high - low) / middle


def _between(medians: Sequence[float]) -> float | None:
    return statistics.stdev(medians) / statistics.fmean(medians) if len(medians) > 1 else None
