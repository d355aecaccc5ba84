"""Peaks are work over time: the work is counted here by hand, the time is one second."""

from dataclasses import replace

import pytest

from effprof.device import peaks
from effprof.device.target import Target

CPU = Target("cpu", "this CPU", "asked for")


@pytest.fixture
def one_second(monkeypatch):
    """Run every piece of work once and say that it took a second."""

    def best(work, target):
        work()
        return 1.0

    monkeypatch.setattr(peaks, "_best", best)
    small = peaks.PeakSizes((8,), ((2, 3, 5),), (4096,))
    monkeypatch.setitem(peaks.SIZES, "cpu", small)
    monkeypatch.setattr(peaks, "_copied", lambda target: small.copy)


def test_products_copies_and_convolutions_count_their_work(one_second):
    measured = {
        (peak.kind, peak.precision): peak.value
        for peak in peaks.measure_peaks(CPU, ("fp32", "amp-bf16", "tf32"), threads=1)
    }
    matmul = sum(1 for _ in range(8 * 8) for _ in range(8)) * 2
    convolution = 2 * (2 * 3 * 5 * 5) * (3 * 3 * 3)
    assert measured == {
        ("matmul", "fp32"): matmul,
        ("conv3x3", "fp32"): convolution,
        ("matmul", "amp-bf16"): matmul,
        ("conv3x3", "amp-bf16"): convolution,
        ("copy", "fp32"): 2 * 4096,
    }


KIB, MIB = 2**10, 2**20


@pytest.mark.parametrize(
    "caches",
    [
        [("L1d", 32 * KIB), ("L1i", 32 * KIB), ("L2", MIB), ("L3", 32 * MIB)],
        [("L1d", 48 * KIB), ("L2", 2 * MIB), ("L3", 480 * MIB)],
        [("L2", 512 * KIB), ("L2", 2 * MIB), ("L3", 8 * MIB)],
        [("L1d", 64 * KIB), ("L2", 1280 * KIB)],
    ],
)
def test_a_copy_stays_in_each_cache_but_the_first_and_one_in_none(caches):
    sizes = {}
    for level, size in caches:
        sizes[level] = min(size, sizes.get(level, size))
    levels = sorted(size for name, size in sizes.items() if not name.startswith("L1"))
    memory, *inner = peaks.copy_sizes(caches)
    assert 2 * memory > max(levels)
    for copied, cache in zip(reversed(inner), levels, strict=True):
        assert cache / 4 < 2 * copied <= cache / 2
    assert all(2 * copied > cache for copied, cache in zip(inner[-2::-1], levels, strict=False))


def test_a_cpu_that_tells_no_caches_copies_what_is_usual(monkeypatch):
    assert peaks.copy_sizes([("L1d", 32 * KIB)]) == ()
    unknown = replace(peaks.read_cpu(), caches=None)
    monkeypatch.setattr(peaks, "read_cpu", lambda: unknown)
    assert peaks._copied(CPU) == peaks.SIZES["cpu"].copy


def test_the_best_window_counts():
    calls = []
    seconds = peaks._best(lambda: calls.append(1), CPU)
    assert 0 < seconds < peaks.WINDOW_SECONDS
    assert len(calls) > peaks.WINDOWS


#: The fastest memory of a GPU at hand, an H200's, in bytes/s, and its largest cache, in bytes.
GPU_BANDWIDTH = 4.8e12
GPU_CACHE = 50 * 2**20

#: Seconds that a launch from Python takes at most on a usual host.
LAUNCH_SECONDS = 1e-5


def test_a_copy_on_a_gpu_outlasts_its_launch_and_its_cache():
    for size in peaks.SIZES["cuda"].copy:
        assert 2 * size / GPU_BANDWIDTH > 2 * LAUNCH_SECONDS
        assert 2 * size > 2 * GPU_CACHE
