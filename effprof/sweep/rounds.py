"""The order of measuring: rounds of one repeat of each cell, each shuffled for itself.

In a fixed order a cell would always be measured at the same place of a round, so that what drifts
with a round, such as the warmth of the machine, would be taken for a property of the cell. Cells
that are compared with each other stay next to each other (randomized blocks), so that their ratio
is taken in one state of the machine: networks of a setting, and a cell under both policies of the
allocator.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from effprof.core.cells import Cell


def shuffled(pending: Iterable[tuple[Cell, int]], run_id: str) -> tuple[tuple[Cell, int], ...]:
    """Put (cell, repeat) pairs in measuring order: round by round, settings and cells shuffled.

    In the first round smaller batches come first: of those that do not fit into memory only the
    smallest has to be tried.
    The order follows from the id of the run, which seeds it and is stored with it, and is the same
    whatever part of it is pending: a resumed run goes on in it.
    """

    def place(pair: tuple[Cell, int]) -> tuple[int, int, str, str, str]:
        cell, index = pair
        kept = replace(cell, allocator="kept")
        block, pair_of, own = (
            _drawn(run_id, index, key) for key in (kept.setting.key, kept.key, cell.key)
        )
        return index, cell.batch_size if index == 0 else 0, block, pair_of, own

    return tuple(sorted(pending, key=place))


def _drawn(run_id: str, index: int, key: str) -> str:
    """Draw a number for what `key` names in one round, alike in every version of Python."""
    return hashlib.sha256(f"{run_id} {index} {key}".encode()).hexdigest()
