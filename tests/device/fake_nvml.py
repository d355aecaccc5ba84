# ruff: noqa: N802, N815  # the names are NVML's
"""An NVML without a GPU: it answers like an H200, or raises on the calls it is told to."""

from types import SimpleNamespace


class FakeNvml:
    NVML_CLOCK_SM = 1
    NVML_CLOCK_MEM = 2
    NVML_TEMPERATURE_GPU = 0
    nvmlClocksThrottleReasonSwPowerCap = 4
    nvmlClocksThrottleReasonHwSlowdown = 8
    nvmlClocksThrottleReasonSwThermalSlowdown = 32
    nvmlClocksThrottleReasonHwThermalSlowdown = 64
    nvmlClocksThrottleReasonHwPowerBrakeSlowdown = 128

    def __init__(self, raising=(), throttle=0, pids=(1,)):
        self.raising = set(raising)
        self.throttle = throttle
        self.pids = pids
        self.millijoules = 1_000_000

    def __getattribute__(self, name):
        if name.startswith("nvml") and name in object.__getattribute__(self, "raising"):
            raise RuntimeError(f"{name}: Not Supported")
        return object.__getattribute__(self, name)

    def nvmlInit(self):
        return None

    def nvmlSystemGetDriverVersion(self):
        return b"580.65.06"

    def nvmlDeviceGetHandleByUUID(self, uuid):
        return uuid

    def nvmlDeviceGetClockInfo(self, handle, kind):
        return {1: 1980, 2: 3201}[kind]

    def nvmlDeviceGetTemperature(self, handle, sensor):
        return 55

    def nvmlDeviceGetPowerUsage(self, handle):
        return 412_000

    def nvmlDeviceGetTotalEnergyConsumption(self, handle):
        self.millijoules += 500_000
        return self.millijoules

    def nvmlDeviceGetCurrentClocksThrottleReasons(self, handle):
        return self.throttle

    def nvmlDeviceGetComputeRunningProcesses(self, handle):
        return [SimpleNamespace(pid=pid) for pid in self.pids]


CALLS = [
    name for name, value in vars(FakeNvml).items() if name.startswith("nvml") and callable(value)
]
