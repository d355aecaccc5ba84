"""What does a fresh process per cell cost? Seconds outside measuring, models up to ResNet-50.

Goal: at most 2 s a cell after the first, at batch 1.
"""

import time

from effprof.core.cells import Cell
from effprof.core.outcomes import Measurement
from effprof.core.runs import MeasureOptions
from effprof.device.cpu import cpu_name
from effprof.device.target import Target
from effprof.sweep import tasks
from effprof.sweep.workers import Workers

MODELS = (
    "mobilenetv2_100",
    "mobilenetv3_large_100",
    "efficientnet_b0",
    "efficientnet_b2",
    "resnet18",
    "resnet50",
)
GOAL_SECONDS = 2.0


def main() -> None:
    """Print seconds outside measuring per cell, the first one with the server's start."""
    workers = Workers()
    target = Target("cpu", cpu_name(), "benchmark")
    options = MeasureOptions(allow_busy=True)
    print(f"{cpu_name()}: seconds outside measuring, per cell (of which building the model)")
    later = []
    for number, model in enumerate(("resnet18", *MODELS)):
        cell = Cell(f"timm/{model}", 224)
        start = time.perf_counter()
        outcome = workers.call(tasks.measure, cell, target, options, timeout=300)
        outside = time.perf_counter() - start
        assert isinstance(outcome, Measurement), outcome
        outside -= outcome.measuring_seconds
        label = "first, loads torch" if number == 0 else ""
        print(f"{cell.key:50} {outside:6.2f} ({outcome.build_seconds:.2f})  {label}")
        if number:
            later.append(outside)
    print(f"largest after the first {max(later):.2f} s; goal at most {GOAL_SECONDS:.0f} s")


if __name__ == "__main__":
    main()
