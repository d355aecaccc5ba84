"""The sentinel cells of a night: fixed work that tells a changed machine from changed code."""

from collections.abc import Mapping
from dataclasses import replace

from effprof.core.axes import AXES
from effprof.core.cells import Cell
from effprof.sweep.suite import Suite

_PRODUCT = "effprof.models.sentinels:matrix_product"
_COPY = "effprof.models.sentinels:copy"

#: Sentinels by kind of device. A product of some ten milliseconds; a copy of 0.1 GB (CPU: more than
#: a core's caches hold) or 0.8 GB (GPU: about a millisecond); a network whose operators are common.
SENTINELS: Mapping[str, tuple[Cell, ...]] = {
    "cpu": (
        Cell(_PRODUCT, 1024),
        Cell(_COPY, 3072),
        Cell("timm/resnet18", 224),
    ),
    "cuda": (
        Cell(_PRODUCT, 8192),
        Cell(_COPY, 8192),
        Cell("timm/resnet50", 224, batch_size=64, precision="amp-fp16"),
    ),
}

#: Keys of all sentinels: what a history is searched for, whatever device it is of.
SENTINEL_KEYS = frozenset(cell.key for cells in SENTINELS.values() for cell in cells)


def with_sentinels(suite: Suite, kind: str) -> Suite:
    """Add the sentinels of a kind of device to a suite; a cell that is there already stays once."""
    grids = tuple({name: (getattr(cell, name),) for name in AXES} for cell in SENTINELS[kind])
    return replace(suite, grids=(*suite.grids, *grids))
