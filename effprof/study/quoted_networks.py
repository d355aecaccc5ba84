"""Networks with an accuracy that others quote for the size at which they were run."""

from collections.abc import Iterable
from dataclasses import dataclass

from effprof.analysis.accuracy import quoted_at
from effprof.models.registry import ModelFacts
from effprof.study.results import Result
from effprof.study.setting import published


@dataclass(frozen=True, slots=True)
class QuotedNetwork:
    """A network with the facts that quote its accuracy at the size at which it was run."""

    result: Result
    facts: ModelFacts

    @property
    def top1(self) -> float:
        """The quoted top-1 in per cent."""
        assert self.facts.top1 is not None
        return self.facts.top1


def quoted_networks(results: Iterable[Result]) -> tuple[QuotedNetwork, ...]:
    """Keep the published networks that have such an accuracy, with it."""
    known = ((each, quoted_at(each.model, each.resolution)) for each in published(results))
    return tuple(QuotedNetwork(each, facts) for each, facts in known if facts is not None)
