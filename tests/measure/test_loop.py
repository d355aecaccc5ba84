"""Warm-up and the stopping rule, on a timer that plays back what it is told."""

import itertools
import random
import statistics
from dataclasses import replace

import pytest

from effprof.core.intervals import median_interval
from effprof.core.runs import MeasureOptions
from effprof.measure.loop import batch_steps, relative_width, take_samples, warm_up
from effprof.measure.step_times import StepTime

OPTIONS = MeasureOptions(target_width=0.02, min_samples=30, min_seconds=1.0, time_cap_seconds=10.0)


class Playback:
    """A timer whose samples come from an iterator; the step itself is never run."""

    waits = True

    def __init__(self, samples):
        self.samples = iter(samples)

    def throughput(self, step, count):
        return list(itertools.islice(self.samples, count))

    latency = throughput

    def watched(self, step, count):
        return [StepTime(seconds) for seconds in self.throughput(step, count)]


def quiet(stage, samples, width):
    """Hear nothing."""


def noisy(seconds, spread, seed=1):
    generator = random.Random(seed)
    while True:
        yield seconds * generator.lognormvariate(0, spread)


def test_warm_up_lasts_until_two_windows_agree():
    falling = [1.0, 0.8, 0.6, 0.5, 0.4, 0.3, 0.25, 0.2, 0.2, 0.15]
    warm = warm_up(None, Playback(itertools.chain(falling, itertools.repeat(0.1))), OPTIONS)
    assert warm.settled
    assert warm.samples[-10:] == (0.1,) * 10


def test_warm_up_has_a_floor_in_steps_and_in_seconds():
    assert len(warm_up(None, Playback(itertools.repeat(1.0)), OPTIONS).samples) == 10
    quick = warm_up(None, Playback(itertools.repeat(0.01)), OPTIONS)
    assert sum(quick.samples) >= OPTIONS.warmup_seconds


def test_warm_up_without_a_floor_still_compares_two_windows():
    hasty = replace(OPTIONS, warmup_steps=0, warmup_seconds=0.0)
    assert len(warm_up(None, Playback(itertools.repeat(0.1)), hasty).samples) == 10


def test_warm_up_that_never_settles_ends_at_its_cap_and_says_so():
    growing = Playback(0.1 * 1.1**i for i in itertools.count())
    assert not warm_up(None, growing, OPTIONS).settled


def test_timing_stops_when_the_interval_is_narrow_but_not_before_the_floors():
    sampled = take_samples(None, Playback(noisy(0.01, 0.001)), OPTIONS, 0.01, quiet)
    assert sampled.converged
    assert len(sampled.samples) >= 30
    assert sum(sampled.samples) >= 0.99
    assert sampled.relative_width <= 0.02


def test_timing_that_does_not_converge_is_flagged_with_the_width_it_reached():
    sampled = take_samples(None, Playback(noisy(0.1, 0.5)), OPTIONS, 0.1, quiet)
    assert not sampled.converged
    assert sampled.relative_width > 0.02
    assert sum(sampled.samples) >= 10.0


def test_progress_is_heard_with_samples_and_width():
    heard = []
    take_samples(
        None, Playback(noisy(0.05, 0.001)), OPTIONS, 0.05, lambda *words: heard.append(words)
    )
    stages, counts, widths = zip(*heard, strict=True)
    assert set(stages) == {"timing"}
    assert list(counts) == sorted(counts)
    assert widths[-1] is not None


def test_a_batch_of_steps_fits_the_queue():
    assert batch_steps(0.001) == 200
    assert batch_steps(0.05) == 5
    assert batch_steps(60.0) == 1


def test_too_few_samples_have_no_interval():
    assert relative_width([1.0] * 5) is None


@pytest.mark.parametrize("n", [6, 10, 30, 101])
def test_the_interval_of_the_median_covers_it_at_least_94_times_in_100(n):
    generator = random.Random(n)
    trials = 3000
    hits = 0
    for _ in range(trials):
        low, high = median_interval([generator.expovariate(1) for _ in range(n)])
        hits += low <= 0.6931471805599453 <= high
    assert hits / trials > 0.94


def test_the_interval_holds_the_median_of_its_samples():
    samples = [random.Random(3).random() for _ in range(40)]
    low, high = median_interval(samples)
    assert low <= statistics.median(samples) <= high
