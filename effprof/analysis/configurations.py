"""Configurations: how a cell is executed, apart from what it computes."""

import pandas as pd

from effprof.core.axes import CONFIGURATION
from effprof.core.cells import Cell


def configuration_text(row: pd.Series) -> str:
    """Phrase the configuration of a cell that a row of a frame holds, as the cell does."""
    return Cell("", 0, **{axis: row[axis] for axis in CONFIGURATION}).configuration
