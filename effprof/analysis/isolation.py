"""What it costs to give every cell a fresh process: seconds that were not spent measuring."""

import statistics
from dataclasses import dataclass

from effprof.core.outcomes import Measurement
from effprof.core.runs import Run


@dataclass(frozen=True, slots=True)
class Isolation:
    """Wall time of the workers of a run in seconds, split into measuring and all the rest.

    `outside` holds, per process that measured, its wall time less the time it stepped the model;
    `failed_seconds` is the wall time of processes that ended in a failure.
    """

    outside: tuple[float, ...]
    measuring_seconds: float
    failed_seconds: float

    @property
    def total_seconds(self) -> float:
        """Wall time of all workers."""
        return sum(self.outside) + self.measuring_seconds + self.failed_seconds

    @property
    def median_seconds(self) -> float:
        """Median over processes of the time outside measuring."""
        return statistics.median(self.outside)

    @property
    def measuring_share(self) -> float:
        """Share of the workers' wall time that was spent measuring."""
        return self.measuring_seconds / self.total_seconds


def isolation(run: Run) -> Isolation | None:
    """Sum up the cost of isolation over a run; None when nothing was measured."""
    done = [
        (repeat.seconds, repeat.outcome.measuring_seconds)
        for repeat in run.repeats
        if isinstance(repeat.outcome, Measurement)
    ]
    if not done:
        return None
    return Isolation(
        outside=tuple(seconds - measuring for seconds, measuring in done),
        measuring_seconds=sum(measuring for _, measuring in done),
        failed_seconds=sum(
            repeat.seconds for repeat in run.repeats if not isinstance(repeat.outcome, Measurement)
        ),
    )
