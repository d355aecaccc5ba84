"""Warm-up and the measuring loop: step until the numbers hold still, then until they are known."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from effprof.core.intervals import median_interval
from effprof.core.runs import MeasureOptions
from effprof.measure.step_times import StepTime, undelayed
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


#: A pass in which fewer than this share of the steps is clean is not quiet.
QUIET_SHARE = 0.5

#: It ends early when it has spent this many times what undisturbed steps would have needed.
PATIENCE = 1.25


@dataclass(frozen=True, slots=True)
class Sampled:
    """Samples of one timing pass, in seconds, and how it ended.

    `samples` are those of the clean steps, and `taken` all steps. Of a pass that was not `quiet`,
    because too few steps were clean, the samples are those of all steps without what they waited.
    """

    samples: tuple[float, ...]
    converged: bool
    relative_width: float | None
    taken: tuple[StepTime, ...] = ()
    quiet: bool = True

    @property
    def spent_seconds(self) -> float:
        """What a step spent with all that it waited for a core: the median over all steps."""
        return statistics.median(each.seconds for each in self.taken)

    @property
    def clean_share(self) -> float:
        """The share of the steps that nothing held up."""
        return sum(each.clean for each in self.taken) / len(self.taken)

    @property
    def cpu_share(self) -> float | None:
        """CPU time per wall time of the steps that count, where it is known."""
        counted = [each for each in self.taken if each.clean or not self.quiet]
        if not counted or any(each.cpu is None for each in counted):
            return None
        seconds = sum(each.seconds for each in counted)
        return sum(each.cpu or 0.0 for each in counted) / seconds


@dataclass(frozen=True, slots=True)
class WarmedUp:
    """Samples of the warm-up, in seconds, and whether its windows came to agree.

    Of steps that one thread ran they are without what it waited for a core.
    """

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
    """Step until the last window agrees with the one before, within the floors and the cap.

    What a step waited for a core says nothing of how warm it is: beside another program windows
    would not agree before the cap.
    """
    taken: list[StepTime] = []
    cap = options.time_cap_seconds * WARMUP_SHARE
    while True:
        taken += timer.watched(step, WARMUP_WINDOW)
        samples = undelayed(taken)
        spent = sum(each.seconds for each in taken)
        enough = len(samples) >= max(options.warmup_steps, 2 * WARMUP_WINDOW)
        if enough and spent >= options.warmup_seconds and _windows_agree(samples):
            return WarmedUp(samples, settled=True)
        if spent >= cap and len(samples) >= options.warmup_steps:
            return WarmedUp(samples, settled=False)


def _windows_agree(samples: Sequence[float]) -> bool:
    last = statistics.median(samples[-WARMUP_WINDOW:])
    before = statistics.median(samples[-2 * WARMUP_WINDOW : -WARMUP_WINDOW])
    return abs(last - before) < WARMUP_AGREEMENT * before


def take_samples(
    step: Step, timer: Timer, options: MeasureOptions, step_seconds: float, listen: Listen
) -> Sampled:
    """Time `step` until the interval of the median is narrow enough, or the cap is reached.

    Only clean steps count, unless a busy machine is accepted. Where it is clear that too few of
    them will come, the pass ends early. `step_seconds` is a first guess that sizes the batches;
    `listen` hears about progress.
    """
    taken: list[StepTime] = []
    while True:
        taken += timer.watched(step, batch_steps(step_seconds))
        samples = [each.seconds for each in taken if each.clean or options.allow_busy]
        spent, width = sum(each.seconds for each in taken), relative_width(samples)
        listen("timing", len(samples), width)
        enough = len(samples) >= options.min_samples and sum(samples) >= options.min_seconds
        if enough and width is not None and width <= options.target_width:
            return Sampled(tuple(samples), True, width, tuple(taken))
        quiet = enough or len(samples) >= QUIET_SHARE * len(taken)
        if spent >= options.time_cap_seconds and quiet:
            return Sampled(tuple(samples), False, width, tuple(taken))
        if not quiet and spent >= _longest(taken, options):
            return _disturbed(taken)
        step_seconds = statistics.median(each.seconds for each in taken)


def _longest(taken: Sequence[StepTime], options: MeasureOptions) -> float:
    """Give the seconds after which steps that are hardly ever clean have had their time."""
    needed = options.min_samples * statistics.median(undelayed(taken))
    return min(PATIENCE * max(options.min_seconds, needed), options.time_cap_seconds)


def _disturbed(taken: Sequence[StepTime]) -> Sampled:
    """Make the best of steps that were held up."""
    samples = undelayed(taken)
    return Sampled(samples, False, relative_width(samples), tuple(taken), quiet=False)


def batch_steps(step_seconds: float) -> int:
    """How many steps to queue between two looks at the stopping rule."""
    return max(1, min(MAX_BATCH_STEPS, round(BATCH_SECONDS / max(step_seconds, 1e-9))))
