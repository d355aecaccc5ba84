"""Accuracy as others quote it, beside what was measured: never measured here, never made up."""

import pandas as pd

from effprof.core.errors import BadInput
from effprof.models.registry import ModelFacts, facts


def with_accuracy(frame: pd.DataFrame) -> pd.DataFrame:
    """Add to cells the ImageNet-1k top-1 that the registry quotes for their network.

    `top1` in per cent and the size in pixels it is quoted at are NaN and `top1_source` is empty
    where nothing is quoted; `same_size` says whether the cell was run at that size.
    """
    known = {name: quoted(name) for name in frame["model"].unique()}
    rows = [known[name] for name in frame["model"]]
    return frame.assign(
        top1=pd.Series([row and row.top1 for row in rows], index=frame.index, dtype=float),
        top1_resolution=pd.Series(
            [row and row.resolution for row in rows], index=frame.index, dtype=float
        ),
        top1_source=[row.source if row else "" for row in rows],
        same_size=[
            quoted_at(name, size) is not None
            for name, size in zip(frame["model"], frame["resolution"], strict=True)
        ],
    )


def quoted(name: str) -> ModelFacts | None:
    """Give the facts of a network whose top-1 is quoted; None where none is.

    An imported run may hold names that this version cannot read.
    """
    try:
        found = facts(name)
    except BadInput:
        return None
    return found if found is not None and found.top1 is not None else None


def quoted_at(name: str, resolution: int) -> ModelFacts | None:
    """Give those facts where the network was run at the size, in pixels, that top-1 is quoted at.

    At another size it has another accuracy, which nobody quotes.
    """
    found = quoted(name)
    return found if found is not None and found.resolution == resolution else None
