"""Accuracy as others quote it, beside what was measured: never measured here, never made up."""

from dataclasses import dataclass

import pandas as pd

from effprof.core.accuracies import ACCURACIES, AccuracyKind
from effprof.core.errors import BadInput
from effprof.models.names import plain_name
from effprof.models.registry import facts
from effprof.models.weights import KnownWeights, registered_weights


@dataclass(frozen=True, slots=True)
class Quoted:
    """An ImageNet-1k top-1 that others give for a network: per cent, at a size in pixels, by whom.

    `weights` are those it belongs to, with how they were evaluated; empty for a publication's.
    """

    top1: float
    resolution: int
    source: str
    weights: str = ""

    @property
    def text(self) -> str:
        """Who quotes it, in words: the weights and their file, or the publication."""
        return f"{self.weights}; {self.source}" if self.weights else self.source


def with_accuracy(frame: pd.DataFrame, weights: KnownWeights | None = None) -> pd.DataFrame:
    """Add to cells every accuracy of `ACCURACIES` that is quoted for their network.

    Of each the top-1 in per cent and the size in pixels it is quoted at are NaN, and its source and
    weights are empty, where nothing is quoted; a last column says whether the cell was run at that
    size. Without `weights` the packaged ones are known.
    """
    networks = list(zip(frame["model"], frame["resolution"], strict=True))
    for kind, accuracy in ACCURACIES.items():
        known = {each: quoted(*each, kind, weights) for each in dict.fromkeys(networks)}
        rows = [known[each] for each in networks]
        columns = {
            "": pd.Series([row and row.top1 for row in rows], index=frame.index, dtype=float),
            "_resolution": pd.Series(
                [row and row.resolution for row in rows], index=frame.index, dtype=float
            ),
            "_source": [row.source if row else "" for row in rows],
            "_weights": [row.weights if row else "" for row in rows],
        }
        frame = frame.assign(
            **{f"{accuracy.column}{end}": values for end, values in columns.items()},
            **{
                accuracy.size: [
                    row is not None and row.resolution == size
                    for row, (_, size) in zip(rows, networks, strict=True)
                ]
            },
        )
    return frame


def quoted(
    name: str,
    resolution: int,
    kind: AccuracyKind = "paper",
    weights: KnownWeights | None = None,
) -> Quoted | None:
    """Give an accuracy of a network for a run at a size in pixels; None where none is quoted.

    It may be quoted at another size, which it says; of weights the nearest. An imported run may
    hold names that this version cannot read.
    """
    more_data = ACCURACIES[kind].more_data
    if more_data is None:
        return _published(name)
    found = (weights or registered_weights()).best(name, resolution, more_data=more_data)
    if found is None:
        return None
    own = found.network == plain_name(name)
    told = found.text if own else f"{found.text}; another implementation of the network"
    return Quoted(found.top1, found.resolution, found.source, told)


def _published(name: str) -> Quoted | None:
    try:
        found = facts(name)
    except BadInput:
        return None
    if found is None or found.top1 is None:
        return None
    return Quoted(found.top1, found.resolution, found.source)


def quoted_at(
    name: str,
    resolution: int,
    kind: AccuracyKind = "paper",
    weights: KnownWeights | None = None,
) -> Quoted | None:
    """Give it where the network was run at the size that it is quoted at.

    At another size it has another accuracy, which nobody quotes.
    """
    found = quoted(name, resolution, kind, weights)
    return found if found is not None and found.resolution == resolution else None
