"""Does effprof measure what a plain loop measures? Interleaved, so that drift hits both alike.

On a CPU, one pinned thread, 4 models x 2 batches under both policies of the allocator: effprof's
step time over that of a plain loop in a fresh interpreter, with the variables that keep the heap in
its environment and without them. Prints the ratio of each cell with its interval, and page faults
per step of both, which tell whether both run under the same policy however busy the machine is; and
the geometric mean per policy. Goals: it is within 3 %, and the interval of no cell lies outside
±6 %. `--short` takes 3 models at batch 1, `--rounds N` so many rounds.

With `--gpu N` (as `python -m tests.benchmarks.fidelity`, in the root of the repository): 4 models x
3 batches in half precision, over a loop of torch alone between two CUDA events (goal: within 1 %).
`--tiny` runs that program on a CPU, on two networks of a few layers, to see that it runs.
"""

import argparse
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from effprof.analysis.statistics import geometric_mean, ratio_interval
from effprof.core.cells import ALLOCATORS, Cell
from effprof.core.estimates import Estimate
from effprof.core.outcomes import Measurement
from effprof.core.runs import MeasureOptions
from effprof.device.allocator import KEPT_HEAP, policy_variables
from effprof.device.cpu import cpu_name
from effprof.device.target import Target
from effprof.sweep import tasks
from effprof.sweep.workers import Workers

MODELS = ("efficientnet_b0", "mobilenetv2_100", "resnet18", "resnet50")
SHORT = ("efficientnet_b0", "mobilenetv2_100", "resnet50")
PLAIN_LOOP = Path(__file__).with_name("plain_loop.py")


def cpu_cells(models: Sequence[str], batches: Sequence[int]) -> tuple[Cell, ...]:
    """Take some models at some batches under both policies of the allocator."""
    return tuple(
        Cell(f"timm/{name}", 224, batch_size=batch, allocator=policy)
        for name, batch, policy in product(models, batches, ALLOCATORS)
    )


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


@dataclass(frozen=True)
class Step:
    """What one process found a step to take: seconds, and page faults where they are counted."""

    seconds: float
    faults: float | None = None

    @property
    def faults_text(self) -> str:
        """The page faults in whole numbers."""
        return "" if self.faults is None else f"{self.faults:.0f}"


#: Measures a step of a cell in a fresh process.
Loop = Callable[[Cell], Step]


@dataclass(frozen=True)
class Bench:
    """What is measured where, in how many rounds, and beside which loop.

    The goals: how far off the geometric mean of the ratios may be, and the interval of a cell.
    """

    target: Target
    cells: tuple[Cell, ...]
    options: MeasureOptions
    rounds: int
    loop: Loop
    mean_goal: float = 0.01
    cell_goal: float = 0.01

    @classmethod
    def on_cpu(cls, short: bool) -> "Bench":
        # What keeps the heap is for each process to say; tox sets it for micro-benchmarks.
        for name in KEPT_HEAP:
            os.environ.pop(name, None)
        cells = cpu_cells(SHORT, (1,)) if short else cpu_cells(MODELS, (1, 8))
        return cls(cpu(), cells, CPU_OPTIONS, 3 if short else 5, plain, 0.03, 0.06)

    @classmethod
    def on_gpu(cls, workers: Workers, gpu: str) -> "Bench":
        target = find_gpu(workers, gpu)
        return cls(target, GPU_CELLS, GPU_OPTIONS, 3, _event_loop(workers, target))

    @classmethod
    def tiny(cls, workers: Workers) -> "Bench":
        return cls(cpu(), TINY_CELLS, TINY_OPTIONS, 2, _event_loop(workers, cpu()))


def cpu() -> Target:
    return Target("cpu", cpu_name(), "benchmark")


def find_gpu(workers: Workers, gpu: str) -> Target:
    """Find a GPU by index or UUID; raises `NoDevice` or `BadInput`."""
    found = workers.call(tasks.find_targets, gpu, False, timeout=TIMEOUT)
    return found[0][0]


def plain(cell: Cell) -> Step:
    """Run the plain loop in a fresh interpreter under the policy of a cell."""
    model = cell.model.removeprefix("timm/")
    command = [sys.executable, str(PLAIN_LOOP), model, str(cell.resolution), str(cell.batch_size)]
    environment = os.environ | policy_variables(cell.allocator, os.environ)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return Step(*map(float, done.stdout.split()))


def _event_loop(workers: Workers, target: Target) -> Loop:
    # Workers find it only where the root of the repository is on the path.
    from tests.cuda_jobs import event_loop

    def loop(cell: Cell) -> Step:
        return Step(workers.call(event_loop, cell, target.torch_name, timeout=TIMEOUT))

    return loop


def ours(cell: Cell, bench: Bench, workers: Workers) -> Step:
    """Measure a cell by effprof in a fresh worker."""
    outcome = workers.call(
        tasks.measure,
        cell,
        bench.target,
        bench.options,
        timeout=TIMEOUT,
        allocator=cell.allocator,
    )
    assert isinstance(outcome, Measurement), outcome
    faults = outcome.conditions.minor_faults_per_step
    return Step(statistics.median(outcome.timing.throughput), faults)


#: What effprof and what the loop found of a cell, in one round.
Pair = tuple[Step, Step]


def compare(bench: Bench, workers: Workers) -> None:
    """Print a row per cell, and per policy what the goals are about."""
    print(f"{bench.target.line}, {bench.rounds} interleaved rounds, medians", flush=True)
    taken: dict[Cell, list[Pair]] = {cell: [] for cell in bench.cells}
    for index in range(bench.rounds):
        for cell, pairs in taken.items():
            # Which of the two comes first changes from round to round.
            first = bench.loop(cell) if index % 2 else None
            own = ours(cell, bench, workers)
            pairs.append((own, first or bench.loop(cell)))
        print(f"round {index + 1} of {bench.rounds} done", file=sys.stderr)
    print(f"{'cell':66} {'effprof':>11} {'loop':>11} ratio with its interval  page faults")
    for cell, pairs in taken.items():
        print(_row(cell, pairs))
    for policy in ALLOCATORS:
        if own := {cell: pairs for cell, pairs in taken.items() if cell.allocator == policy}:
            print(_summary(policy, own, bench))


def _row(cell: Cell, pairs: Sequence[Pair]) -> str:
    own, theirs = (
        statistics.median(each.seconds for each in side) for side in zip(*pairs, strict=True)
    )
    faults = " and ".join(filter(None, (step.faults_text for step in pairs[-1])))
    return (
        f"{cell.key:66} {own * 1e3:8.2f} ms {theirs * 1e3:8.2f} ms {_told(_ratio(pairs))}  {faults}"
    )


def _summary(policy: str, taken: dict[Cell, list[Pair]], bench: Bench) -> str:
    means = [
        tuple(
            Step(geometric_mean([step.seconds for step in side]))
            for side in zip(*pairs, strict=True)
        )
        for pairs in zip(*taken.values(), strict=True)
    ]
    ratios = [_ratio(pairs) for pairs in taken.values()]
    least, most = 1 - bench.cell_goal, 1 + bench.cell_goal
    outside = sum(each.high < least or each.low > most for each in ratios)
    within = sum(least <= each.low and each.high <= most for each in ratios)
    return (
        f"{policy}: geometric mean {_told(_ratio(means))}, goal within {bench.mean_goal:.0%}; "
        f"intervals of {len(ratios)} cells: {outside} outside ±{bench.cell_goal:.0%} (goal 0), "
        f"{within} wholly within"
    )


def _ratio(pairs: Sequence[Pair]) -> Estimate:
    """Estimate effprof's step over the loop's from the pairs of all rounds."""
    above, below = (
        {index: (pair[side].seconds,) for index, pair in enumerate(pairs)} for side in (0, 1)
    )
    return ratio_interval(above, below)


def _told(ratio: Estimate) -> str:
    return f"{ratio.value:.3f} [{ratio.low:.3f}, {ratio.high:.3f}]"


def main() -> None:
    """Compare on the device asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--gpu", metavar="N", help="compare on this GPU")
    where.add_argument("--tiny", action="store_true", help="dry run of --gpu on the CPU")
    where.add_argument("--short", action="store_true", help="3 models at batch 1 on the CPU")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds, 2 or more")
    asked = parser.parse_args()
    workers = Workers()
    if asked.tiny:
        bench = Bench.tiny(workers)
    elif asked.gpu is not None:
        bench = Bench.on_gpu(workers, asked.gpu)
    else:
        bench = Bench.on_cpu(asked.short)
    compare(replace(bench, rounds=asked.rounds or bench.rounds), workers)


if __name__ == "__main__":
    main()
