"""What every section of a report reads: the study of a run; and what a section is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from effprof.core.runs import Run
from effprof.report.blocks import Block
from effprof.study.study import Study


@dataclass(frozen=True, slots=True)
class Page:
    """A study prepared for rendering.

    `store_flag` is the --store with which commands find the run, empty where that is the default.
    """

    study: Study
    store_flag: str = ""
    _blocks: dict["Section", tuple[Block, ...]] = field(
        default_factory=dict, init=False, repr=False
    )

    def blocks_of(self, section: "Section") -> tuple[Block, ...]:
        """Give what a section says; made once, for Markdown, HTML and the files of its tables."""
        if section not in self._blocks:
            self._blocks[section] = tuple(section.body(self))
        return self._blocks[section]

    @property
    def run(self) -> Run:
        """The run that it is about."""
        return self.study.run

    @property
    def counted(self) -> bool:
        """Whether this run counted static costs only."""
        return not self.run.invocation.repeats


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: `body` gives its blocks; pictures whose name starts so follow them.

    A section without blocks and pictures is left out. The interactive page folds it, unless `open`.
    """

    title: str
    body: Callable[[Page], Iterable[Block]] = lambda page: ()
    pictures: str = ""
    open: bool = False
