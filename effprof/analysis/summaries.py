"""Columns of a cell that are pooled over its repeats: latency, parts of a step, memory, energy."""

import statistics
from collections.abc import Callable, Iterable, Sequence

from effprof.analysis.statistics import median
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
    joules = [done.energy.joules / done.energy.images for done in used if done.energy]
    return {
        "latency_p50_seconds": _each(median, [latency]),
        "latency_p90_seconds": _each(_p90, [latency], at_least=MIN_SAMPLES_FOR_P90),
        "forward_seconds": _each(median, (timing.forward for timing in timings)),
        "backward_seconds": _each(median, (timing.backward for timing in timings)),
        "optimizer_seconds": _each(median, (timing.optimizer for timing in timings)),
        "first_step_seconds": _middle(timing.first_step_seconds for timing in timings),
        "compile_seconds": _middle(timing.compile_seconds for timing in timings),
        "within_spread": _each(_relative_iqr, (timing.throughput for timing in timings)),
        "between_spread": _between([median(timing.throughput) for timing in timings]),
        "peak_allocated_bytes": _largest(done.memory.peak_allocated_bytes for done in used),
        "peak_reserved_bytes": _largest(done.memory.peak_reserved_bytes for done in used),
        "device_used_bytes": _largest(done.memory.device_used_bytes for done in used),
        "device_held_bytes": _largest(done.memory.device_held_bytes for done in used),
        "peak_rss_bytes": _largest(done.memory.peak_rss_bytes for done in used),
        "joules_per_image": statistics.fmean(joules) if joules else None,
    }


def _each(
    statistic: Callable[[Sequence[float]], float],
    processes: Iterable[Sequence[float]],
    at_least: int = 1,
) -> float | None:
    """Median over processes of a statistic of each; processes with too few samples left out."""
    return _middle(statistic(samples) for samples in processes if len(samples) >= at_least)


def _middle(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def _largest(values: Iterable[int | None]) -> int | None:
    return max((value for value in values if value is not None), default=None)


def _p90(samples: Sequence[float]) -> float:
    return statistics.quantiles(samples, n=10, method="inclusive")[-1]


def _relative_iqr(samples: Sequence[float]) -> float:
    if len(samples) < 2:
        return 0.0
    low, middle, high = statistics.quantiles(samples, n=4, method="inclusive")
    return (high - low) / middle


def _between(medians: Sequence[float]) -> float | None:
    return statistics.stdev(medians) / statistics.fmean(medians) if len(medians) > 1 else None
