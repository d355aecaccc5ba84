"""Does effprof measure what a plain loop measures? Interleaved, one pinned thread.

For 4 models x 2 batches: effprof's step time over the plain loop's under the same allocator
policy (goal: within 3 %), and beside it the plain loop under the default allocator.
"""

import os
import statistics
import subprocess
import sys
from pathlib import Path

from effprof.core.cells import Cell
from effprof.core.outcomes import Measurement
from effprof.core.runs import MeasureOptions
from effprof.device.cpu import KEPT_HEAP, cpu_name
from effprof.device.target import Target
from effprof.sweep import tasks
from effprof.sweep.workers import Workers

MODELS = ("efficientnet_b0", "mobilenetv2_100", "resnet18", "resnet50")
BATCHES = (1, 8)
ROUNDS = 5
GOAL = 0.03
PLAIN_LOOP = Path(__file__).with_name("plain_loop.py")


def plain(cell: Cell, environment: dict[str, str]) -> float:
    """Seconds per step of the plain loop in a fresh process."""
    model = cell.model.removeprefix("timm/")
    command = [sys.executable, str(PLAIN_LOOP), model, str(cell.resolution), str(cell.batch_size)]
    done = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def ours(cell: Cell, workers: Workers) -> float:
    """Seconds per step by effprof in a fresh worker."""
    options = MeasureOptions(target_width=0.01, min_seconds=2.5, allow_busy=True)
    target = Target("cpu", cpu_name(), "benchmark")
    outcome = workers.call(tasks.measure, cell, target, options, timeout=300)
    assert isinstance(outcome, Measurement), outcome
    return statistics.median(outcome.timing.throughput)


def main() -> None:
    """Print a row per cell and the largest deviation."""
    workers = Workers()
    print(f"{cpu_name()}, 1 pinned thread, {ROUNDS} interleaved rounds, medians")
    print(f"{'cell':46} {'effprof':>10} {'plain':>10} {'ratio':>7} {'default malloc':>15}")
    ratios = []
    for model in MODELS:
        for batch in BATCHES:
            cell = Cell(f"timm/{model}", 224, batch_size=batch)
            rows = [
                (ours(cell, workers), plain(cell, KEPT_HEAP), plain(cell, {}))
                for _ in range(ROUNDS)
            ]
            ratio = statistics.median(own / kept for own, kept, _ in rows)
            own, kept, default = (statistics.median(column) for column in zip(*rows, strict=True))
            ratios.append(ratio)
            print(
                f"{cell.key:46} {own * 1e3:7.2f} ms {kept * 1e3:7.2f} ms {ratio:7.3f}"
                f" {default * 1e3:7.2f} ms ({default / kept:.2f}x)"
            )
    worst = max(ratios, key=lambda ratio: abs(ratio - 1))
    print(f"largest deviation {worst - 1:+.1%}; goal within {GOAL:.0%}")


if __name__ == "__main__":
    main()
