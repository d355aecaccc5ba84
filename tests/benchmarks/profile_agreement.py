"""How far the two ways to profile agree, and how far the clock adds up to the plain step.

Runs in workers on one pinned thread with the heap kept, as cells do. Plain and clocked steps are
timed in CPU seconds, so that a program that takes the core away for a while changes neither:

    python -m tests.benchmarks.profile_agreement [MODEL] [BATCH]
"""

import statistics
import sys
import time
from dataclasses import dataclass, replace

import torch

from effprof.core.cells import Cell, Mode
from effprof.core.profiles import Profile
from effprof.device.cpu import pin
from effprof.measure.steps import build_step
from effprof.models.build import build_model
from effprof.profiling import Subject, profile_with_clock, profile_with_profiler
from effprof.sweep.workers import Workers

#: Steps to warm up, plain ones on either side of the profiled ones, and profiled ones.
WARM_UP, PLAIN, PROFILED = 4, 6, 8


@dataclass(frozen=True)
class Agreement:
    """Both profiles of a cell."""

    clock: Profile
    profiler: Profile

    @property
    def role_differences(self) -> dict[str, float]:
        """Profiler's less clock's share of each role, in points of the operators' time."""
        shares = [
            {role: seconds / profile.op_seconds for role, seconds in roles(profile).items()}
            for profile in (self.clock, self.profiler)
        ]
        names = dict.fromkeys([*shares[0], *shares[1]])
        return {n: 100 * (shares[1].get(n, 0.0) - shares[0].get(n, 0.0)) for n in names}

    @property
    def largest_difference(self) -> float:
        """The role share on which the methods differ most, in points."""
        return max(map(abs, self.role_differences.values()))

    @property
    def clock_coverage(self) -> float:
        """Sum of the clocked operators over the plain step."""
        return self.clock.op_seconds / self.clock.plain_seconds


def roles(profile: Profile) -> dict[str, float]:
    return profile.by(lambda op: op.role)


def profile_both_ways(cell: Cell, tell) -> Agreement:
    """Profile a cell by both methods; call it in a worker."""
    torch.set_num_threads(1)
    pin(1)
    torch.manual_seed(0)
    device = torch.device("cpu")
    model = build_model(cell.model)
    step = build_step(model, cell, device)
    subject = Subject.of(model, step, device)
    for _ in range(WARM_UP):
        step.run()
    plain = [_cpu_seconds(step.run) for _ in range(PLAIN)]
    clock = profile_with_clock(subject, PROFILED, 1.0, time.thread_time)
    plain += [_cpu_seconds(step.run) for _ in range(PLAIN)]
    profiler = profile_with_profiler(subject, PROFILED, 1.0)
    seconds = statistics.median(plain)
    return Agreement(
        replace(clock, plain_seconds=seconds), replace(profiler, plain_seconds=seconds)
    )


def _cpu_seconds(run) -> float:
    start = time.thread_time()
    run()
    return time.thread_time() - start


def agreement(workers: Workers, model: str, mode: Mode, batch_size: int) -> Agreement:
    """Profile one cell by both methods in a fresh worker."""
    cell = Cell(model, 224, mode=mode, batch_size=batch_size, memory_format="nhwc")
    return workers.call(profile_both_ways, cell, timeout=600)


def main() -> None:
    model = sys.argv[1] if len(sys.argv) > 1 else "timm/efficientnet_b0"
    batch_size = int(sys.argv[2]) if len(sys.argv) > 2 else 8
    workers = Workers()
    for mode in ("infer", "train"):
        found = agreement(workers, model, mode, batch_size)
        print(f"{model} {mode} b{batch_size}, one thread, nhwc: percent of the operators' time")
        for role, difference in found.role_differences.items():
            clock = 100 * roles(found.clock).get(role, 0.0) / found.clock.op_seconds
            print(f"  {role:24}clock {clock:6.2f}   profiler {clock + difference:6.2f}")
        print(f"  largest difference {found.largest_difference:.2f} points")
        for profile in (found.clock, found.profiler):
            print(
                f"  {profile.method}: operators {1e3 * profile.op_seconds:.1f} ms,"
                f" plain step {1e3 * profile.plain_seconds:.1f} ms"
                f" ({profile.op_seconds / profile.plain_seconds:.1%}),"
                f" overhead {profile.overhead:.0%}"
            )


if __name__ == "__main__":
    main()
