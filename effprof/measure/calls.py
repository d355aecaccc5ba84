"""What timing one operator needs: a clock that waits for the device, the call, settled flags."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from effprof.core.cells import Mode, Precision
from effprof.device.precision import set_precision

if TYPE_CHECKING:
    import torch

Clock = Callable[[], float]


def waiting_clock(device: "torch.device") -> Clock:
    """Return a monotonic clock in seconds that is read once `device` has finished its work.

    A CPU has finished when a call returns. A GPU is waited for at every reading, so the time
    between two readings holds all the work that was queued between them, and none from before.
    """
    if device.type == "cpu":
        return time.perf_counter
    import torch

    def clock() -> float:
        torch.cuda.synchronize(device)
        return time.perf_counter()

    return clock


@contextmanager
def settled(threads: int, precision: Precision) -> Iterator[dict[str, str]]:
    """Set the CPU threads and every flag of `precision`; yield them; put all back afterwards."""
    import torch

    threads_before = torch.get_num_threads()
    matmul_before = torch.get_float32_matmul_precision()
    with torch.backends.cudnn.flags(enabled=True):  # puts its own flags back
        try:
            torch.set_num_threads(threads)
            yield set_precision(precision) | {"threads": str(torch.get_num_threads())}
        finally:
            torch.set_num_threads(threads_before)
            torch.set_float32_matmul_precision(matmul_before)


def place(
    function: Callable[..., Any], inputs: Sequence["torch.Tensor"], mode: Mode
) -> Callable[..., Any]:
    """Return what `mode` times of `function`; call it with `inputs`.

    `infer` is the function itself: its caller disables gradients. `train` is the function and its
    backward pass for a random gradient of its output, with respect to `inputs` (which are made to
    require gradients) and to the parameters of a module.
    """
    import torch

    weights: list[torch.Tensor] = []
    if isinstance(function, torch.nn.Module):
        weights += function.train(mode == "train").parameters()
    if mode == "infer":
        return function
    sources = [each.requires_grad_() for each in inputs if each.is_floating_point()] + weights
    gradient = torch.randn_like(function(*inputs))

    def forward_and_backward(*inputs: "torch.Tensor") -> object:
        return torch.autograd.grad(function(*inputs), sources, gradient)

    return forward_and_backward


def time_calls(
    call: Callable[..., Any], inputs: Sequence[Any], clock: Clock, count: int
) -> list[float]:
    """Time `count` calls one by one, in seconds."""
    samples = []
    for _ in range(count):
        start = clock()
        call(*inputs)
        samples.append(clock() - start)
    return samples
