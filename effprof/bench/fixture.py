"""What the fixture `effprof` hands to a test: one call, timed, and what must be known of it."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import pytest
import torch

from effprof.core.cells import MemoryFormat, Mode
from effprof.core.runs import Fingerprint
from effprof.cost.operators import count_operator
from effprof.device.nvml import Nvml
from effprof.device.target import Target
from effprof.measure.calls import Clock, place, time_calls
from effprof.measure.conditions import CpuWatch, GpuWatch, Watch

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

#: Version of what is added to the JSON of pytest-benchmark: `effprof` and every `extra_info`.
SCHEMA = 1

#: Calls before the timed ones, beside those of pytest-benchmark's calibration (the probe: within
#: 10 % of the median by the fourth call on one thread). The very first is kept apart.
WARMUP_CALLS = 4

_FORMATS = {"nchw": torch.contiguous_format, "nhwc": torch.channels_last}


@dataclass(frozen=True, slots=True)
class Session:
    """What the benchmarks of one pytest session share; `started_at` is UTC in ISO 8601."""

    target: Target
    device: torch.device
    clock: Clock
    fingerprint: Fingerprint
    started_at: str


@dataclass(frozen=True, slots=True)
class Bench:
    """The fixture: call it once with a function, or a module, and the tensors it works on.

    `batch_size` and `threads` are those of the options; `settings` are the flags in force.
    """

    session: Session
    batch_size: int
    threads: int
    settings: dict[str, str]
    _benchmark: "BenchmarkFixture"

    @property
    def device(self) -> torch.device:
        """The device of `--effprof-device`."""
        return self.session.device

    def randn(self, *shape: int, memory_format: MemoryFormat = "nchw") -> torch.Tensor:
        """Make a random tensor of a shape such as (N, C, H, W) on the device.

        Random, because zeros run faster than real contents on GPUs.
        """
        made = torch.randn(*shape, device=self.device)
        return made.contiguous(memory_format=_FORMATS[memory_format])

    def __call__(
        self, function: Callable[..., Any], *inputs: torch.Tensor, mode: Mode = "infer"
    ) -> Any:  # noqa: ANN401  # whatever the function returns
        """Time `function(*inputs)`, or with mode `train` the call and its backward pass.

        A module is moved to the device and put into the mode. Returns what the timed call does:
        the output, or the gradients. Fails where an input is on another device.
        """
        self._refuse_strangers(inputs)
        if isinstance(function, torch.nn.Module):
            function.to(self.device)
        with torch.inference_mode() if mode == "infer" else nullcontext():
            call = place(function, inputs, mode)
            if self._benchmark.disabled:
                return self._benchmark(call, *inputs)
            warm = time_calls(call, inputs, self.session.clock, 1 + WARMUP_CALLS)
            result, watched = _watch(self.session.target, self.threads).during(
                lambda: self._benchmark(call, *inputs), lambda _: self._timed_calls()
            )
        self._benchmark.extra_info |= _described(inputs) | _counted(function, inputs, mode)
        self._benchmark.extra_info["missing"] |= watched.missing
        self._benchmark.extra_info |= {
            "schema": SCHEMA,
            "device": str(self.device),
            "threads": self.threads,
            "mode": mode,
            "torch": str(torch.__version__),
            "first_call_seconds": warm[0],
            "warmup_seconds": warm[1:],
            "conditions": asdict(watched.conditions),
            "invalid_reasons": [each.text for each in watched.troubles],
            "settings": self.settings,
        }
        return result

    def _refuse_strangers(self, inputs: tuple[torch.Tensor, ...]) -> None:
        for position, each in enumerate(inputs):
            if each.device != self.device:
                pytest.fail(
                    f"input {position} is on {each.device}, the benchmark on {self.device};"
                    " make it with effprof.randn(...) or move it to effprof.device",
                    pytrace=False,
                )

    def _timed_calls(self) -> int:
        timed: Any = self._benchmark.stats
        return int(timed.stats.rounds * timed.iterations)


def _watch(target: Target, threads: int) -> Watch:
    return GpuWatch(target, Nvml()) if target.kind == "cuda" else CpuWatch(threads, ())


def _described(inputs: tuple[torch.Tensor, ...]) -> dict[str, Any]:
    """Shapes in order, element type and memory format of the first input."""
    first = inputs[0] if inputs else torch.empty(0)
    # A map of one channel or one pixel is both.
    nhwc = not first.is_contiguous() and first.is_contiguous(memory_format=torch.channels_last)
    return {
        "shapes": [list(each.shape) for each in inputs],
        "dtype": str(first.dtype).removeprefix("torch."),
        "memory_format": "nhwc" if nhwc else "nchw",
    }


def _counted(
    function: Callable[..., Any], inputs: tuple[torch.Tensor, ...], mode: Mode
) -> dict[str, Any]:
    """FLOPs and unfused bytes of a call; null with the reason where they cannot be counted."""
    try:
        cost = count_operator(function, inputs, mode)
    except (RuntimeError, TypeError, ValueError) as error:
        reason = f"not countable without contents: {' '.join(str(error).split())}"
        return {"flops": None, "bytes": None, "missing": {"flops": reason, "bytes": reason}}
    return {"flops": cost.flops, "bytes": cost.bytes_moved, "missing": {}}
