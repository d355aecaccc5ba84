"""What is profiled: a model and its step, phase by phase."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, get_args

import torch
from torch import nn

from effprof.core.cells import Execution
from effprof.core.costs import Phase


class Step(Protocol):
    """A step as the measuring loop runs it: the whole, and its phases where it has any."""

    @property
    def run(self) -> Callable[[], object]:
        """Run the whole step."""

    @property
    def phases(self) -> Sequence[Callable[[], object]]:
        """Forward, backward and optimizer of a training step; else empty."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A model with its step. A step that has no phases, or replays them at once, is all forward."""

    model: nn.Module
    phases: tuple[tuple[Phase, Callable[[], object]], ...]
    device: torch.device
    execution: Execution = "eager"

    @classmethod
    def of(
        cls, model: nn.Module, step: Step, device: torch.device, execution: Execution = "eager"
    ) -> "Subject":
        """Take a step apart into its phases."""
        runs = tuple(step.phases) or (step.run,)
        phases: tuple[Phase, ...] = get_args(Phase)
        return cls(model, tuple(zip(phases, runs, strict=False)), device, execution)

    @property
    def on_gpu(self) -> bool:
        """Whether a GPU does the work, in kernels that the host launches."""
        return self.device.type == "cuda"

    def run(self) -> None:
        """Run one step."""
        for _, phase in self.phases:
            phase()

    def wait(self) -> None:
        """Wait for the device; a CPU has nothing to wait for."""
        if self.device.type != "cpu":
            torch.accelerator.synchronize(self.device)

    @contextmanager
    def named_kernels(self) -> Iterator[None]:
        """Have compiled kernels show their names while entered.

        Kernels that torch.compile writes for a CPU are silent unless they were generated with
        inductor's kernel profile: the model is compiled once more, after all timing.
        """
        if (self.device.type, self.execution) != ("cpu", "compile"):
            yield
            return
        import torch._dynamo
        import torch._inductor.config as inductor

        torch._dynamo.reset()
        with inductor.patch({"cpp.enable_kernel_profile": True}):
            yield
