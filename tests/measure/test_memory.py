"""The memory pass on a GPU: what a step needs, and what the device lost with all that is kept."""

import pytest
import torch

from effprof.measure.memory import MemoryPass

MIB = 2**20


class Device:
    """A GPU of 1000 MiB on whose memory an allocator keeps what steps gave back."""

    def __init__(self):
        self.elsewhere = 100
        self.used = self.cached = 0

    def install(self, monkeypatch):
        monkeypatch.setattr(torch.cuda, "mem_get_info", self.info)
        monkeypatch.setattr(torch.cuda, "empty_cache", self.empty)
        monkeypatch.setattr(torch.cuda, "synchronize", lambda device: None)
        monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda device: None)
        monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: self.used * MIB)
        monkeypatch.setattr(
            torch.cuda, "max_memory_reserved", lambda device: (self.used + self.cached) * MIB
        )

    def info(self, device):
        return (1000 - self.elsewhere - self.used - self.cached) * MIB, 1000 * MIB

    def empty(self):
        self.cached = 0

    def step(self):
        self.used, self.cached = 200, 30


@pytest.fixture
def device(monkeypatch):
    made = Device()
    made.install(monkeypatch)
    return made


def test_what_the_device_held_is_read_before_the_cache_is_emptied(device):
    memory_pass = MemoryPass(torch.device("cuda"), "eager")
    device.used, device.cached = 200, 450  # warm-up searched for algorithms
    memory, missing = memory_pass.measure(device.step)
    assert memory.device_held_bytes == 650 * MIB
    assert memory.device_used_bytes == 230 * MIB
    assert memory.peak_reserved_bytes >= memory.peak_allocated_bytes
    assert set(missing) == {"peak_rss_bytes"}


def test_memory_that_another_process_gave_back_meanwhile_is_no_number(device):
    memory_pass = MemoryPass(torch.device("cuda"), "eager")
    device.elsewhere = 0
    memory, missing = memory_pass.measure(lambda: None)
    assert memory.device_held_bytes is None
    assert memory.device_used_bytes is None
    assert "gave memory back" in missing["device_held_bytes"]
    assert "gave memory back" in missing["device_used_bytes"]
