"""Networks with an accuracy that others quote for the size at which they were run."""

from collections.abc import Iterable
from dataclasses import dataclass

from effprof.analysis.accuracy import Quoted, quoted_at
from effprof.core.accuracies import AccuracyKind
from effprof.models.weights import KnownWeights
from effprof.study.results import Result
from effprof.study.setting import published


@dataclass(frozen=True, slots=True)
class QuotedNetwork:
    """A network with its accuracy as it is quoted at the size at which it was run."""

    result: Result
    accuracy: Quoted

    @property
    def top1(self) -> float:
        """The quoted top-1 in per cent."""
        return self.accuracy.top1


def quoted_networks(
    results: Iterable[Result], kind: AccuracyKind = "paper", weights: KnownWeights | None = None
) -> tuple[QuotedNetwork, ...]:
    """Keep the published networks that have an accuracy of that kind, with it."""
    known = (
        (each, quoted_at(each.model, each.resolution, kind, weights)) for each in published(results)
    )
    return tuple(QuotedNetwork(each, found) for each, found in known if found is not None)
