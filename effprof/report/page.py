"""What every section of a report reads: the run, its frame, and names for people."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from effprof.analysis.breakdown import Breakdown
from effprof.analysis.configurations import configuration_text
from effprof.analysis.roofline import Ceilings
from effprof.analysis.waterfall import Waterfall
from effprof.core.axes import CONFIGURATION
from effprof.core.estimates import Absent
from effprof.core.runs import Run
from effprof.report.blocks import Block
from effprof.study.study import Study


@dataclass(frozen=True, slots=True)
class Page:
    """A study prepared for rendering; `frame` has the columns of `COLUMNS` and `label`.

    `label` is the shortest unambiguous name of a network (not escaped): without the provider
    where one provider has the name, with `@pixels` where the model was run at several sizes.
    `parts` and `falls` hold the breakdown and the waterfall of every cell by its key; `store_flag`
    is the --store with which commands find the run, empty where that is the default.
    """

    study: Study
    frame: pd.DataFrame
    parts: Mapping[str, Breakdown]
    falls: Mapping[str, Waterfall | Absent]
    ceilings: Mapping[tuple[str, int], Ceilings]
    store_flag: str = ""
    _blocks: dict["Section", tuple[Block, ...]] = field(
        default_factory=dict, init=False, repr=False
    )

    @classmethod
    def of(cls, study: Study, store_flag: str = "") -> "Page":
        """Prepare a study whose run is kept where `store_flag` says."""
        return cls(
            study,
            study.frame.assign(label=list(study.labels.values())),
            {cell.key: part for cell, part in study.parts.items()},
            {cell.key: fall for cell, fall in study.falls.items()},
            study.ceilings,
            store_flag,
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

    @property
    def shown(self) -> pd.DataFrame:
        """The cells with a valid measurement: those that tables and pictures show."""
        return self.frame[self.frame.valid]

    @property
    def listed(self) -> pd.DataFrame:
        """All other cells: failed, invalid or without outcome; listed with their reason."""
        return self.frame[~self.frame.valid]

    @property
    def reference_label(self) -> str:
        """Name of the reference for people; the canonical one where it was not planned."""
        return self.study.reference_label

    def waterfalls_of(self, rows: pd.DataFrame) -> Iterator[tuple[pd.Series, Waterfall]]:
        """Yield those of the rows that have a waterfall, with it, in plan order."""
        for key, row in rows.iterrows():
            fall = self.falls[str(key)]
            if isinstance(fall, Waterfall):
                yield row, fall

    def settings(self) -> Iterator[tuple[str, str, pd.DataFrame]]:
        """Yield (mode, configuration in words, its cells) in plan order."""
        for (mode, *_), group in self.frame.groupby(["mode", *CONFIGURATION], sort=False):
            yield str(mode), configuration_text(group.iloc[0]), group

    def first_settings(self) -> Iterator[tuple[str, str, pd.DataFrame]]:
        """Yield of `settings` the first per mode and precision: what pictures and verdict show."""
        seen: set[tuple[str, str]] = set()
        for mode, configuration, group in self.settings():
            key = (mode, str(group["precision"].iloc[0]))
            if key not in seen:
                seen.add(key)
                yield mode, configuration, group


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: `body` gives its blocks; pictures whose name starts so follow them.

    A section without blocks and pictures is left out.
    """

    title: str
    body: Callable[[Page], Iterable[Block]] = lambda page: ()
    pictures: str = ""
