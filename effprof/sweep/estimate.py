"""How long a repeat of a cell takes, told before any of it is measured.

A step is its arithmetic at the measured peak of the device, its bytes at the measured speed of
copies, and its operators; a repeat is its passes. The constants of a CPU are fitted to the
published runs and to runs on two other machines, by the logarithm of what steps took: half of the
steps are within a fifth, and all runs but those of training within a third (see
`tests/benchmarks/countdown.py`).
"""

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from effprof.core.cells import Cell, Mode, loader_workers
from effprof.core.costs import Cost, CostKey, StaticCost, cost_key
from effprof.core.runs import MeasureOptions, Peak


@dataclass(frozen=True, slots=True)
class Device:
    """What is assumed of a kind of device.

    `flops` and `bytes` per second stand in for peaks that are not measured, per CPU thread or per
    GPU: middling ones. A repeat takes `start` seconds for its worker and its first steps, `weight`
    for each parameter, `energy` for the pass of that name. A step takes `launch` seconds for each
    of its operators; to compile takes `compile` for each of them, and to read the trace of a
    profile `trace`.
    """

    flops: float
    bytes: float
    start: float
    weight: float
    launch: float
    compile: float
    trace: float = 0.0
    energy: float = 0.0


#: GPU: what torch takes to launch an operator, and the seconds of the published model of pieces
#: (`reports/budget.py`): 18 rows of a trace for an operator, 6 steps, 45 us a row; 20 s to compile
#: B0. CPU: CPU time of one pinned core of a Xeon, 45 s for ResNet-50 and 75 s for B0.
DEVICES = {
    "cpu": Device(flops=150e9, bytes=30e9, start=0.25, weight=12e-9, launch=20e-6, compile=0.28),
    "cuda": Device(
        flops=20e12,
        bytes=1e12,
        start=4.0,
        weight=12e-9,
        launch=10e-6,
        compile=0.085,
        trace=5e-3,
        energy=2.0,
    ),
}

#: Steps take so many times the time of their arithmetic at the peak, and of their bytes as copies;
#: those of training more, whose operands have left the caches.
FLOPS_FACTOR, BYTES_FACTOR = 2.0, 1.75
MODE_FACTOR: Mapping[Mode, float] = {"infer": 1.0, "train": 1.7}

#: Seconds of a step whose cost nobody could count: launching a few hundred operators.
UNCOUNTED_STEP_SECONDS = 0.003

#: The interval of a noisy cell needs more samples than the fewest: the mean over published runs.
NOISE = 1.25

#: Timing passes of a cell beside other programs: one that they disturb is taken again.
PASSES_IF_BUSY = 2

#: Steps of the memory pass, the latency pass and the first step, beside warm-up and samples.
EXTRA_STEPS = 3

#: The profile pass: seconds of steps it aims at, fewest and most steps, and its warm-up step.
PROFILE_SECONDS, PROFILE_STEPS, PROFILE_WARM_UP = 2.0, (3, 20), 1
PROFILE_OVERHEAD = 1.1

#: Seconds that compiling adds to a repeat whose kernels lie in the cache, and where nobody could
#: count what is compiled.
CACHED_SECONDS, UNCOUNTED_COMPILE_SECONDS = 3.0, 20.0

#: Seconds in which one process decodes, resizes and normalises a JPEG file (measured: 4.3 ms), and
#: in which the files are written (measured: 1.4 s for 64).
JPEG_SECONDS, WRITING_SECONDS = 0.005, 2.0

#: Seconds of measuring the machine itself once, and its peaks for one precision and thread count.
CALIBRATION_SECONDS = 0.7
PEAKS_SECONDS = 4.5


@dataclass(frozen=True, slots=True)
class Estimator:
    """Estimates how long repeats take on one kind of device, by its peaks where there are any.

    `busy` says that other programs disturb them.
    """

    device_kind: str
    options: MeasureOptions
    costs: Mapping[CostKey, StaticCost] = field(default_factory=dict)
    peaks: tuple[Peak, ...] = ()
    busy: bool = False

    def seconds(self, cell: Cell, index: int) -> float:
        """Estimate the seconds of one repeat of a cell, counted from 0, worker and all."""
        device, cost = DEVICES[self.device_kind], self.costs.get(cost_key(cell))
        options, step = self.options.of_repeat(index), self.step_seconds(cell)
        seconds = device.start + EXTRA_STEPS * step
        seconds += device.weight * cost.parameters if cost else 0.0
        seconds += device.energy if options.energy_repeats != 0 else 0.0
        if cell.execution == "compile":
            seconds += self._compiling(cost, index, options)
        if workers := loader_workers(cell.loader):
            # Fed steps are sampled by rounds, in which each process decodes a batch; none is split.
            sample = max(step * workers, cell.batch_size * JPEG_SECONDS)
            return seconds + WRITING_SECONDS + self._sampling(sample, options)
        if options.profile:
            seconds += _profiling(step) + (device.trace * cost.total.ops if cost else 0.0)
        return seconds + self._sampling(step, options)

    def step_seconds(self, cell: Cell) -> float:
        """Estimate the seconds of one step of a cell."""
        cost, device = self.costs.get(cost_key(cell)), DEVICES[self.device_kind]
        if cost is None:
            return UNCOUNTED_STEP_SECONDS
        threads = cell.threads if self.device_kind == "cpu" else 1
        alike = [peak for peak in self.peaks if peak.threads == cell.threads]
        products = [peak for peak in alike if peak.kind != "copy"]
        own = [peak for peak in products if peak.precision == cell.precision] or products
        flops = max((peak.value for peak in own), default=device.flops * threads)
        # The middle one of a CPU's copies, in its last cache, tells its steps best.
        copies = [peak.value for peak in alike if peak.kind == "copy"] or [device.bytes]
        ran = _ran(cost, cell)
        work = FLOPS_FACTOR * ran.flops / flops
        traffic = BYTES_FACTOR * ran.bytes_moved / statistics.median_low(copies)
        return (work + traffic + device.launch * ran.ops) * MODE_FACTOR[cell.mode]

    def _compiling(self, cost: StaticCost | None, index: int, options: MeasureOptions) -> float:
        """Seconds of compiling: twice on a CPU that profiles, whose kernels get names for it."""
        per_op, times = DEVICES[self.device_kind].compile, 1
        if options.profile and self.device_kind == "cpu":
            times = 2
        if index > 0:
            return times * CACHED_SECONDS
        return times * (per_op * cost.total.ops if cost else UNCOUNTED_COMPILE_SECONDS)

    def _sampling(self, sample: float, options: MeasureOptions) -> float:
        """Seconds of the warm-up and of the timing, of samples that take so long."""
        warm_up = max(options.warmup_seconds, options.warmup_steps * sample)
        timing = NOISE * max(options.min_seconds, options.min_samples * sample)
        timing = min(timing, max(options.time_cap_seconds, sample))
        return warm_up + timing * (PASSES_IF_BUSY if self.busy else 1)


def peaks_seconds(cells: Iterable[Cell]) -> float:
    """Estimate the seconds in which the peaks of a device are measured for its cells."""
    return PEAKS_SECONDS * len({(cell.precision, cell.threads) for cell in cells})


def _ran(cost: StaticCost, cell: Cell) -> Cost:
    """Sum what a step runs: folded norms are none of it."""
    if cell.execution != "bn-folded" or not cost.by_role:
        return cost.total
    return sum((each for role, each in cost.by_role.items() if role != "norm"), Cost())


def _profiling(step: float) -> float:
    least, most = PROFILE_STEPS
    steps = min(most, max(least, int(PROFILE_SECONDS / step)))
    return PROFILE_OVERHEAD * step * (PROFILE_WARM_UP + steps)
