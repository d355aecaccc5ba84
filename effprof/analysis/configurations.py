"""Configurations of a network: how it was executed by default, and how it ran fastest."""

import pandas as pd

from effprof.core.axes import CONFIGURATION, WORK
from effprof.core.cells import Cell


def configuration_text(row: pd.Series) -> str:
    """Phrase the configuration of a cell that a row of a frame holds, as the cell does."""
    return Cell("", 0, **{axis: row[axis] for axis in CONFIGURATION}).configuration


def default_and_best(frame: pd.DataFrame) -> pd.DataFrame:
    """Give per network, mode and batch size its first planned and its fastest configuration.

    Columns: `model, resolution, mode, batch_size`, `default`, `best` (texts),
    `default_images_per_second`, `best_images_per_second` and `gain`, their ratio. The default
    keeps its place with NaN when it has no valid measurement. Empty where no network was planned
    in more than one configuration. A loader is none: what it feeds is compared apart.
    """
    rows = []
    for (*work, _), group in frame.groupby([*WORK, "loader"], sort=False):
        believed = group[group["valid"]]
        if len(group) == 1 or believed.empty:
            continue
        default, best = group.iloc[0], believed.iloc[believed["images_per_second"].argmax()]
        speed = default["images_per_second"] if default["valid"] else float("nan")
        rows.append(
            dict(zip(WORK, work, strict=True))
            | {
                "default": configuration_text(default),
                "best": configuration_text(best),
                "default_images_per_second": speed,
                "best_images_per_second": best["images_per_second"],
                "gain": best["images_per_second"] / speed,
            }
        )
    columns = ("default", "best", "default_images_per_second", "best_images_per_second", "gain")
    return pd.DataFrame(rows, columns=[*WORK, *columns])
