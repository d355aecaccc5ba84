"""Timers: how long steps take, queued back to back or each waited for."""

import itertools
import time
from collections.abc import Callable, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Protocol

from effprof.measure.step_times import StepTime, TaskClocks, between

if TYPE_CHECKING:
    import torch

Step = Callable[[], object]


class Timer(Protocol):
    """Times steps in seconds.

    `waits` says that every step is waited for anyway; a sample of throughput is the mean of
    `steps_per_sample` steps.
    """

    waits: bool
    steps_per_sample: int

    def throughput(self, step: Step, count: int) -> list[float]:
        """Time `count` steps queued back to back, with one wait at the end."""

    def watched(self, step: Step, count: int) -> list[StepTime]:
        """Time them as `throughput` does, and say of each what held it up where that is known."""

    def latency(self, step: Step, count: int) -> list[float]:
        """Time `count` steps, each waited for before the next begins."""

    def phases(self, phases: Sequence[Step]) -> list[float]:
        """Time the phases of one step, one after the other."""


class CpuTimer:
    """The monotonic clock around each step; a CPU step is over when it returns."""

    waits = True
    steps_per_sample = 1

    def __init__(self, threads: int = 1, clock: Callable[[], float] = time.perf_counter) -> None:
        """`threads` run the steps; `clock` returns seconds, tests replace it."""
        self._threads = threads
        self._clock = clock

    def throughput(self, step: Step, count: int) -> list[float]:
        """Time `count` steps."""
        return [self._time(step) for _ in range(count)]

    def watched(self, step: Step, count: int) -> list[StepTime]:
        """Time `count` steps and read the clocks of their threads in between."""
        times = []
        with TaskClocks(self._threads) as clocks:
            before = clocks.now()
            for _ in range(count):
                seconds = self._time(step)
                after = clocks.now()
                times.append(between(seconds, before, after, alone=self._threads == 1))
                before = after
        return times

    def latency(self, step: Step, count: int) -> list[float]:
        """Time `count` steps; the same as throughput on a CPU."""
        return self.throughput(step, count)

    def phases(self, phases: Sequence[Step]) -> list[float]:
        """Time each phase."""
        return [self._time(phase) for phase in phases]

    def _time(self, step: Step) -> float:
        start = self._clock()
        step()
        return self._clock() - start


class CudaTimer:
    """CUDA events at step boundaries; the device is waited for once per batch of steps."""

    waits = False
    steps_per_sample = 1

    def __init__(self, device: "torch.device") -> None:
        """Time the current stream of `device`."""
        self._device = device

    def throughput(self, step: Step, count: int) -> list[float]:
        """Time `count` queued steps by the events between them."""
        return self._between([step] * count)

    def watched(self, step: Step, count: int) -> list[StepTime]:
        """Time them so; what the host waits for does not hold up the device."""
        return [StepTime(seconds) for seconds in self.throughput(step, count)]

    def latency(self, step: Step, count: int) -> list[float]:
        """Time `count` steps on the host clock, synchronising after each."""
        import torch

        samples = []
        torch.cuda.synchronize(self._device)
        for _ in range(count):
            start = time.perf_counter()
            step()
            torch.cuda.synchronize(self._device)
            samples.append(time.perf_counter() - start)
        return samples

    def phases(self, phases: Sequence[Step]) -> list[float]:
        """Time each phase by the events between them."""
        return self._between(phases)

    def _between(self, steps: Sequence[Step]) -> list[float]:
        import torch

        events = [torch.cuda.Event(enable_timing=True) for _ in range(len(steps) + 1)]
        torch.cuda.synchronize(self._device)
        events[0].record()
        for step, event in zip(steps, events[1:], strict=True):
            step()
            event.record()
        torch.cuda.synchronize(self._device)
        pairs = itertools.pairwise(events)
        return [start.elapsed_time(end) / 1e3 for start, end in pairs]


class RoundTimer:
    """Times rounds of steps and gives the mean step of each.

    A loader's processes finish their batches close together: single steps alternate between a long
    wait and none, and their median would be either.
    """

    def __init__(self, timer: Timer, steps: int) -> None:
        """`timer` times the steps, `steps` of them make a round."""
        self.waits = timer.waits
        self.steps_per_sample = steps
        self._timer = timer

    def throughput(self, step: Step, count: int) -> list[float]:
        """Time `count` rounds."""
        samples = self._timer.throughput(step, count * self.steps_per_sample)
        starts = range(0, len(samples), self.steps_per_sample)
        return [fmean(samples[start : start + self.steps_per_sample]) for start in starts]

    def watched(self, step: Step, count: int) -> list[StepTime]:
        """Time `count` rounds; that they wait for the loader tells nothing."""
        return [StepTime(seconds) for seconds in self.throughput(step, count)]

    def latency(self, step: Step, count: int) -> list[float]:
        """Time `count` single steps, each waited for."""
        return self._timer.latency(step, count)

    def phases(self, phases: Sequence[Step]) -> list[float]:
        """Time the phases of one step."""
        return self._timer.phases(phases)


def timer_for(device: "torch.device", threads: int, loader_workers: int = 0) -> Timer:
    """Return the timer that fits a device, its CPU threads and how many processes feed it."""
    timer: Timer = CudaTimer(device) if device.type == "cuda" else CpuTimer(threads)
    return RoundTimer(timer, loader_workers) if loader_workers else timer
