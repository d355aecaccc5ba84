"""The plain loop that effprof is compared with: timm, torch, a clock, and nothing of ours.

Prints seconds per step, the median over blocks of a block's wall time over its steps; and page
faults per step.
"""

import os
import resource
import statistics
import sys
import time


def faults() -> int:
    """Count the page faults of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def main() -> None:
    """Time `MODEL RESOLUTION BATCH` on one pinned thread."""
    model_name, resolution, batch = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    import timm
    import torch

    torch.set_num_threads(1)
    model = timm.create_model(model_name).eval()
    images = torch.randn(batch, 3, resolution, resolution)
    with torch.inference_mode():
        start = time.perf_counter()
        for _ in range(10):
            model(images)
        steps = max(3, round(0.4 / ((time.perf_counter() - start) / 10)))
        blocks = []
        before = faults()
        for _ in range(7):
            start = time.perf_counter()
            for _ in range(steps):
                model(images)
            blocks.append((time.perf_counter() - start) / steps)
        faulted = faults() - before
    print(statistics.median(blocks), faulted / (7 * steps))


main()
