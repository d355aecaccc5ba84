"""How honest the countdown is: published runs replayed against what would have been told.

python -m tests.benchmarks.countdown [STORE ...]: also the runs of these stores
"""

import statistics
import sys
from pathlib import Path

from effprof.store.store import open_store
from effprof.store.transfer import read_run
from tests.countdown import replay

REPORTS = Path(__file__).resolve().parents[2] / "reports"

#: Orders of each run: as it was measured, and with every round shuffled.
SEEDS = (None, *range(5))


def runs(stores=()):
    """Give the published runs that measured something, and those of stores."""
    published = [read_run(path) for path in sorted(REPORTS.glob("*/*.jsonl.gz"))]
    for location in stores:
        with open_store(location, create=False) as store:
            published += [store.load(each.id) for each in store.runs()]
    return [run for run in published if run.repeats and run.invocation.repeats > 1]


def row(run):
    """Replay a run in every order and write a row of the table."""
    told = [replay(run, seed) for seed in SEEDS]
    return (
        f"{run.invocation.suite:14}{sum(repeat.seconds for repeat in run.repeats):8.0f}"
        f"{told[0].first:8.2f}{max(each.before for each in told):10.2f}"
        f"{max(each.after for each in told):9.2f}"
        f"{statistics.mean(each.within(0.15) for each in told):11.0%}"
    )


if __name__ == "__main__":
    print("told total over true total: first guess, farthest before and after the first round")
    print(f"{'suite':14}{'seconds':>8}{'first':>8}{'before x':>10}{'after x':>9}{'in 15 %':>11}")
    for each in runs(sys.argv[1:]):
        print(row(each))
