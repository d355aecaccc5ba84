import time

import pytest
import torch

from effprof.measure import calls
from effprof.measure.calls import place, settled, time_calls, waiting_clock


class FakeGpu:
    """A device that takes work and does it while it is waited for, on a clock of its own."""

    def __init__(self):
        self.now = 0.0
        self.queued = 0.0

    def launch(self, seconds):
        self.queued += seconds

    def synchronize(self, device):
        self.now += self.queued
        self.queued = 0.0


@pytest.fixture
def gpu(monkeypatch):
    fake = FakeGpu()
    monkeypatch.setattr(torch.cuda, "synchronize", fake.synchronize)
    monkeypatch.setattr(calls.time, "perf_counter", lambda: fake.now)
    return fake


def test_the_clock_of_a_gpu_waits_for_what_was_queued(gpu):
    clock = waiting_clock(torch.device("cuda:0"))
    gpu.launch(5.0)  # of an earlier call: belongs to no sample
    assert time_calls(gpu.launch, [0.25], clock, 3) == [0.25, 0.25, 0.25]


def test_a_clock_that_does_not_wait_sees_nothing_of_it(gpu):
    assert time_calls(gpu.launch, [0.25], time.perf_counter, 3) == [0.0, 0.0, 0.0]


def test_the_clock_of_a_cpu_is_the_plain_one():
    assert waiting_clock(torch.device("cpu")) is time.perf_counter


def test_flags_and_threads_are_put_back():
    def flags():
        cudnn = torch.backends.cudnn
        return (
            *(torch.get_num_threads(), torch.get_float32_matmul_precision()),
            *(cudnn.allow_tf32, cudnn.benchmark, cudnn.deterministic),
        )

    before = flags()
    with settled(threads=before[0] + 1, precision="fp32") as settings:
        assert flags() == (before[0] + 1, "highest", False, True, False)
        assert settings["threads"] == str(before[0] + 1)
    assert flags() == before


def test_the_backward_call_returns_what_autograd_computes():
    torch.manual_seed(0)
    x = torch.randn(5)
    [gradient] = place(torch.square, [x], "train")(x)
    torch.manual_seed(0)
    torch.randn(5)
    assert torch.allclose(gradient, 2 * x * torch.randn(5))
