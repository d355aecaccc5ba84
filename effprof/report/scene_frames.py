"""Settings as rows of a frame; leaves when the write-up and the pictures read results."""

from dataclasses import dataclass

import pandas as pd

from effprof.analysis.correlation import VARIANTS
from effprof.models.registry import FAMILIES

#: FLOPs that differ by no more than this factor are about as many.
ABOUT_AS_MANY = 1.35


@dataclass(frozen=True, slots=True)
class Rows:
    """The valid cells of one mode and configuration, as rows of a frame, in plan order.

    The subject is the first planned network that is not the reference, where both what is promised
    and what is realised are known; relatives are of its line of families, rivals need about as many
    FLOPs. Variants, which are built from knobs, are neither.
    """

    reference: str
    rows: pd.DataFrame

    def at(self, batch_size: int) -> pd.DataFrame:
        """Give the rows of one batch size."""
        return self.rows[self.rows["batch_size"] == batch_size]

    @property
    def batch_sizes(self) -> list[int]:
        """Measured batch sizes, ascending."""
        return sorted({int(size) for size in self.rows["batch_size"]})

    @property
    def others(self) -> pd.DataFrame:
        """The rows of all networks but the reference."""
        return self.rows[self.rows["model"] != self.reference]

    @property
    def compared(self) -> pd.DataFrame:
        """Those of them with a promise and what is realised of it."""
        return self.others.dropna(subset=["promise", "realised"])

    @property
    def subject(self) -> pd.DataFrame:
        """The rows of the subject by batch; empty if there is none."""
        rows = self.compared
        if rows.empty:
            return rows
        first = rows.iloc[0]
        same = rows[(rows["model"] == first["model"]) & (rows["resolution"] == first["resolution"])]
        return same.sort_values("batch_size")

    @property
    def relatives(self) -> pd.DataFrame:
        """The rows of the subject's line of families: V1, Lite, V2; no variants."""
        own = self.subject
        if own.empty:
            return own
        rows = published(self.compared)
        return rows[in_line(rows, own.iloc[0])]

    @property
    def rivals(self) -> pd.DataFrame:
        """The rows that need about as many FLOPs as the subject; no relatives, no variants."""
        own = self.subject
        if own.empty:
            return own
        rows = published(self.compared)
        ratio = rows["promise"] / own["promise"].iloc[0]
        alike = ratio.between(1 / ABOUT_AS_MANY, ABOUT_AS_MANY)
        return rows[alike & ~in_line(rows, own.iloc[0])]


def variant(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Whether each network is built from knobs: a variant of one network."""
    return rows["model"].str.startswith(VARIANTS)


def published(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out variants, which are no independent evidence."""
    return rows[~variant(rows)]


def in_line(rows: pd.DataFrame, subject: pd.Series) -> "pd.Series[bool]":
    """Whether each network's family begins like the subject's: EfficientNet, its V2, its Lite.

    A subject that the registry does not know has no relatives: only its own rows are in its line.
    """
    family = str(subject["family"])
    if family not in FAMILIES:
        return rows["model"] == subject["model"]
    return rows["family"].isin(FAMILIES) & rows["family"].str.startswith(family)
