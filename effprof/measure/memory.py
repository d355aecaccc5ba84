"""The memory pass: how much one step needs, in the numbers that a device can give."""

import resource
from typing import TYPE_CHECKING

from effprof.core.cells import Execution
from effprof.core.outcomes import MEMORY_NUMBERS, Memory
from effprof.measure.timers import Step

if TYPE_CHECKING:
    import torch


class MemoryPass:
    """Remembers what was in use before the model was built, then measures a step's peak."""

    def __init__(self, device: "torch.device", execution: Execution) -> None:
        """Take the baseline of an idle worker on `device`, for steps of one `execution`."""
        self._device = device
        self._execution = execution
        self._baseline = _in_use(device)

    def measure(self, step: Step) -> tuple[Memory, dict[str, str]]:
        """Run one step; return its peaks in bytes and the reasons for what is missing."""
        if self._device.type == "cuda":
            return self._measure_cuda(step)
        step()
        missing = {
            name: "the CPU allocator keeps no such number"
            for name in MEMORY_NUMBERS
            if name != "peak_rss_bytes"
        }
        if self._execution == "compile":
            return Memory(), missing | {"peak_rss_bytes": "it would include the compiler's memory"}
        # The mark never falls, so that it lies above the baseline.
        return Memory(peak_rss_bytes=_peak_rss() - self._baseline), missing

    def _measure_cuda(self, step: Step) -> tuple[Memory, dict[str, str]]:
        import torch

        torch.cuda.synchronize(self._device)
        held = self._lost()
        # What warm-up left cached (algorithm search) is no need of the step itself.
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(self._device)
        step()
        torch.cuda.synchronize(self._device)
        missing = {"peak_rss_bytes": "host memory is not measured on a GPU"}
        allocated: int | None = torch.cuda.max_memory_allocated(self._device)
        if self._execution == "cudagraph":
            allocated = None
            missing["peak_allocated_bytes"] = "a replayed graph uses its pool without allocating"
        memory = Memory(
            peak_allocated_bytes=allocated,
            peak_reserved_bytes=torch.cuda.max_memory_reserved(self._device),
            device_used_bytes=self._lost(),
            device_held_bytes=held,
        )
        for name in ("device_used_bytes", "device_held_bytes"):
            if getattr(memory, name) is None:
                missing[name] = "another process gave memory back meanwhile"
        return memory, missing

    def _lost(self) -> int | None:
        """Bytes that the device lost since the worker was idle; None where it gained some."""
        lost = _in_use(self._device) - self._baseline
        return None if lost < 0 else lost


def _in_use(device: "torch.device") -> int:
    import torch

    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        return total - free
    return _peak_rss()


def _peak_rss() -> int:
    """High-water mark of the resident set; a forked process starts with its present size."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
