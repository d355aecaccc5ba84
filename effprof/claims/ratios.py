"""Ratios of speeds between cells, with the interval that the evidence allows."""

from collections.abc import Hashable, Mapping, Sequence

from effprof.analysis.statistics import Interval, Samples, ratio_interval
from effprof.claims.claim import Estimate, NotMeasured
from effprof.claims.evidence import Evidence, Measured, Wanted
from effprof.claims.published import is_published, with_twin_spread

#: What a reader must know of an interval that does not come from several processes.
ONE_PROCESS = "one process only: the interval is too narrow"
NO_INTERVAL = "too few samples for an interval"


def speed_ratio(above: Sequence[Measured], below: Sequence[Measured]) -> Estimate:
    """Estimate the images/s of the cell `above` over those of the cell `below`.

    Both hold one cell or more as `Evidence.find` gives them: of those that differ (in an axis that
    was left open) the first counts, with its repeats from all runs. Batches may differ between the
    two sides. Repeats of one run and index are paired; n counts the processes (pairs) that the
    interval rests on, see `effprof.analysis.statistics.ratio_interval`. Published numbers have no
    repeats: their interval is the spread of twin networks (`effprof.claims.published`).
    """
    one, other = _samples(above), _samples(below)
    interval = ratio_interval(other, one)
    batches = above[0].cell.batch_size / below[0].cell.batch_size
    estimate = _estimate(interval, batches, _processes(interval, one, other))
    runs = [side[0].run for side in (above, below)]
    return with_twin_spread(estimate, runs) if all(map(is_published, runs)) else estimate


def measured_ratio(evidence: Evidence, above: Wanted, below: Wanted) -> Estimate | NotMeasured:
    """Estimate the speed of what is wanted `above` over that `below`, or say what is missing."""
    lacking = unmeasured(evidence, (above, below))
    return lacking or speed_ratio(evidence.find(above), evidence.find(below))


def unmeasured(evidence: Evidence, wanted: Sequence[Wanted]) -> NotMeasured | None:
    """Name what is wanted and has no valid measurement; None where there is all."""
    lacking = tuple(each for each in wanted if not evidence.find(each))
    if not lacking:
        return None
    return NotMeasured(f"no valid measurement of {'; '.join(w.text for w in lacking)}", lacking)


def scaled(estimate: Estimate, factor: float) -> Estimate:
    """Multiply an estimate by an exact positive number."""
    value, low, high = (factor * end for end in (estimate.value, estimate.low, estimate.high))
    return Estimate(value, low, high, estimate.n, estimate.of, estimate.note)


def _samples(found: Sequence[Measured]) -> Mapping[Hashable, Samples]:
    alike = (each for each in found if each.cell == found[0].cell)
    return {key: samples for each in alike for key, samples in each.samples.items()}


def _processes(
    interval: Interval, one: Mapping[Hashable, Samples], other: Mapping[Hashable, Samples]
) -> int:
    match interval.method:
        case "paired":
            return len(one.keys() & other.keys())
        case _:
            return min(len(one), len(other))


def _estimate(interval: Interval, factor: float, n: int) -> Estimate:
    notes = {"within one process": ONE_PROCESS, "none": NO_INTERVAL}
    plain = Estimate(interval.estimate, interval.low, interval.high, n, "processes")
    note = notes.get(interval.method, "")
    ends = scaled(plain, factor)
    return Estimate(ends.value, ends.low, ends.high, n, ends.of, note)
