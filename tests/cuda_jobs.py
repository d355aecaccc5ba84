"""Work for workers on a GPU, written with torch alone: what effprof is checked against.

The loops run on a CPU too, by its clock, so that a machine without a GPU can see that they run.
"""

import gc
import os
import signal
import statistics
import time
from pathlib import Path

import timm
import torch

from effprof.core.outcomes import Measurement
from effprof.measure.cell import measure_cell
from effprof.measure.timers import CudaTimer

#: Cycles of the short kernel of known length; the long one has four times as many.
CYCLES = 5_000_000

#: Cycles of a kernel so long, about a tenth of a second, that the host's clock times it to a
#: thousandth: launching and waiting take some ten microseconds.
LONG_CYCLES = 40 * CYCLES

#: The loop: blocks of steps, of each the mean; steps of the warm-up, and of a block at most.
BLOCKS = 5
WARM_UP_STEPS = 50
BLOCK_STEPS = 50
BLOCK_SECONDS = 0.5


def _set_up(device):
    """Set what effprof sets and records: cuDNN chooses by trial, nothing is rounded to TF32."""
    torch.set_num_threads(1)
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = False
    torch.set_float32_matmul_precision("highest")
    if torch.device(device).type == "cuda":
        torch.cuda.set_device(device)


def _built(cell, device):
    model = timm.create_model(cell.model.removeprefix("timm/")).eval().to(device)
    return model, torch.randn(cell.batch_size, 3, cell.resolution, cell.resolution, device=device)


def _seconds(work, device):
    """Seconds between two events around queued work; on a CPU by its clock."""
    if torch.device(device).type == "cpu":
        start = time.perf_counter()
        work()
        return time.perf_counter() - start
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    torch.cuda.synchronize()
    start.record()
    work()
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end) / 1e3


def event_loop(cell, device, tell):
    """Seconds per step of `cell`, inference: the median over blocks of queued steps."""
    _set_up(device)
    model, images = _built(cell, device)
    half = cell.precision == "amp-fp16"

    def steps(count):
        for _ in range(count):
            model(images)

    kind = torch.device(device).type
    with torch.inference_mode(), torch.autocast(kind, torch.float16, enabled=half):
        steps(WARM_UP_STEPS)
        first = _seconds(lambda: steps(BLOCKS), device) / BLOCKS
        count = max(BLOCKS, min(BLOCK_STEPS, round(BLOCK_SECONDS / first)))
        return statistics.median(
            _seconds(lambda: steps(count), device) / count for _ in range(BLOCKS)
        )


def _median(timer, cycles):
    return statistics.median(timer.throughput(lambda: torch.cuda._sleep(cycles), 50))


def time_known_kernels(device, tell):
    """Seconds of the short and the long kernel by our timer, and cycles per second."""
    torch.cuda.set_device(device)
    timer = CudaTimer(torch.device(device))
    _median(timer, CYCLES)
    timed = _median(timer, CYCLES), _median(timer, 4 * CYCLES)
    return timed, CYCLES / timed[0]


def time_by_the_host(device, tell):
    """Seconds of a very long kernel by the host's clock and by our two passes, interleaved."""
    torch.cuda.set_device(device)
    timer = CudaTimer(torch.device(device))

    def step():
        torch.cuda._sleep(LONG_CYCLES)

    def host():
        torch.cuda.synchronize()
        start = time.perf_counter()
        step()
        torch.cuda.synchronize()
        return time.perf_counter() - start

    host()
    rows = [(host(), timer.throughput(step, 1)[0], timer.latency(step, 1)[0]) for _ in range(9)]
    return tuple(statistics.median(column) for column in zip(*rows, strict=True))


def compare_with_unsynchronised(device, tell):
    """Seconds of one kernel by a clock that does not wait, and by our latency pass."""
    torch.cuda.set_device(device)

    def step():
        torch.cuda._sleep(50 * CYCLES)

    timer = CudaTimer(torch.device(device))
    timer.latency(step, 1)
    start = time.perf_counter()
    step()
    unsynchronised = time.perf_counter() - start
    torch.cuda.synchronize()
    return unsynchronised, timer.latency(step, 1)[0]


def peaks_by_both(cell, target, options, tell):
    """Measure a cell, then step the same network plainly: (outcome, peak bytes by the allocator).

    In one process, so that cuDNN's choice of algorithms, and with it their workspace, is one.
    """
    outcome = measure_cell(cell, target, options, lambda *_: None)
    assert isinstance(outcome, Measurement), outcome
    gc.collect()
    _set_up(target.torch_name)
    model, images = _built(cell, target.torch_name)
    with torch.inference_mode():
        for _ in range(WARM_UP_STEPS):
            model(images)
        torch.cuda.synchronize()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        model(images)
        torch.cuda.synchronize()
    return outcome, torch.cuda.max_memory_allocated()


def device_seconds(cell, device, tell):
    """Seconds that the device works in a step of `cell`, by the events of torch's profiler."""
    from torch.autograd import DeviceType
    from torch.profiler import ProfilerActivity, profile

    _set_up(device)
    model, images = _built(cell, device)
    half = cell.precision == "amp-fp16"
    kind = torch.device(device).type
    activities = [ProfilerActivity.CPU, ProfilerActivity.CUDA]
    with torch.inference_mode(), torch.autocast(kind, torch.float16, enabled=half):
        for _ in range(WARM_UP_STEPS):
            model(images)
        torch.cuda.synchronize()
        with profile(activities=activities) as taken:
            for _ in range(BLOCKS):
                model(images)
            torch.cuda.synchronize()
    work = (each for each in taken.events() if each.device_type == DeviceType.CUDA)
    return sum(each.time_range.elapsed_us() for each in work) / 1e6 / BLOCKS


def hold_and_die(path, device, tell):
    """Keep the device busy and its memory taken, say so in a file, and be killed from inside."""
    torch.cuda.set_device(device)
    taken = torch.randn(4096, 4096, device=device)
    for _ in range(20):
        taken = taken @ taken / taken.norm()
    Path(path).write_text("busy")
    os.kill(os.getpid(), signal.SIGKILL)
