"""Ratios of speeds between cells, with the interval that the evidence allows."""

from collections.abc import Hashable, Mapping, Sequence

from effprof.analysis.statistics import Samples, ratio_interval
from effprof.claims.claim import Answer, NotMeasured
from effprof.claims.evidence import Evidence, Measured, Wanted
from effprof.claims.twins import with_twin_spread
from effprof.core.estimates import WITHIN_ONE_PROCESS, Estimate, Method

#: What a reader must know of an interval that does not come from several processes.
ONE_PROCESS = "one process only: the interval is too narrow"
NO_INTERVAL = "too few samples for an interval"

#: Methods that ask for a word beside the number.
_NOTES: Mapping[Method, str] = {
    **dict.fromkeys(WITHIN_ONE_PROCESS, ONE_PROCESS),
    "none": NO_INTERVAL,
}


def speed_ratio(above: Sequence[Measured], below: Sequence[Measured]) -> Answer:
    """Estimate the images/s of the cell `above` over those of the cell `below`.

    Both hold one cell or more as `Evidence.find` gives them: of those that differ (in an axis that
    was left open) the first counts, with its repeats from all runs. Batches may differ between the
    two sides. Repeats of one run and index are paired; n counts the processes (pairs) that the
    interval rests on, see `effprof.analysis.statistics.ratio_interval`. Published numbers have no
    repeats: their interval is the spread of twin networks (`effprof.claims.twins`).
    """
    batches = above[0].cell.batch_size / below[0].cell.batch_size
    estimate = ratio_interval(_samples(below), _samples(above)).scaled(batches)
    answer = of_processes(estimate)
    runs = [side[0].run for side in (above, below)]
    return with_twin_spread(answer, runs) if all(run.published for run in runs) else answer


def of_processes(estimate: Estimate) -> Answer:
    """Answer with an estimate over processes; the note says what its method leaves out."""
    return Answer(estimate, "processes", _NOTES.get(estimate.method, ""))


def unmeasured(evidence: Evidence, wanted: Sequence[Wanted]) -> NotMeasured | None:
    """Name what is wanted and has no valid measurement; None where there is all."""
    lacking = tuple(each for each in wanted if not evidence.find(each))
    if not lacking:
        return None
    return NotMeasured(f"no valid measurement of {'; '.join(w.text for w in lacking)}", lacking)


def _samples(found: Sequence[Measured]) -> Mapping[Hashable, Samples]:
    alike = (each for each in found if each.cell == found[0].cell)
    return {key: samples for each in alike for key, samples in each.samples.items()}
