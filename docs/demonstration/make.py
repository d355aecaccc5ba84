"""Make the demonstration: thirty nights, with SiLU written as x * sigmoid(x) from one night on.

The nights are simulated from what was measured: each process of a night draws the step, the time
of every role and the memory of its cell from a lognormal distribution that has the centre and the
spread between processes of this number in the committed reference run. Whatever else moves real
nights, such as a warm room, is not in it. From the night `STEP` on, EfficientNet-B0 takes the
numbers of the same network with an unfused SiLU (`effprof:efficientnet?act=silu_unfused`), measured
in the same run. The pages that `effprof nightly` makes of it are committed beside this script; a
second history, in which nothing changes, shows what remains: false alarms, which are counted.

Run it in the root of the repository: python docs/demonstration/make.py
"""

import hashlib
import math
import statistics
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from effprof.cli.night import write_pages
from effprof.core.cells import Cell
from effprof.core.metrics import ROLE_PREFIX
from effprof.core.outcomes import Measurement, Repeat
from effprof.core.profiles import OpTime, Profile
from effprof.core.runs import Run
from effprof.regressions.assessment import Assessment
from effprof.regressions.nights import again_suite, load_night
from effprof.regressions.policies import MIN_NIGHTS
from effprof.report.night import event_title
from effprof.store.store import Store, open_store
from effprof.store.transfer import read_run
from effprof.study.study import Study

HERE = Path(__file__).parent
REFERENCE_RUN = HERE.parents[1] / "reports" / "amd-epyc-2026-11" / "cpu.jsonl.gz"

#: Nights in each history; the first night with the unfused SiLU (counted from 1), and the seed.
NIGHTS = 30
STEP = 21
SEED = 2026

#: Further histories without a change that false alarms are counted in; their seeds are 0, 1, 2, …
A_A_HISTORIES = 10

#: Fresh processes of a cell in a night: what `effprof nightly` takes.
REPEATS = 3

#: The networks of the suite `nightly`, and the sentinel that the reference run has measured too.
MODELS = (
    *("timm/efficientnet_b0", "timm/efficientnet_b4", "timm/efficientnetv2_s"),
    *("timm/efficientnet_lite0", "timm/resnet50", "timm/mobilenetv3_large_100"),
    *("timm/regnety_004", "timm/convnext_atto", "timm/resnet18"),
)

#: What changes, and the measured cell that it changes into.
CHANGED = Cell("timm/efficientnet_b0", 224)
CHANGED_INTO = Cell("effprof:efficientnet?act=silu_unfused", 224)

#: Steps that stand for a process; only their median is followed.
SAMPLES = 3

Measured = Mapping[Cell, Sequence[Measurement]]


def main() -> None:
    """Write the pages of the last night of both histories, and what was found when."""
    reference = read_run(REFERENCE_RUN)
    lines = [
        f"# What was found\n\nWritten by `make.py`; seed {SEED}, the first night that can be"
        f" judged is the {MIN_NIGHTS}th."
    ]
    for name, step in (("silu", STEP), ("nothing-changed", None)):
        lines.append(f"\n## {name}\n")
        told: dict[str, None] = {}
        for night, assessment in history(reference, step, SEED):
            for shown in assessment.events:
                if shown.event.id not in told:
                    told[shown.event.id] = None
                    lines.append(f"- night {night}: {event_title(shown.event)}")
        if not told:
            lines.append("- nothing")
        write_pages(assessment, HERE / name)
    lines.append(f"\n## False alarms\n\n{false_alarms(reference)} {noise(reference)}\n")
    (HERE / "found.md").write_text("\n".join(lines), encoding="utf-8")


def false_alarms(reference: Run) -> str:
    """Count events in histories without any change, over seeds that nobody chose."""
    alarms: Counter[str] = Counter()
    series_nights = 0
    for seed in range(A_A_HISTORIES):
        seen: set[str] = set()
        for night, assessment in history(reference, None, seed):
            series_nights += len(assessment.series) if night >= MIN_NIGHTS else 0
            for shown in assessment.events:
                if shown.event.id not in seen:
                    seen.add(shown.event.id)
                    alarms[metric_kind(shown.event.metric)] += 1
    kinds = ", ".join(f"{count} of {kind}" for kind, count in alarms.most_common())
    total = sum(alarms.values())
    return (
        f"{A_A_HISTORIES} further histories in which nothing changes: {total} false alarms"
        f" ({kinds or 'none'}) in {series_nights} series-nights,"
        f" {1000 * total / series_nights:.2f} per 1,000."
    )


def noise(reference: Run) -> str:
    """Say how much processes differ in the reference run: what the nights were simulated with."""
    steps, roles = [], []
    for cell, processes in measurements(reference).items():
        if cell.model in MODELS:
            steps.append(spread([statistics.median(done.timing.throughput) for done in processes]))
            by_role = [done.profile.by(lambda op: op.role) for done in processes if done.profile]
            roles += [spread([each[role] for each in by_role]) for role in by_role[0]]
    step, role = (statistics.median(spreads) for spreads in (steps, roles))
    return f"Median spread between processes: {step:.1%} of a step's time, {role:.1%} of a role's."


def spread(values: Sequence[float]) -> float:
    """Return the standard deviation of the logarithms."""
    return statistics.stdev(math.log(value) for value in values)


def metric_kind(metric: str) -> str:
    """Name a metric; the times of roles are one kind, and what has none is the machine's."""
    return "role times" if metric.startswith(ROLE_PREFIX) else metric or "the machine"


def history(reference: Run, step: int | None, seed: int) -> Iterator[tuple[int, Assessment]]:
    """Judge the nights of one history in a store of its own."""
    with tempfile.TemporaryDirectory() as folder, open_store(f"{folder}/nights") as store:
        yield from judged_nights(reference, store, step, np.random.default_rng(seed))


def judged_nights(
    reference: Run, store: Store, step: int | None, random: np.random.Generator
) -> Iterator[tuple[int, Assessment]]:
    """Simulate night after night; each is judged as it would have been, suspects again."""
    measured = measurements(reference)
    for night in range(1, NIGHTS + 1):
        source = {cell: done for cell, done in measured.items() if cell.model in MODELS}
        if step is not None and night >= step:
            source[CHANGED] = measured[CHANGED_INTO]
        run = simulated(reference, source, night, random)
        store.add_runs([run])
        stored = load_night(store, Study(run))
        again = None
        if suspects := stored.suspects:
            suite = again_suite(run.invocation)
            again = simulated(reference, source, night, random, suspects, suite)
            store.add_runs([again])
        assessment = stored.assess(again)
        store.save_events(s.event for s in (*assessment.events, *assessment.recovered))
        yield night, assessment


def measurements(run: Run) -> Measured:
    """Collect the valid measurements of each cell."""
    found: dict[Cell, list[Measurement]] = {}
    for repeat in run.repeats:
        if isinstance(repeat.outcome, Measurement) and repeat.outcome.valid:
            found.setdefault(repeat.cell, []).append(repeat.outcome)
    return found


def simulated(
    reference: Run,
    source: Measured,
    night: int,
    random: np.random.Generator,
    cells: Sequence[Cell] | None = None,
    suite: str = "nightly",
) -> Run:
    """Draw the run of a night."""
    began = datetime.fromisoformat(reference.invocation.started_at) + timedelta(days=night)
    began += timedelta(hours=0 if cells is None else 1)
    planned = tuple(source) if cells is None else tuple(cells)
    recorded = reference.invocation.fingerprint.recorded | {"git": commit(night)}
    invocation = replace(
        reference.invocation,
        id=f"{began:%Y%m%d-%H%M%S}-{night:06x}",
        started_at=began.isoformat(timespec="seconds"),
        command="python docs/demonstration/make.py",
        suite=suite,
        cells=planned,
        repeats=REPEATS,
        fingerprint=replace(reference.invocation.fingerprint, recorded=recorded),
    )
    repeats = tuple(
        Repeat(cell, index, drawn(source[cell], random), invocation.started_at, 1.0)
        for index in range(REPEATS)
        for cell in planned
    )
    costs = tuple(cost for cost in reference.costs if cells is None)
    return Run(invocation, "complete", invocation.started_at, (), costs, repeats)


def drawn(processes: Sequence[Measurement], random: np.random.Generator) -> Measurement:
    """Draw one process: every number from the distribution of that number over the processes."""

    def draw(values: Sequence[float]) -> float:
        centre = statistics.fmean(math.log(value) for value in values)
        return math.exp(random.normal(centre, spread(values)))

    seconds = draw([statistics.median(done.timing.throughput) for done in processes])
    samples = (seconds,) * SAMPLES
    memory = [done.memory.peak_rss_bytes for done in processes]
    first = processes[0]
    return replace(
        first,
        timing=replace(first.timing, throughput=samples, latency=samples, warmup=()),
        memory=replace(first.memory, peak_rss_bytes=round(draw([m for m in memory if m]))),
        profile=drawn_profile([done.profile for done in processes if done.profile], seconds, draw),
    )


def drawn_profile(
    profiles: Sequence[Profile], seconds: float, draw: Callable[[Sequence[float]], float]
) -> Profile:
    """Draw the time of each role; one operator stands for all of a role."""
    by_role = [profile.by(lambda op: op.role) for profile in profiles]
    counted = {op.role for op in profiles[0].ops if op.counted}
    ops = tuple(
        OpTime(role, "forward", role, "", draw([each[role] for each in by_role]), role in counted)
        for role in by_role[0]
    )
    first = profiles[0]
    return replace(
        first, ops=ops, wall_seconds=seconds * (1 + first.overhead), plain_seconds=seconds
    )


def commit(night: int) -> str:
    """Make up the commit of a night: a new one each day."""
    return hashlib.sha1(f"night {night}".encode(), usedforsecurity=False).hexdigest()[:12]


if __name__ == "__main__":
    main()
