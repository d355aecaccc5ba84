"""What the doctor says of a GPU: how it is set up, what is in the way, what a person should do."""

import os
from dataclasses import asdict

import pytest

from effprof.device.examine_gpu import SLOW_START, Start, examine_gpu, start_on
from effprof.device.nvml import LIMITS, GpuSettings, GpuState, Nvml
from effprof.device.target import Target
from tests.device.fake_nvml import FakeNvml

GPU = Target("cuda", "H200", "asked for", 1, "GPU-1")
SOON = Start(fork=0.05, cuda=0.25, kernel=0.02)

POINTS = ["start", "persistence", "power limit", "compute mode", "MIG", "ECC", "processes", "NVML"]


def examined(start=SOON, raising=(), pids=None, **state):
    """Examine a GPU whose NVML answers as given: point -> check."""
    fake = FakeNvml(raising=raising, pids=pids or (os.getpid(),))
    for name, value in state.items():
        assert hasattr(fake, name)
        setattr(fake, name, value)
    found = examine_gpu(GPU, start, Nvml(fake))
    for check in found:
        assert check.found
        assert (check.standing == "good") == (not check.remedy)
    return {check.point.removeprefix("GPU 1 "): check for check in found}


def test_a_gpu_that_stands_well_has_all_points_and_no_remedy():
    found = examined()
    assert list(found) == POINTS
    assert {check.standing for check in found.values()} == {"good"}
    assert found["power limit"].found == "700 W (default 700 W, at most 700 W)"
    assert found["start"].found.startswith("0.32 s to a first kernel (fork 0.05 s, CUDA 0.25 s")


@pytest.mark.parametrize(
    ("point", "standing", "state", "remedy"),
    [
        ("persistence", "limited", {"persistence": 0}, "sudo nvidia-smi -i GPU-1 -pm 1"),
        ("power limit", "limited", {"milliwatts": 350_000}, "sudo nvidia-smi -i GPU-1 -pl 700"),
        ("compute mode", "bad", {"compute_mode": 2}, "sudo nvidia-smi -i GPU-1 -c DEFAULT"),
        ("compute mode", "limited", {"compute_mode": 3}, "sudo nvidia-smi -i GPU-1 -c DEFAULT"),
        ("MIG", "limited", {"mig": 1}, "sudo nvidia-smi -i GPU-1 -mig 0"),
        ("processes", "bad", {"pids": (os.getpid(), 0)}, "--allow-busy"),
        ("start", "limited", {"start": Start(0.1, SLOW_START, 0.1)}, "persistence mode"),
        ("start", "bad", {"start": "all CUDA-capable devices are busy"}, "no kernel"),
    ],
)
def test_trouble_is_named_with_what_a_person_should_do(point, standing, state, remedy):
    found = examined(**state)
    assert found[point].standing == standing
    assert remedy in found[point].remedy
    others = [check.standing for name, check in found.items() if name != point]
    assert set(others) == {"good"}


def test_nothing_is_ever_set():
    class Watching(FakeNvml):
        def __getattribute__(self, name):
            assert "Set" not in name
            return super().__getattribute__(name)

    assert examine_gpu(GPU, SOON, Nvml(Watching()))


def test_what_nvml_refuses_is_named_once_with_its_reason():
    found = examined(raising=["nvmlDeviceGetEccMode", "nvmlDeviceGetTotalEnergyConsumption"])
    assert list(found) == [point for point in POINTS if point != "ECC"]
    assert found["NVML"].standing == "limited"
    assert found["NVML"].found == (
        "cannot read: ecc (NVML: nvmlDeviceGetEccMode: Not Supported);"
        " energy joules (NVML: nvmlDeviceGetTotalEnergyConsumption: Not Supported)"
    )


def test_a_gpu_without_nvml_has_one_line_for_all_that_is_unknown():
    found = examined(raising=["nvmlInit"])
    assert list(found) == ["start", "NVML"]
    fields = (asdict(GpuSettings()) | asdict(GpuState())).keys() - {"missing"}
    for name in (*fields, *LIMITS):
        assert name.replace("_", " ") in found["NVML"].found
    assert found["NVML"].found.count("nvmlInit: Not Supported") == 1


def test_without_a_kernel_of_ours_nobody_is_counted_off():
    assert "processes" not in examined(start="the device is busy", pids=(1,))


def test_where_there_is_no_gpu_the_start_says_why(monkeypatch):
    monkeypatch.setattr("torch.cuda.init", no_driver)
    assert start_on(GPU, asked_at=0.0) == "Found no NVIDIA driver on your system"


def no_driver():
    raise RuntimeError("Found no NVIDIA driver on your system. Please check\nthat you have one")


def test_a_start_is_split_into_its_parts(monkeypatch):
    ticks = iter([100.5, 101.0, 103.0])
    monkeypatch.setattr("effprof.device.examine_gpu.time.monotonic", lambda: next(ticks))
    monkeypatch.setattr("torch.cuda.init", lambda: None)
    monkeypatch.setattr("torch.cuda.synchronize", lambda device: None)
    start = start_on(Target("cpu", "in place of a GPU", ""), asked_at=100.0)
    assert start == Start(fork=0.5, cuda=0.5, kernel=2.0)
    assert start.seconds == 3.0
