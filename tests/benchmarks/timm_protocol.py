"""How long does effprof take beside the protocol of timm's benchmark.py, and how sure is it then?

That protocol: a fresh process per network, 10 steps of warm-up, 40 steps that are each waited for,
and one number, their mean. Of each it is printed how long the whole took on the wall, and the half
of the 95 % interval of the median step over the median. Energy, memory, and the machine's state are
in effprof's time and not in timm's; a profile is in neither.

Start it in the root of the repository, `python -m tests.benchmarks.timm_protocol --gpu 0`; `--tiny`
runs it on a CPU, on two networks of a few layers, to see that it runs.
"""

import argparse
import json
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from effprof.core.cells import Cell
from effprof.core.outcomes import Measurement
from effprof.core.runs import MeasureOptions
from effprof.device.target import Target
from effprof.measure.loop import relative_width
from effprof.sweep import tasks
from effprof.sweep.workers import Workers
from tests.benchmarks.fidelity import (
    GPU_CELLS,
    GPU_OPTIONS,
    TIMEOUT,
    TINY_CELLS,
    TINY_OPTIONS,
    cpu,
    find_gpu,
)

LOOP = Path(__file__).with_name("timm_loop.py")
ROUNDS = 2


@dataclass(frozen=True)
class Taken:
    """What one way to measure a cell took on the wall, and the waited-for steps that it saw."""

    wall: float
    steps: Sequence[float]

    @property
    def width(self) -> float:
        found = relative_width(self.steps)
        return math.nan if found is None else found


def by_timm(cell: Cell, target: Target) -> Taken:
    words = [cell.model.removeprefix("timm/"), cell.resolution, cell.batch_size, cell.precision]
    command = [sys.executable, str(LOOP), *map(str, words), target.torch_name]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=TIMEOUT)
    return Taken(time.perf_counter() - start, json.loads(done.stdout))


def by_effprof(cell: Cell, target: Target, options: MeasureOptions, workers: Workers) -> Taken:
    start = time.perf_counter()
    outcome = workers.call(tasks.measure, cell, target, options, timeout=TIMEOUT)
    wall = time.perf_counter() - start
    assert isinstance(outcome, Measurement), outcome
    # What is reported: queued steps on a GPU; on a CPU they are waited for as well.
    return Taken(wall, outcome.timing.throughput)


def compare(
    cells: Sequence[Cell], target: Target, options: MeasureOptions, rounds: int, workers: Workers
) -> None:
    """Print a row per cell, medians over interleaved rounds, and the sums."""
    print(f"{target.line}, {rounds} interleaved rounds, medians; +-: half the 95 % interval")
    print(
        f"{'cell':54} {'timm':>8} {'effprof':>8} {'ratio':>6} {'timm +-':>8} {'effprof +-':>10}"
        f" {'effprof step / timm step':>25}"
    )
    sums = [0.0, 0.0]
    for cell in cells:
        rows = [
            (by_timm(cell, target), by_effprof(cell, target, options, workers))
            for _ in range(rounds)
        ]
        theirs, ours = zip(*rows, strict=True)
        walls = [statistics.median(each.wall for each in side) for side in (theirs, ours)]
        widths = [statistics.median(each.width for each in side) for side in (theirs, ours)]
        steps = [
            statistics.median(statistics.mean(each.steps) for each in theirs),
            statistics.median(statistics.median(each.steps) for each in ours),
        ]
        sums = [total + wall for total, wall in zip(sums, walls, strict=True)]
        print(
            f"{cell.key:54} {walls[0]:6.1f} s {walls[1]:6.1f} s {walls[1] / walls[0]:6.2f}"
            f" {widths[0]:8.2%} {widths[1]:10.2%} {steps[1] / steps[0]:25.3f}",
            flush=True,
        )
    print(f"all cells: timm {sums[0]:.0f} s, effprof {sums[1]:.0f} s: {sums[1] / sums[0]:.2f}x")


def main() -> None:
    """Compare on the device asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--gpu", metavar="N", help="compare on this GPU")
    where.add_argument("--tiny", action="store_true", help="dry run of --gpu on the CPU")
    asked = parser.parse_args()
    workers = Workers()
    start = time.perf_counter()
    target = cpu() if asked.tiny else find_gpu(workers, asked.gpu)
    workers.call(_nothing, timeout=TIMEOUT)
    print(f"effprof's fork server, once a sweep: {time.perf_counter() - start:.1f} s")
    if asked.tiny:
        compare(TINY_CELLS, target, TINY_OPTIONS, 1, workers)
    else:
        compare(GPU_CELLS, target, GPU_OPTIONS, ROUNDS, workers)


def _nothing(tell: object) -> None:
    """Wait for the fork server to be there."""


if __name__ == "__main__":
    main()
