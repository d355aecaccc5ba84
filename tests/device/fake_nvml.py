# ruff: noqa: N802, N815  # the names are NVML's
"""An NVML without a GPU: it answers like an H200, or raises on the calls it is told to."""

from types import SimpleNamespace


class FakeNvml:
    NVML_CLOCK_SM = 1
    NVML_CLOCK_MEM = 2
    NVML_TEMPERATURE_GPU = 0
    NVML_PERF_POLICY_POWER = 0
    NVML_PERF_POLICY_THERMAL = 1
    NVML_PERF_POLICY_SYNC_BOOST = 2
    NVML_PERF_POLICY_BOARD_LIMIT = 3
    NVML_PERF_POLICY_RELIABILITY = 5
    NVML_COMPUTEMODE_DEFAULT = 0
    NVML_COMPUTEMODE_EXCLUSIVE_THREAD = 1
    NVML_COMPUTEMODE_PROHIBITED = 2
    NVML_COMPUTEMODE_EXCLUSIVE_PROCESS = 3
    nvmlClocksThrottleReasonGpuIdle = 1
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
        #: Nanoseconds for which each policy has held the clocks down.
        self.held_ns = {}
        self.persistence = 1
        self.milliwatts = 700_000
        self.compute_mode = self.NVML_COMPUTEMODE_DEFAULT
        self.mig = 0
        #: How often it was opened, and which handles are held.
        self.open = 0
        self.handles = set()

    def __getattribute__(self, name):
        if name.startswith("nvml") and name in object.__getattribute__(self, "raising"):
            raise RuntimeError(f"{name}: Not Supported")
        return object.__getattribute__(self, name)

    def nvmlInit(self):
        self.open += 1

    def nvmlShutdown(self):
        self.open -= 1
        self.handles.clear()

    def nvmlSystemGetDriverVersion(self):
        return b"580.65.06"

    def nvmlDeviceGetHandleByUUID(self, uuid):
        self.handles.add(uuid)
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

    def nvmlDeviceGetViolationStatus(self, handle, policy):
        return SimpleNamespace(referenceTime=0, violationTime=self.held_ns.get(policy, 7_000))

    def nvmlDeviceGetPersistenceMode(self, handle):
        return self.persistence

    def nvmlDeviceGetPowerManagementLimit(self, handle):
        return self.milliwatts

    def nvmlDeviceGetPowerManagementDefaultLimit(self, handle):
        return 700_000

    def nvmlDeviceGetPowerManagementLimitConstraints(self, handle):
        return [200_000, 700_000]

    def nvmlDeviceGetComputeMode(self, handle):
        return self.compute_mode

    def nvmlDeviceGetMigMode(self, handle):
        return [self.mig, self.mig]

    def nvmlDeviceGetEccMode(self, handle):
        return [1, 1]


CALLS = [
    name for name, value in vars(FakeNvml).items() if name.startswith("nvml") and callable(value)
]
