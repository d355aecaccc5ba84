"""Peaks are work over time: the work is counted here by hand, the time is one second."""

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
