"""What every section of a report reads: the run, its frame, and names for people."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import pandas as pd

from effprof.analysis.breakdown import Breakdown
from effprof.analysis.configurations import configuration_text
from effprof.analysis.roofline import Ceilings
from effprof.analysis.waterfall import Waterfall
from effprof.core.axes import CONFIGURATION
from effprof.core.estimates import Absent
from effprof.core.runs import BENCHMARK_METHOD, TIMM_METHOD, Run
from effprof.report.blocks import Block
from effprof.study.study import Study


@dataclass(frozen=True, slots=True)
class Imported:
    """How numbers were taken that no sweep took: for the scope of a page, and as its method."""

    taken: str
    method: str


#: What pages say of imported runs, by the version of the method.
_IMPORTED = {
    BENCHMARK_METHOD: Imported(
        "Imported from pytest-benchmark: one process; brackets are 95 % intervals",
        "Imported from pytest-benchmark: one process, every call timed there as its options say. "
        "The intervals are those of medians within that process, which are too narrow.",
    ),
    TIMM_METHOD: Imported(
        "Published by timm: one mean step time per network and no samples, so no intervals",
        "Published by timm, not measured here: of every network one process, the mean of the steps "
        "that it timed. Without samples no interval can be given, and nothing tells how steady the "
        "machine was. Batches differ: timm takes a smaller one where the largest fails. Parameters,"
        " MACs and activations are those of the file, rounded to two decimals of M, G and M: of a "
        "small network the promise is coarse.",
    ),
}


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

    @classmethod
    def of(cls, study: Study, store_flag: str = "") -> "Page":
        """Prepare a study whose run is kept where `store_flag` says."""
        return cls(
            study,
            study.frame.assign(label=_labels(study.frame)),
            {cell.key: part for cell, part in study.parts.items()},
            {cell.key: fall for cell, fall in study.falls.items()},
            study.ceilings,
            store_flag,
        )

    @property
    def run(self) -> Run:
        """The run that it is about."""
        return self.study.run

    @property
    def imported(self) -> Imported | None:
        """How the samples were taken where that was not by a sweep."""
        return _IMPORTED.get(self.run.invocation.fingerprint.gating.get("method", ""))

    @property
    def counted(self) -> bool:
        """Whether this run counted static costs only."""
        return not self.run.invocation.repeats

    @property
    def shown(self) -> pd.DataFrame:
        """The cells with a valid measurement: those that tables and pictures show."""
        return self.frame[self.frame["valid"]]

    @property
    def listed(self) -> pd.DataFrame:
        """All other cells: failed, invalid or without outcome; listed with their reason."""
        return self.frame[~self.frame["valid"]]

    @property
    def reference_label(self) -> str:
        """Name of the reference for people; the canonical one where it was not planned."""
        reference = self.run.invocation.reference
        found = self.frame.loc[self.frame["model"] == reference, "label"]
        return reference if found.empty else str(found.iloc[0]).partition("@")[0]

    def subject_and_reference(self, group: pd.DataFrame) -> Iterator[pd.Series]:
        """Yield the rows of the first other network and of the reference at the largest batch."""
        valid = group[group["valid"]]
        is_reference = valid["model"] == self.run.invocation.reference
        for rows in (valid[~is_reference].head(1), valid[is_reference].head(1)):
            for _, first in rows.iterrows():
                same = valid[(valid["model"] == first["model"])]
                yield same.loc[same["batch_size"].idxmax()]

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


def _labels(frame: pd.DataFrame) -> pd.Series:
    short = frame["model"].str.partition("/")[2].where(frame["model"].str.contains("/"), None)
    short = short.fillna(frame["model"])
    owners = frame.groupby(short)["model"].transform("nunique")
    names = short.where(owners == 1, frame["model"])
    sizes = frame.groupby("model")["resolution"].transform("nunique")
    sized = names + "@" + frame["resolution"].astype(str)
    return cast(pd.Series, names.where(sizes == 1, sized))
