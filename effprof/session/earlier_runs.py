"""What earlier runs in the store found on this machine: it tells how far runs lie apart."""

from collections.abc import Iterator, Mapping
from itertools import islice

from effprof.analysis.run_effects import step_seconds
from effprof.core.errors import StorageError
from effprof.core.machines import machine_labels, states
from effprof.core.runs import SOFTWARE, EarlierRun, Fingerprint, Run
from effprof.store.store import Store
from effprof.study.study import Study

#: So many earlier runs are known of a run, the newest ones, among so many that are looked at: a
#: machine of years ago says little, and each has to be read.
MOST = 8
LOOKED_AT = 24


def earlier_runs(store: Store, run: Run) -> tuple[EarlierRun, ...]:
    """Find what runs of the same machine and software found before a run, oldest first.

    They are complete, were measured by the same method, and have a cell in common with it.
    """
    found = islice(_alike(store, run), MOST)
    return tuple(reversed([*found]))


def _alike(store: Store, run: Run) -> Iterator[EarlierRun]:
    asked = run.invocation
    candidates = (
        summary
        for summary in store.runs()
        if summary.status == "complete"
        and summary.device == asked.device
        and (summary.started_at, summary.id) < (asked.started_at, asked.id)
    )
    for summary in islice(candidates, LOOKED_AT):
        try:
            other = store.load(summary.id)
        except StorageError:  # a damaged run says nothing, and costs nothing but itself
            continue
        if _same(run, other) and (steps := _steps(other, run)):
            yield EarlierRun(summary.id, summary.started_at, steps)


def _same(run: Run, other: Run) -> bool:
    marks = run.invocation.fingerprint, other.invocation.fingerprint
    return (
        not states(other, run).differing
        and not machine_labels(*marks)
        and _software(marks[0]) == _software(marks[1])
    )


def _software(marks: Fingerprint) -> Mapping[str, str | None]:
    return {name: marks.recorded.get(name) for name in SOFTWARE}


def _steps(other: Run, run: Run) -> dict[str, float]:
    """Estimate the seconds of a step of every cell that both planned and the other one measured."""
    planned = {cell.key for cell in run.invocation.cells}
    return {
        key: value for key, value in step_seconds(Study(other).pooled).items() if key in planned
    }
