"""What pictures and charts are drawn from: one way of executing the models."""

from collections.abc import Sequence
from dataclasses import dataclass

from effprof.analysis.pooling import MEASURED
from effprof.core.profiles import Profile
from effprof.models.weights import KnownWeights
from effprof.report.phrases import MEMORY_WORDS
from effprof.study.results import Result, known
from effprof.study.selection import first_other, telling
from effprof.study.setting import Setting, in_line

#: More panels than this are too small to read; the tables hold every batch size.
MAX_PANELS = 4

#: Fewer points than this make no line or map: a table shows them.
LEAST_POINTS = 3

#: Networks of other families than the subject's, of those whose roles are drawn.
RIVALS = 2


@dataclass(frozen=True, slots=True)
class View:
    """A setting with what is needed to draw it.

    Labels and families of its results are as they are drawn; `families` are those of the whole
    page, which keep their looks in all its pictures. `caption` says mode, configuration and device
    in words; `peak` is in FLOP/s; `weights` are those whose accuracy is known.
    """

    setting: Setting
    caption: str
    reference_label: str
    peak: float | None
    families: tuple[str, ...]
    weights: KnownWeights | None = None

    @property
    def results(self) -> tuple[Result, ...]:
        """The cells with a valid measurement, in plan order: what is drawn."""
        return self.setting.results

    @property
    def batch_sizes(self) -> list[int]:
        """All measured batch sizes, ascending."""
        return self.setting.batch_sizes

    @property
    def is_swept(self) -> bool:
        """Whether there are enough batch sizes for a picture over them."""
        return len(self.batch_sizes) >= LEAST_POINTS

    @property
    def memory_kinds(self) -> list[str]:
        """The kinds of peak memory that are known of any result, by quantity."""
        there = {name for each in self.results for name in memory_of(each)}
        return [name for name in MEMORY_WORDS if name in there]

    @property
    def subject(self) -> Result:
        """The first planned network that is not the reference, or the reference alone."""
        return first_other(self.results, self.setting.reference)

    @property
    def profiled(self) -> tuple[tuple[Result, Profile], ...]:
        """The cells that have a profile, in plan order."""
        pairs = ((each, each.part.profile) for each in self.results)
        return tuple((each, seen) for each, seen in pairs if isinstance(seen, Profile))

    @property
    def line(self) -> frozenset[str]:
        """The labels of the subject's line of families."""
        subject = self.subject
        return frozenset(each.label for each in self.results if in_line(each, subject))

    def is_reference(self, result: Result) -> bool:
        """Whether it is the network that the others are compared with."""
        return result.model == self.setting.reference

    def telling(self, at_most: int = 1, rivals: int = 0) -> list[str]:
        """Choose labels of profiled networks: the subject, the reference, the most telling."""
        there = [each for each, _ in self.profiled]
        others = telling(there, self.setting.reference, at_most, rivals)
        reference = (each.label for each in there if self.is_reference(each))
        return [*others[:1], *dict.fromkeys(reference), *others[1:]]

    def lost_at(self, batch_size: int) -> dict[str, str]:
        """Map the label of each network without a valid measurement to what became of it."""
        return {
            each.label: "invalid" if each.status == MEASURED else each.status
            for each in self.setting.planned
            if each.batch_size == batch_size and not each.valid
        }


def memory_of(result: Result) -> dict[str, float]:
    """Give the known numbers of a result's memory in bytes, by quantity."""
    numbers = {name: known(getattr(result, name)) for name in MEMORY_WORDS}
    return {name: value for name, value in numbers.items() if value is not None}


def ends(sizes: Sequence[int]) -> list[int]:
    """Give the first and the last of some batch sizes.

    >>> ends([1, 8, 32]), ends([8]), ends([])
    ([1, 32], [8], [])
    """
    return list(dict.fromkeys([*sizes[:1], *sizes[-1:]]))


def chosen(sizes: Sequence[int], at_most: int = MAX_PANELS) -> list[int]:
    """Choose batch sizes for the panels: the ends, and evenly in between.

    >>> chosen([1, 8, 32, 64, 128, 256])
    [1, 32, 64, 256]
    """
    if len(sizes) <= at_most:
        return list(sizes)
    step = (len(sizes) - 1) / (at_most - 1)
    return [sizes[round(place * step)] for place in range(at_most)]
