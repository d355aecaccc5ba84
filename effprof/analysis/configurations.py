"""Configurations: how a cell is executed, apart from what it computes."""

import pandas as pd

from effprof.core.cells import Cell

#: The axes that make up a configuration; the rest says what is computed.
CONFIGURATION = ("precision", "memory_format", "execution", "threads", "loader")


def configuration_text(row: pd.Series) -> str:
    """Phrase the configuration of a cell that a row of a frame holds, as the cell does."""
    return Cell("", 0, **{axis: row[axis] for axis in CONFIGURATION}).configuration
