"""The memory pass: how much one step needs, in the numbers that a device can give."""

import resource
from typing import TYPE_CHECKING

from effprof.core.outcomes import Memory
from effprof.measure.timers import Step

if TYPE_CHECKING:
    import torch


class MemoryPass:
    """Remembers what was in use before the model was built, then measures a step's peak."""

    def __init__(self, device: "torch.device") -> None:
        """Take the baseline of an idle worker on `device`."""
        self._device = device
        self._baseline = _in_use(device)

    def measure(self, step: Step) -> tuple[Memory, dict[str, str]]:
        """Run one step; return its peaks in bytes and the reasons for what is missing."""
        if self._device.type == "cuda":
            return self._measure_cuda(step)
        step()
        grown = max(0, _peak_rss() - self._baseline)
        reason = "the CPU allocator keeps no such number"
        missing = dict.fromkeys(
            ("peak_allocated_bytes", "peak_reserved_bytes", "device_used_bytes"), reason
        )
        return Memory(peak_rss_bytes=grown), missing

    def _measure_cuda(self, step: Step) -> tuple[Memory, dict[str, str]]:
        import torch

        torch.cuda.synchronize(self._device)
        # What warm-up left cached (algorithm search) is no need of the step itself.
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(self._device)
        step()
        torch.cuda.synchronize(self._device)
        memory = Memory(
            peak_allocated_bytes=torch.cuda.max_memory_allocated(self._device),
            peak_reserved_bytes=torch.cuda.max_memory_reserved(self._device),
            device_used_bytes=max(0, _in_use(self._device) - self._baseline),
        )
        return memory, {"peak_rss_bytes": "host memory is not measured on a GPU"}


def _in_use(device: "torch.device") -> int:
    import torch

    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        return total - free
    return _peak_rss()


def _peak_rss() -> int:
    """High-water mark of the resident set; a forked process starts with its present size."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
