"""The front of a setting: quoted accuracy beside measured speed, and whom no network beats."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from effprof.analysis.accuracy import Quoted, quoted
from effprof.analysis.pareto import pareto_front
from effprof.core.accuracies import AccuracyKind
from effprof.core.cells import Cell
from effprof.core.estimates import Estimate
from effprof.models.weights import KnownWeights
from effprof.study.results import Result
from effprof.study.setting import measured_speed

#: Fewer networks with a quoted accuracy than this make no front worth a picture.
MIN_NETWORKS = 3


@dataclass(frozen=True, slots=True)
class Contender:
    """A network with a quoted accuracy, and whether it is on the front.

    On the front is whom no network beats in both accuracy and speed, of those that were run at
    the size at which their accuracy is quoted.
    """

    result: Result
    accuracy: Quoted
    on_front: bool

    @property
    def top1(self) -> float:
        """The quoted top-1 in per cent."""
        return self.accuracy.top1

    @property
    def speed(self) -> Estimate:
        """The measured images/s."""
        return measured_speed(self.result)

    @property
    def same_size(self) -> bool:
        """Whether it was run at the size at which its accuracy is quoted."""
        return self.accuracy.resolution == self.result.resolution


def contenders(
    results: Iterable[Result], kind: AccuracyKind = "paper", weights: KnownWeights | None = None
) -> tuple[Contender, ...]:
    """Give the valid networks with an accuracy of that kind at the largest batch, in plan order.

    Empty for fewer than `MIN_NETWORKS`.
    """
    told = [
        (each, found)
        for each in results
        if (found := quoted(each.model, each.resolution, kind, weights)) is not None
    ]
    size = max((each.batch_size for each, _ in told), default=0)
    largest = [Contender(each, found, False) for each, found in told if each.batch_size == size]
    if len({each.result.model for each in largest}) < MIN_NETWORKS:
        return ()
    front = _unbeaten([each for each in largest if each.same_size])
    return tuple(replace(each, on_front=each.result.cell in front) for each in largest)


def _unbeaten(there: Sequence[Contender]) -> set[Cell]:
    """Give the cells that none of the others beats."""
    seconds = [1 / each.speed.value for each in there]
    frame = pd.DataFrame({"top1": [each.top1 for each in there], "seconds": seconds})
    front = pareto_front(frame, maximise="top1", minimise="seconds")
    return {there[place].result.cell for place in front}
