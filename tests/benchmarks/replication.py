"""Benchmark: what replicates. Which estimate of a process, and which interval of a speed.

Run: python -m tests.benchmarks.replication STORE-OR-FILE...

Give runs of one suite on one machine at different times, six or more, and a run of 20 repeats or
more. Prints two tables. The first: how far processes of one cell lie apart by each estimate of a
process, beside the median; the run was taken once, so that every estimate had the same time. The
second: each run is left out in turn and should be held by the intervals of the others. Brackets are
95 % intervals by resampling, of processes and of runs.
"""

import itertools
import math
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effprof.analysis.pooling import PooledCell, pool
from effprof.analysis.run_effects import run_effect, step_seconds
from effprof.analysis.statistics import next_run_interval, step_interval
from effprof.analysis.student import student_quantile
from effprof.core.estimates import Estimate
from effprof.core.machines import states
from effprof.core.runs import EarlierRun, Run
from effprof.store.runs_given import load_run
from effprof.store.store import open_store

Floats = NDArray[np.float64]

#: Estimates of the step time of a process from its samples.
ESTIMATES: Mapping[str, Callable[[Floats], float]] = {
    "median": lambda samples: float(np.median(samples)),
    "mean": lambda samples: float(np.mean(samples)),
    "mean of the middle half": lambda samples: float(np.mean(_between(samples, 0.25, 0.75))),
    "mean of the faster half": lambda samples: float(np.mean(_between(samples, 0.0, 0.5))),
    "40 % quantile": lambda samples: float(np.quantile(samples, 0.4)),
    "25 % quantile": lambda samples: float(np.quantile(samples, 0.25)),
    "10 % quantile": lambda samples: float(np.quantile(samples, 0.1)),
    "minimum": lambda samples: float(np.min(samples)),
}

#: Processes of a cell from which on estimates are compared.
ENOUGH_PROCESSES = 20

#: Earlier runs that a run knows, and the resamples of an interval of the tables.
EARLIER = (0, 3)
RESAMPLES = 2000
SEED = 20261127


@dataclass(frozen=True, slots=True)
class Tally:
    """Of each (run, replicate): the share of cells held, and all half-widths of intervals."""

    held: Mapping[tuple[int, int], float]
    widths: Sequence[float]

    def line(self, name: str) -> str:
        """Write coverage with its interval, and the median half-width."""
        value = statistics.fmean(self.held.values())
        low, high = self._ends()
        width = statistics.median(self.widths)
        return f"{name:<44} {value:6.1%} [{low:4.0%}, {high:4.0%}]   ±{width:6.1%}"

    def _ends(self) -> tuple[float, float]:
        """Resample runs: pairs that share one are no independent evidence."""
        runs = sorted({run for pair in self.held for run in pair})
        generator = np.random.default_rng(SEED)
        found: list[float] = []
        while len(found) < RESAMPLES:
            drawn = generator.choice(runs, len(runs))
            pairs = [(a, b) for a in drawn for b in drawn if (a, b) in self.held]
            if pairs:
                found.append(statistics.fmean(self.held[pair] for pair in pairs))
        low, high = np.quantile(found, [0.025, 0.975])
        return float(low), float(high)


def main() -> None:
    """Print both tables for the runs given."""
    runs = [run for text in sys.argv[1:] for run in runs_of(text)]
    print(f"{len(runs)} runs on {', '.join(dict.fromkeys(r.invocation.device for r in runs))}")
    for run in runs:
        cells = [each for each in pool(run) if len(each.valid) >= ENOUGH_PROCESSES]
        if cells:
            print(f"\nspread of processes over that of medians, run {run.invocation.id}")
            print("\n".join(_estimates(cells)))
    if len(_alike(runs)) > max(EARLIER) + 1:
        print("\n" + "\n".join(replication(runs)))


def runs_of(text: str) -> Iterator[Run]:
    """Load a run from a file, or all complete ones of a store, oldest first."""
    if not text.endswith(".db"):
        yield load_run(text, None)
        return
    with open_store(text, create=False) as store:
        for summary in reversed(store.runs()):
            if summary.status == "complete":
                yield store.load(summary.id)


def _alike(runs: Sequence[Run]) -> list[Run]:
    """Keep the runs of the suite that most of them are of, of the machine of its first one."""
    suites = [run.invocation.suite_hash for run in runs]
    most = max(suites, key=suites.count)
    chosen = [run for run in runs if run.invocation.suite_hash == most]
    return [run for run in chosen if not states(chosen[0], run).differing]


def _estimates(cells: Sequence[PooledCell]) -> Iterator[str]:
    """Compare the spread between processes by each estimate with that by the median."""
    samples = [[np.array(done.timing.throughput) for done in each.valid.values()] for each in cells]
    generator = np.random.default_rng(SEED)
    drawn = [generator.integers(0, len(own), (RESAMPLES, len(own))) for own in samples]
    logs = {
        name: [np.log([estimate(each) for each in own]) for own in samples]
        for name, estimate in ESTIMATES.items()
    }
    for name, own in logs.items():
        spreads = " ".join(f"{np.std(each, ddof=1):6.1%}" for each in own)
        ratios = [
            np.log(np.std(each[d], axis=1, ddof=1) / np.std(median[d], axis=1, ddof=1))
            for each, median, d in zip(own, logs["median"], drawn, strict=True)
        ]
        plain = [
            math.log(np.std(each, ddof=1) / np.std(median, ddof=1))
            for each, median in zip(own, logs["median"], strict=True)
        ]
        low, high = np.exp(np.quantile(np.mean(ratios, axis=0), [0.025, 0.975]))
        value = math.exp(statistics.fmean(plain))
        yield f"{name:<26} {spreads}   {value:.2f} [{low:.2f}, {high:.2f}]"


def _between(samples: Floats, low: float, high: float) -> Floats:
    ordered = np.sort(samples)
    return ordered[round(low * len(ordered)) : max(1, round(high * len(ordered)))]


def replication(given: Sequence[Run]) -> Iterator[str]:
    """Count how often the speeds of a run that is left out are held by an interval."""
    runs = _alike(given)
    yield f"{len(runs)} runs of one suite, each left out in turn: held by the others"
    pooled = [{each.cell.key: each for each in pool(run) if each.valid} for run in runs]
    steps = [step_seconds(each.values()) for each in pooled]
    yield f"{'interval':<44} {'held':>6} {'':<13}  {'half-width':>8}"
    within = _tally(len(runs), steps, lambda own: [_within(pooled[own])])
    yield within.line("within this run")
    for count in EARLIER:
        tally = _tally_machine(pooled, steps, count)
        yield tally.line(f"on this machine, {count} earlier runs known")
    yield _over_runs(steps)


def _within(cells: Mapping[str, PooledCell]) -> dict[str, Estimate]:
    return {
        key: step_interval([done.timing.throughput for done in each.valid.values()])
        for key, each in cells.items()
    }


def _tally(
    count: int,
    steps: Sequence[Mapping[str, float]],
    intervals: Callable[[int], Sequence[Mapping[str, Estimate]]],
) -> Tally:
    pairs = [(own, out) for own in range(count) for out in range(count) if own != out]
    found = {own: intervals(own) for own in range(count)}
    held = {
        (own, out): statistics.fmean(_held(each, steps[out]) for each in found[own])
        for own, out in pairs
    }
    widths = [_half(e) for each in found.values() for one in each for e in one.values()]
    return Tally(held, widths)


def _tally_machine(
    pooled: Sequence[Mapping[str, PooledCell]], steps: Sequence[Mapping[str, float]], count: int
) -> Tally:
    held: dict[tuple[int, int], float] = {}
    widths: list[float] = []
    for own, out in itertools.permutations(range(len(pooled)), 2):
        others = [each for each in range(len(pooled)) if each not in (own, out)]
        shares: list[float] = []
        for known in itertools.combinations(others, count):
            found = _on_machine(pooled[own], steps[own], [steps[each] for each in known])
            shares.append(_held(found, steps[out]))
            widths += map(_half, found.values())
        held[own, out] = statistics.fmean(shares)
    return Tally(held, widths)


def _on_machine(
    cells: Mapping[str, PooledCell],
    own: Mapping[str, float],
    known: Sequence[Mapping[str, float]],
) -> dict[str, Estimate]:
    effect = run_effect(own, [EarlierRun(str(i), "", dict(each)) for i, each in enumerate(known)])
    return {
        key: next_run_interval(
            [done.timing.throughput for done in each.valid.values()],
            *(effect.deviation, effect.freedom),
        )
        for key, each in cells.items()
    }


def _held(found: Mapping[str, Estimate], other: Mapping[str, float]) -> float:
    return statistics.fmean(
        each.low <= other[key] <= each.high for key, each in found.items() if key in other
    )


def _half(found: Estimate) -> float:
    """Give the half-width of an interval, relative."""
    return math.log(found.high / found.low) / 2


def _over_runs(steps: Sequence[Mapping[str, float]]) -> str:
    """Predict each run from all others by Student's t, cell by cell: what can be had at best."""
    held: list[float] = []
    widths: list[float] = []
    for out, left in enumerate(steps):
        for key, value in left.items():
            logs = [math.log(each[key]) for at, each in enumerate(steps) if at != out]
            n = len(logs)
            half = student_quantile(0.975, n - 1) * statistics.stdev(logs) * math.sqrt(1 + 1 / n)
            held.append(abs(math.log(value) - statistics.fmean(logs)) <= half)
            widths.append(half)
    name = "Student's t over all other runs"
    value, width = statistics.fmean(held), statistics.median(widths)
    return f"{name:<44} {value:6.1%} {'':<13}   ±{width:6.1%}"


if __name__ == "__main__":
    main()
