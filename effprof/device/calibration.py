"""Calibration: neutral sentinels, fixed work that tells how fast the machine itself is.

On a CPU it is NumPy's: square roots, which are single instructions of the processor, and copies
in a core's own cache and in memory, which are the C library's. On a GPU it is a copy, which is the
driver's, and a kernel that waits for a fixed number of clock cycles. None of it runs an operator
that a network runs.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial

from effprof.core.runs import Calibration, Moment, Work
from effprof.device.target import Target

#: Seconds that a window of time lasts at least, and how many there are. With five of 10 ms the
#: median of an idle core moves by some 1 % between two calibrations of a third of a second.
WINDOW_SECONDS = 0.01
WINDOWS = 5

#: Square roots in one unit: both arrays fit into the first cache (32 KiB).
ROOTS = 2048

#: Bytes copied in one unit. From 64 KiB to 64 KiB stays in a core's second cache; 128 MiB does not
#: fit into it, nor into the share of a larger cache that a neighbour leaves.
CACHED_BYTES = 2**16
MEMORY_BYTES = 2**27

#: Bytes copied on a GPU, beyond its cache, and clock cycles waited for: about a millisecond.
GPU_BYTES = 2**30
GPU_CYCLES = 2_000_000


def calibrate(target: Target, moment: Moment) -> tuple[Calibration, ...]:
    """Time every neutral sentinel of a device, one thread; call it in a bound worker."""
    taken_at = datetime.now(UTC).isoformat(timespec="milliseconds")
    works = _gpu_works(target) if target.kind == "cuda" else _cpu_works()
    return tuple(
        Calibration(name, moment, taken_at, _windows(unit, finish)) for name, unit, finish in works
    )


def _nothing() -> None:
    """Wait for nothing: work on a CPU is over when it returns."""


def _cpu_works() -> Iterator[tuple[Work, Callable[[], object], Callable[[], None]]]:
    import numpy as np

    numbers = np.linspace(1.0, 2.0, ROOTS)
    yield "square roots", partial(np.sqrt, numbers, out=np.empty_like(numbers)), _nothing
    sizes: tuple[tuple[Work, int], ...] = (
        ("cache copy", CACHED_BYTES),
        ("memory copy", MEMORY_BYTES),
    )
    for name, size in sizes:
        source = np.ones(size // 8)
        yield name, partial(np.copyto, np.ones_like(source), source), _nothing


def _gpu_works(
    target: Target,
) -> Iterator[tuple[Work, Callable[[], object], Callable[[], None]]]:
    import torch

    finish = partial(torch.cuda.synchronize, target.index)
    with torch.cuda.device(target.index):
        source = torch.empty(GPU_BYTES, dtype=torch.uint8, device=target.torch_name).random_()
        yield "memory copy", partial(torch.empty_like(source).copy_, source), finish
        # PyTorch's own tests wait on a GPU with it; no public function does.
        yield "clock", partial(torch.cuda._sleep, GPU_CYCLES), finish


def _windows(unit: Callable[[], object], finish: Callable[[], None]) -> tuple[float, ...]:
    """Time windows of as many units as fill each; the first unit warms up, the second is counted.

    Returns the mean seconds of a unit in each window.
    """

    def window(units: int) -> float:
        finish()
        start = time.perf_counter()
        for _ in range(units):
            unit()
        finish()
        return time.perf_counter() - start

    window(1)
    units = max(1, round(WINDOW_SECONDS / window(1)))
    return tuple(window(units) / units for _ in range(WINDOWS))
