"""The static costs of a run, counted anew by today's counter."""

from dataclasses import replace

from effprof.core.runs import Run
from effprof.session.sweeps import started_workers
from effprof.sweep.plan import count_in_worker


def recounted(run: Run) -> tuple[Run, tuple[str, ...]]:
    """Return a run with static costs of today, and notes on what could not be counted again.

    Measurements stay as they are. A cost that cannot be counted again, as that of an object, which
    is stored nowhere, stays what it was.
    """
    counted = count_in_worker(started_workers(), run.invocation.cells)
    costs = {cost.key: cost for cost in (*run.costs, *counted.costs)}
    return replace(run, costs=tuple(costs.values())), counted.notes
