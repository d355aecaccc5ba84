"""A clock around every operator: the method for CPUs, where an operator is over when it returns."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode

from effprof.core.costs import Phase
from effprof.core.profiles import Profile
from effprof.core.roles import OpSite
from effprof.models.operators import (
    arrives_whole,
    is_free,
    op_name,
    operands,
    run_parts,
    stated_groups,
)
from effprof.models.places import Whereabouts
from effprof.models.products import product_of
from effprof.profiling.ops import TimedOp, median_step
from effprof.profiling.subject import Subject

Clock = Callable[[], float]

#: Steps that run under the clock before those that count: the first one fills caches.
WARM_UP_STEPS = 1


def profile_with_clock(
    subject: Subject, steps: int, plain_seconds: float, clock: Clock = time.perf_counter
) -> Profile:
    """Profile an eager step on a CPU; `plain_seconds` is the same step without a clock.

    The clock reads around the operator only, so that the overhead of about 0.1 ms an operator
    falls between them. Views and allocations are no operators. `clock` returns seconds.
    """
    walls = []
    timed = []
    for _ in range(WARM_UP_STEPS + steps):
        start = clock()
        timed.append(clocked_step(subject, clock))
        walls.append(clock() - start)
    ops = median_step(timed[WARM_UP_STEPS:], timed[-1])
    return Profile(
        method="dispatch clock",
        status="profiled",
        steps=steps,
        ops=ops,
        wall_seconds=statistics.median(walls[WARM_UP_STEPS:]),
        plain_seconds=plain_seconds,
        kernel_count=len(ops),
        busy_seconds=sum(op.seconds for op in ops),
    )


def clocked_step(subject: Subject, clock: Clock = time.perf_counter) -> list[TimedOp]:
    """Run one step under the clock: every operator in order, with its static MACs."""
    mode = _ClockedStep(subject.model, clock)
    with mode.watching():
        for mode.phase, run in subject.phases:
            run()
    return mode.ops


class _ClockedStep(TorchDispatchMode):
    """Times and places every operator of one step."""

    def __init__(self, model: nn.Module, clock: Clock) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.phase: Phase = "forward"
        self.ops: list[TimedOp] = []
        self._clock = clock
        self._whereabouts = Whereabouts(model)

    @contextmanager
    def watching(self) -> Iterator[None]:
        with self._whereabouts.watching(), self:
            yield

    def __torch_dispatch__(
        self,
        func: OpOverload,
        types: Any,  # noqa: ANN401
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        kwargs = kwargs or {}
        if arrives_whole(func):
            with self:
                return run_parts(func, args, kwargs)
        start = self._clock()
        result = func(*args, **kwargs)
        seconds = self._clock() - start
        free = is_free(func)
        place, origin = self._whereabouts.locate(None if free else len(self.ops))
        if free:
            return result
        site = OpSite(
            op=op_name(func),
            phase=self.phase,
            shapes=tuple(tuple(t.shape) for t in operands([*args, *kwargs.values()])),
            path=place.path,
            classes=place.classes,
            groups=stated_groups(func, args),
            origin=origin,
        )
        macs = product_of(func, args, result).macs
        self.ops.append(TimedOp(site, seconds, _convolution_library(func, args), macs=macs))
        return result


def _convolution_library(func: OpOverload, args: tuple[Any, ...]) -> tuple[str, ...]:
    """Name the library that torch takes for a convolution: it switches with shape and threads."""
    if op_name(func) == "convolution":
        return (torch._C._select_conv_backend(*args).name,)
    if op_name(func) == "convolution_backward":
        _, data, weight, bias_sizes, *geometry, _ = args
        return (torch._C._select_conv_backend(data, weight, None, *geometry, bias_sizes).name,)
    return ()
