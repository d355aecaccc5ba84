"""Nothing changed: how much do numbers move all the same, and what does detection say of it?

Takes exported runs of the same cells on the same machine. Of one run every round of its repeats,
which went over all cells in turn, counts as a night; of several runs each. Printed are the noise
floor, the standard deviation over the mean of each metric, over cells; and the false alarms when
the nights are judged one after the other as `effprof nightly` does. Nights of an A/A run may stand
in any order: with `--orders N` that many shuffled orders are judged beside the one that they were
taken in. Rounds within one sitting share its machine: nights that lie apart can only move more.

Start it in the root of the repository: python -m tests.benchmarks.nothing_changed FILE...
"""

import argparse
import random
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from effprof.core.metrics import ROLE_PREFIX, measured_metrics
from effprof.core.outcomes import Measurement
from effprof.core.runs import Run
from effprof.regressions.nights import load_night
from effprof.regressions.policies import MIN_NIGHTS
from effprof.report.night import event_title
from effprof.store.store import Store, open_store
from effprof.store.transfer import read_run
from effprof.study.study import Study

#: Shuffled orders, and the seed that they are drawn with.
ORDERS = 10
SEED = 2026

#: The first of the made-up dates that nights get, a day apart: only their order matters.
FIRST_NIGHT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Alarms:
    """What detection said of some nights: what it was asked, what it would have measured again."""

    series_nights: int
    suspects: int
    events: tuple[str, ...]

    def __add__(self, other: "Alarms") -> "Alarms":
        return Alarms(
            self.series_nights + other.series_nights,
            self.suspects + other.suspects,
            self.events + other.events,
        )


def nights_of(runs: Sequence[Run]) -> list[Run]:
    """Take one run apart into its rounds; several runs are nights already."""
    if len(runs) > 1:
        return list(runs)
    (run,) = runs
    rounds = range(run.invocation.repeats)
    apart = [[each for each in run.repeats if each.index == number] for number in rounds]
    return [
        replace(
            run,
            invocation=replace(run.invocation, repeats=1),
            repeats=tuple(replace(repeat, index=0) for repeat in repeats),
        )
        for repeats in apart
        if len(repeats) == len(run.invocation.cells)
    ]


def dated(nights: Sequence[Run]) -> Iterator[Run]:
    """Give nights ids and dates in the order in which they are to be judged."""
    for number, night in enumerate(nights):
        at = FIRST_NIGHT + timedelta(days=number)
        when = at.isoformat(timespec="seconds")
        run_id = f"{at:%Y%m%d-%H%M%S}-{number:06x}"
        invocation = replace(night.invocation, id=run_id, started_at=when)
        yield replace(night, invocation=invocation, status="complete", finished_at=when)


def judge(nights: Sequence[Run]) -> Alarms:
    """Judge night after night in a store of its own."""
    with tempfile.TemporaryDirectory() as folder, open_store(f"{folder}/nights.sqlite") as store:
        return sum((_judged(store, night) for night in dated(nights)), Alarms(0, 0, ()))


def _judged(store: Store, night: Run) -> Alarms:
    known = {event.id for event in store.events()}
    store.add_runs([night])
    stored = load_night(store, Study(night))
    assessment = stored.assess()
    shown = (*assessment.events, *assessment.recovered)
    store.save_events(each.event for each in shown)
    judged = [each for each in assessment.series if each.state not in ("cannot tell", "missing")]
    new = tuple(event_title(each.event) for each in shown if each.event.id not in known)
    return Alarms(len(judged), len(stored.suspects), new)


def noise_floor(nights: Sequence[Run]) -> dict[str, list[float]]:
    """Relative standard deviation per metric, one per cell; role times are one metric."""
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    for night in nights:
        for repeat in night.repeats:
            if isinstance(repeat.outcome, Measurement) and repeat.outcome.valid:
                for metric, value in measured_metrics(repeat.outcome).items():
                    values[metric, repeat.cell.key].append(value)
    floors: dict[str, list[float]] = defaultdict(list)
    for (metric, _), each in sorted(values.items()):
        if len(each) > 1 and statistics.mean(each):
            kind = "role times" if metric.startswith(ROLE_PREFIX) else metric
            floors[kind].append(statistics.stdev(each) / statistics.mean(each))
    return floors


def print_floor(floors: dict[str, list[float]]) -> None:
    """Print a row per metric."""
    print(f"{'noise floor':24} {'series':>6} {'median':>8} {'90th %':>8} {'largest':>8}")
    for metric, each in floors.items():
        ninth = statistics.quantiles(each, n=10)[-1] if len(each) > 1 else each[0]
        largest = max(each)
        print(
            f"{metric:24} {len(each):6} {statistics.median(each):8.2%} {min(ninth, largest):8.2%}"
            f" {largest:8.2%}"
        )


def print_alarms(title: str, alarms: Alarms) -> None:
    """Print how often detection was wrong, and of what."""
    rate = 1000 * len(alarms.events) / alarms.series_nights if alarms.series_nights else 0.0
    print(
        f"{title}: {len(alarms.events)} false alarms in {alarms.series_nights} series-nights that"
        f" could be judged, {rate:.2f} per 1,000; {alarms.suspects} cells would have been"
        " measured again"
    )
    for event in alarms.events:
        print(f"  {event}")


def main() -> None:
    """Print the noise floor and the false alarms of the files that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--orders", type=int, default=ORDERS, metavar="N")
    asked = parser.parse_args()
    nights = nights_of([read_run(file) for file in asked.files])
    cells = len(nights[0].invocation.cells)
    print(
        f"{nights[0].invocation.device}: {len(nights)} nights of {cells} cells;"
        f" the first that can be judged is the {MIN_NIGHTS}th"
    )
    print_floor(noise_floor(nights))
    print_alarms("in the order taken", judge(nights))
    chance = random.Random(SEED)
    shuffled = [judge(chance.sample(nights, len(nights))) for _ in range(asked.orders)]
    print_alarms(f"{asked.orders} shuffled orders", sum(shuffled, Alarms(0, 0, ())))


if __name__ == "__main__":
    main()
