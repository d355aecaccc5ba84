"""Does effprof measure what a plain loop measures? Interleaved, so that drift hits both alike.

On a CPU, one pinned thread, 4 models x 2 batches: effprof's step time over the plain loop's under
the same allocator policy (goal: within 3 %), and beside it the plain loop under the default
allocator.

With `--gpu N` (as `python -m tests.benchmarks.fidelity`, in the root of the repository): 4 models x
3 batches in half precision, over a loop of torch alone between two CUDA events (goal: within 1 %).
`--tiny` runs that program on a CPU, on two networks of a few layers, to see that it runs.
"""

import argparse
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from effprof.core.cells import Cell
from effprof.core.outcomes import Measurement
from effprof.core.runs import MeasureOptions
from effprof.device.cpu import KEPT_HEAP, cpu_name
from effprof.device.target import Target
from effprof.sweep import tasks
from effprof.sweep.workers import Workers

MODELS = ("efficientnet_b0", "mobilenetv2_100", "resnet18", "resnet50")
PLAIN_LOOP = Path(__file__).with_name("plain_loop.py")

CPU_CELLS = tuple(Cell(f"timm/{name}", 224, batch_size=b) for name in MODELS for b in (1, 8))
GPU_CELLS = tuple(
    Cell(f"timm/{name}", 224, batch_size=b, precision="amp-fp16")
    for name in MODELS
    for b in (1, 8, 64)
)
TINY_CELLS = tuple(Cell(f"timm/{name}", 64) for name in ("test_efficientnet", "test_resnet"))

CPU_OPTIONS = MeasureOptions(target_width=0.01, min_seconds=2.5, allow_busy=True)
GPU_OPTIONS = MeasureOptions(target_width=0.005, allow_busy=True)
TINY_OPTIONS = MeasureOptions(target_width=0.5, min_seconds=0.1, allow_busy=True)

#: Seconds that one measurement may take.
TIMEOUT = 300

#: Measures the seconds per step of a cell by other means than effprof.
Loop = Callable[[Cell], float]


@dataclass(frozen=True)
class Bench:
    """What is measured where, beside which loops: the first is the one to agree with."""

    target: Target
    cells: tuple[Cell, ...]
    options: MeasureOptions
    rounds: int
    goal: float
    loops: Mapping[str, Loop]

    @classmethod
    def on_cpu(cls) -> "Bench":
        loops = {"plain": partial(plain, KEPT_HEAP), "default malloc": partial(plain, {})}
        return cls(cpu(), CPU_CELLS, CPU_OPTIONS, 5, 0.03, loops)

    @classmethod
    def on_gpu(cls, workers: Workers, gpu: str) -> "Bench":
        target = find_gpu(workers, gpu)
        return cls(target, GPU_CELLS, GPU_OPTIONS, 3, 0.01, _event_loop(workers, target))

    @classmethod
    def tiny(cls, workers: Workers) -> "Bench":
        return cls(cpu(), TINY_CELLS, TINY_OPTIONS, 1, 0.01, _event_loop(workers, cpu()))


def cpu() -> Target:
    return Target("cpu", cpu_name(), "benchmark")


def find_gpu(workers: Workers, gpu: str) -> Target:
    """Find a GPU by index or UUID; raises `NoDevice` or `BadInput`."""
    found = workers.call(tasks.find_targets, gpu, False, timeout=TIMEOUT)
    return found[0][0]


def plain(environment: dict[str, str], cell: Cell) -> float:
    """Seconds per step of the plain loop in a fresh process."""
    model = cell.model.removeprefix("timm/")
    command = [sys.executable, str(PLAIN_LOOP), model, str(cell.resolution), str(cell.batch_size)]
    done = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def _event_loop(workers: Workers, target: Target) -> Mapping[str, Loop]:
    # Workers find it only where the root of the repository is on the path.
    from tests.cuda_jobs import event_loop

    def loop(cell: Cell) -> float:
        return workers.call(event_loop, cell, target.torch_name, timeout=TIMEOUT)

    return {"event loop": loop}


def ours(cell: Cell, bench: Bench, workers: Workers) -> float:
    """Seconds per step by effprof in a fresh worker."""
    outcome = workers.call(tasks.measure, cell, bench.target, bench.options, timeout=TIMEOUT)
    assert isinstance(outcome, Measurement), outcome
    return statistics.median(outcome.timing.throughput)


def compare(bench: Bench, workers: Workers) -> None:
    """Print a row per cell and the largest deviation."""
    print(f"{bench.target.line}, {bench.rounds} interleaved rounds, medians")
    first, *others = bench.loops
    told = "".join(f"{name:>24}" for name in others)
    print(f"{'cell':54} {'effprof':>10} {first:>10} {'ratio':>7}{told}")
    ratios = []
    for cell in bench.cells:
        rows = [
            (ours(cell, bench, workers), *(loop(cell) for loop in bench.loops.values()))
            for _ in range(bench.rounds)
        ]
        ratio = statistics.median(own / agreed for own, agreed, *_ in rows)
        own, agreed, *rest = (statistics.median(column) for column in zip(*rows, strict=True))
        ratios.append(ratio)
        more = "".join(f"{each * 1e3:14.2f} ms ({each / agreed:.2f}x)" for each in rest)
        print(
            f"{cell.key:54} {own * 1e3:7.2f} ms {agreed * 1e3:7.2f} ms {ratio:7.3f}{more}",
            flush=True,
        )
    worst = max(ratios, key=lambda ratio: abs(ratio - 1))
    print(f"largest deviation {worst - 1:+.1%}; goal within {bench.goal:.0%}")


def main() -> None:
    """Compare on the device asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--gpu", metavar="N", help="compare on this GPU")
    where.add_argument("--tiny", action="store_true", help="dry run of --gpu on the CPU")
    asked = parser.parse_args()
    workers = Workers()
    if asked.tiny:
        compare(Bench.tiny(workers), workers)
    elif asked.gpu is not None:
        compare(Bench.on_gpu(workers, asked.gpu), workers)
    else:
        compare(Bench.on_cpu(), workers)


if __name__ == "__main__":
    main()
