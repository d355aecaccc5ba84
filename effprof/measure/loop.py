"""Warm-up and the measuring loop: step until the numbers hold still, then until they are known."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from effprof.core.intervals import median_interval
from effprof.core.runs import MeasureOptions
from effprof.measure.timers import Step, Timer

#: Two warm-up windows agree when their medians differ by less than this share.
WARMUP_AGREEMENT = 0.05

#: Steps per warm-up window, and share of the time cap that warm-up may use.
WARMUP_WINDOW = 5
WARMUP_SHARE = 0.5

#: Seconds of queued steps between two looks at the stopping rule, and the most steps among them:
#: a GPU queue holds about a thousand launches before it blocks the host.
BATCH_SECONDS = 0.25
MAX_BATCH_STEPS = 200

Listen = Callable[[str, int, float | None], None]


@dataclass(frozen=True, slots=True)
class Sampled:
    """Samples of one timing pass, in seconds, and how it ended."""

    samples: tuple[float, ...]
    converged: bool
    relative_width: float | None


@dataclass(frozen=True, slots=True)
class WarmedUp:
    """Samples of the warm-up, in seconds, and whether its windows came to agree."""

    samples: tuple[float, ...]
    settled: bool


def relative_width(samples: Sequence[float]) -> float | None:
    """Half-width of the 95 % interval of the median, as a share of the median."""
    interval = median_interval(samples)
    if interval is None:
        return None
    low, high = interval
    return (high - low) / 2 / statistics.median(samples)


def warm_up(step: Step, timer: Timer, options: MeasureOptions) -> WarmedUp:
    """Step until the last window agrees with the one before, within the floors and the cap."""
    samples: list[float] = []
    cap = options.time_cap_seconds * WARMUP_SHARE
    while True:
        samples += timer.throughput(step, WARMUP_WINDOW)
        spent = sum(samples)
        enough = len(samples) >= max(options.warmup_steps, 2 * WARMUP_WINDOW)
        if enough and spent >= options.warmup_seconds and _windows_agree(samples):
            return WarmedUp(tuple(samples), settled=True)
        if spent >= cap and len(samples) >= options.warmup_steps:
            return WarmedUp(tuple(samples), settled=False)


def _windows_agree(samples: Sequence[float]) -> bool:
    last = statistics.median(samples[-WARMUP_WINDOW:])
    before = statistics.median(samples[-2 * WARMUP_WINDOW : -WARMUP_WINDOW])
    return abs(last - before) < WARMUP_AGREEMENT * before


def take_samples(
    step: Step, timer: Timer, options: MeasureOptions, step_seconds: float, listen: Listen
) -> Sampled:
    """Time `step` until the interval of the median is narrow enough, or the cap is reached.

    `step_seconds` is a first guess that sizes the batches; `listen` hears about progress.
    """
    samples: list[float] = []
    while True:
        samples += timer.throughput(step, batch_steps(step_seconds))
        spent, width = sum(samples), relative_width(samples)
        listen("timing", len(samples), width)
        enough = len(samples) >= options.min_samples and spent >= options.min_seconds
        if enough and width is not None and width <= options.target_width:
            return Sampled(tuple(samples), converged=True, relative_width=width)
        if spent >= options.time_cap_seconds:
            return Sampled(tuple(samples), converged=False, relative_width=width)
        step_seconds = statistics.median(samples)


def batch_steps(step_seconds: float) -> int:
    """How many steps to queue between two looks at the stopping rule."""
    return max(1, min(MAX_BATCH_STEPS, round(BATCH_SECONDS / max(step_seconds, 1e-9))))
