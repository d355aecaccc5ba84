"""Work for workers on a GPU, written with torch alone: what effprof is checked against."""

import time

import timm
import torch

from effprof.measure.timers import CudaTimer

#: Cycles of the short kernel of known length; the long one has four times as many.
CYCLES = 5_000_000


def _model(name, batch, device):
    model = timm.create_model(name).eval().to(device)
    return model, torch.randn(batch, 3, 224, 224, device=device)


def event_loop(name, batch, device, tell):
    """Seconds per step of a plain queued loop between two CUDA events."""
    torch.cuda.set_device(device)
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = False
    torch.set_num_threads(1)
    model, images = _model(name, batch, device)
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    with torch.inference_mode(), torch.autocast("cuda", torch.float16):
        for _ in range(50):
            model(images)
        torch.cuda.synchronize()
        start.record()
        for _ in range(100):
            model(images)
        end.record()
        torch.cuda.synchronize()
    return start.elapsed_time(end) / 1e3 / 100


def _median(timer, cycles):
    samples = sorted(timer.throughput(lambda: torch.cuda._sleep(cycles), 50))
    return samples[len(samples) // 2]


def time_known_kernels(device, tell):
    """Seconds of the short and the long kernel by our timer, and cycles per second."""
    torch.cuda.set_device(device)
    timer = CudaTimer(torch.device(device))
    _median(timer, CYCLES)
    timed = _median(timer, CYCLES), _median(timer, 4 * CYCLES)
    return timed, CYCLES / timed[0]


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


def peak_allocated(name, batch, device, tell):
    """Peak bytes of one warmed-up step, as the allocator tells."""
    torch.cuda.set_device(device)
    torch.backends.cudnn.benchmark = True
    model, images = _model(name, batch, device)
    with torch.inference_mode():
        for _ in range(20):
            model(images)
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        model(images)
        torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated()


def device_assert(device, tell):
    """Trip a device-side assertion."""
    index = torch.tensor([10], device=device)
    torch.zeros(2, device=device)[index]
    torch.cuda.synchronize()
