"""The profile pass of a cell: which method, how many steps, and a trace to keep if asked for."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from effprof.core.cells import BY_OPERATOR, Cell
from effprof.core.errors import BadInput, suggestion
from effprof.core.profiles import METHODS, Profile
from effprof.profiling.clock import profile_with_clock
from effprof.profiling.record import keep_trace
from effprof.profiling.subject import Step, Subject
from effprof.profiling.trace import profile_with_profiler

#: Seconds of plain steps to profile, and the least steps: a median needs three.
PROFILED_SECONDS = 2.0
MIN_STEPS = 3

#: Most steps, by kind of device. Twenty bound the size of a trace. On a GPU five are enough, since
#: kernels scatter little, and it waits while the host works on the trace, 43 to 48 us a row (twice
#: twenty steps of B0 took 7 s, in training 25 s).
MAX_STEPS = {"cpu": 20, "cuda": 5}


def _profile_with_clock(
    subject: Subject, steps: int, plain_seconds: float, kept: Path | None
) -> Profile:
    profile = profile_with_clock(subject, steps, plain_seconds)
    if kept is not None:
        keep_trace(subject, kept)
    return profile


#: What each method does, by the word that asks for it.
_PROFILE = {"clock": _profile_with_clock, "profiler": profile_with_profiler}


def fitting_method(device_kind: str, execution: str) -> str:
    """Choose how to attribute time: the clock where operators run one by one on the host.

    A dispatch mode makes a compiled model run eagerly, and cannot see when a device is done.
    """
    return "clock" if device_kind == "cpu" and execution in BY_OPERATOR else "profiler"


@dataclass(frozen=True, slots=True)
class CellProfiler:
    """Profiles the step of a cell; `method` overrules the fitting one, `trace` keeps a trace."""

    method: str | None = None
    trace: str | None = None

    def __call__(
        self,
        model: nn.Module,
        step: Step,
        device: torch.device,
        cell: Cell,
        plain_seconds: float,
        spent_seconds: float,
    ) -> Profile:
        """Profile `step`, which took `plain_seconds` in the timing pass.

        With what it waited for a core it spent `spent_seconds` there: beside another program fewer
        steps are profiled.

        Raises `BadInput` for an unknown method, or one that cannot tell the time of this cell.
        """
        method = self.method or fitting_method(device.type, cell.execution)
        _refuse_unfit(method, device.type, cell)
        subject = Subject.of(model, step, device, cell.execution)
        steps = affordable_steps(spent_seconds, device.type)
        kept = None if self.trace is None else Path(self.trace)
        return _PROFILE[method](subject, steps, plain_seconds, kept)


def affordable_steps(spent_seconds: float, device_kind: str) -> int:
    """Return how many steps to profile when one spends `spent_seconds` without."""
    affordable = int(PROFILED_SECONDS / spent_seconds)
    return min(MAX_STEPS[device_kind], max(MIN_STEPS, affordable))


def _refuse_unfit(method: str, device_kind: str, cell: Cell) -> None:
    if method not in METHODS:
        raise BadInput(
            f"no profiling method {method!r}{suggestion(method, METHODS)};"
            f" there are {', '.join(METHODS)}"
        )
    fitting = fitting_method(device_kind, cell.execution)
    if method == "clock" and fitting != "clock":
        raise BadInput(
            f"the clock cannot tell the time of {cell.execution} steps on {device_kind};"
            f" use the method {fitting}"
        )
