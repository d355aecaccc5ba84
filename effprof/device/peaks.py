"""Measured peaks: what the device reaches on work that suits it best, not its data sheet.

A matrix product alone understates a CPU more than twofold, so a 3x3 convolution is measured
beside it and the larger one counts. Copies are measured in main memory and in every cache but the
first: what a call costs, about a microsecond, is as long as a copy within that one takes.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from effprof.core.cells import Precision
from effprof.core.runs import Peak
from effprof.device.machine import read_cpu
from effprof.device.precision import PRECISION_MODES, set_precision, unsupported_reason
from effprof.device.target import Target

KIB, MIB = 2**10, 2**20


@dataclass(frozen=True, slots=True)
class PeakSizes:
    """Problem sizes of one kind of device: product edge, convolution shape, bytes copied."""

    matmul: tuple[int, ...]
    conv: tuple[tuple[int, int, int], ...]
    copy: tuple[int, ...]


#: CPU: one that fits in cache; convolutions as in ResNet stages 2 and 4. GPU: large enough to
#: fill it. Copies of a CPU: main memory, and two caches where it does not tell the sizes of its own
#: (`copy_sizes`). Of a GPU: its memory alone. Both halves of a copy that its cache of some 50 MB
#: can hold (8 MiB, 16 MiB) are moved in 3 to 6 us: as long as a launch takes, and even replayed in
#: a CUDA graph a good part of that is the gap between two kernels. 64 MiB take some 30 us, so that
#: launches hide behind them.
SIZES = {
    "cpu": PeakSizes((1024,), ((16, 256, 14), (16, 64, 56)), (256 * MIB, 16 * MIB, MIB)),
    "cuda": PeakSizes((4096, 8192), ((128, 256, 28),), (1024 * MIB, 64 * MIB)),
}

#: Part of a cache that each half of a copy in it takes: it fits twice, whatever else is there.
CACHE_PART = 4

#: Seconds that one timing window lasts at least, and how many windows compete for the best.
WINDOW_SECONDS = 0.1
WINDOWS = 4


def measure_peaks(
    target: Target, precisions: tuple[Precision, ...], threads: int
) -> tuple[Peak, ...]:
    """Measure products and convolutions per precision and copies once, with random contents.

    Zeros would run faster than real contents on GPUs. Call it in a worker.
    """
    import torch

    torch.set_num_threads(threads)
    sizes = SIZES[target.kind]
    peaks: list[Peak] = []
    with torch.inference_mode():
        for precision in precisions:
            if unsupported_reason(precision, target.kind) is None:
                set_precision(precision)
                peaks += _products(target, precision, sizes, threads)
        peaks += _copies(target, _copied(target), threads)
    return tuple(peaks)


def copy_sizes(caches: Iterable[tuple[str, int]]) -> tuple[int, ...]:
    """Choose bytes to copy on a CPU, largest first: main memory, then one per cache from L2 on.

    `caches` are (level, bytes); of levels that differ between cores the smaller counts. A copy is a
    power of two, so that machines of about equal caches are compared by the same sizes. Empty where
    no such cache is known.

    >>> [size // KIB for size in copy_sizes([("L1d", 32 * KIB), ("L2", MIB), ("L3", 32 * MIB)])]
    [262144, 8192, 256]
    """
    sizes: dict[str, int] = {}
    for level, size in caches:
        if not level.startswith("L1"):
            sizes[level] = min(size, sizes.get(level, size))
    if not sizes:
        return ()
    inner = [2 ** ((size // CACHE_PART).bit_length() - 1) for size in sizes.values()]
    memory = max(SIZES["cpu"].copy[0], *sizes.values())
    return (memory, *sorted(inner, reverse=True))


def _copied(target: Target) -> tuple[int, ...]:
    """Give the bytes that are copied on a device."""
    own = copy_sizes(read_cpu().caches or ()) if target.kind == "cpu" else ()
    return own or SIZES[target.kind].copy


def _products(target: Target, precision: Precision, sizes: PeakSizes, threads: int) -> list[Peak]:
    import torch

    dtype = getattr(torch, PRECISION_MODES[precision].dtype_name)
    device = torch.device(target.torch_name)
    peaks = []
    for n in sizes.matmul:
        a = torch.randn(n, n, device=device, dtype=dtype)
        b = torch.randn(n, n, device=device, dtype=dtype)
        seconds = _best(partial(torch.matmul, a, b), target)
        peaks.append(Peak("matmul", precision, f"{n}", 2 * n**3 / seconds, threads))
    for batch, channels, edge in sizes.conv:
        x = torch.randn(batch, channels, edge, edge, device=device, dtype=dtype)
        w = torch.randn(channels, channels, 3, 3, device=device, dtype=dtype)
        x, w = (t.contiguous(memory_format=torch.channels_last) for t in (x, w))
        seconds = _best(partial(torch.nn.functional.conv2d, x, w, padding=1), target)
        flops = 2 * batch * channels * channels * 9 * edge**2
        size = f"{channels}x{edge}x{edge} b{batch}"
        peaks.append(Peak("conv3x3", precision, size, flops / seconds, threads))
    return peaks


def _copies(target: Target, sizes: tuple[int, ...], threads: int) -> list[Peak]:
    import torch

    peaks = []
    for size in sizes:
        source = torch.randn(size // 4, device=target.torch_name)
        goal = torch.empty_like(source)
        seconds = _best(partial(goal.copy_, source), target)
        # A copy reads every byte once and writes it once.
        peaks.append(Peak("copy", "fp32", _size(size), 2 * size / seconds, threads))
    return peaks


def _size(size: int) -> str:
    """Write bytes that are copied.

    >>> _size(256 * MIB), _size(256 * KIB)
    ('256 MiB', '256 KiB')
    """
    return f"{size // MIB} MiB" if size % MIB == 0 else f"{size // KIB} KiB"


def _best(work: Callable[[], object], target: Target) -> float:
    """Shortest mean time of `work` over several windows, in seconds."""
    import torch

    def synchronise() -> None:
        if target.kind == "cuda":
            torch.cuda.synchronize(target.index)

    def window(count: int) -> float:
        synchronise()
        start = time.perf_counter()
        for _ in range(count):
            work()
        synchronise()
        return time.perf_counter() - start

    window(1)
    count = max(1, round(WINDOW_SECONDS / window(1)))
    return min(window(count) / count for _ in range(WINDOWS))
