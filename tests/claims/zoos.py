"""Made-up zoos of the registry: networks whose time follows a law that the test chooses."""

from collections.abc import Callable

import numpy as np

from effprof.claims.evidence import Evidence
from effprof.claims.predictors import ZOO
from effprof.claims.zoo import DEPTHWISE, DEPTHWISE_FAMILIES, DEPTHWISE_NETWORKS
from effprof.core.cells import Cell
from effprof.models.registry import ModelFacts, registered
from tests.evidence import CUDA, around, cost, evidence

FACTS = {row.title: row for row in registered()}

#: Seconds per image from MACs (G), activations (M) and whether the network has depthwise convs.
Law = Callable[[float, float, bool], float]


def has_depthwise(row: ModelFacts) -> bool:
    return row.family in DEPTHWISE_FAMILIES or row.title in DEPTHWISE_NETWORKS


def zoo_of(
    law: Law,
    titles: tuple[str, ...] = ZOO,
    kind: str = CUDA,
    noise: float = 0.02,
    apart: float = 0.25,
    roles: bool = True,
    **gating: str,
) -> Evidence:
    """Evidence of a zoo: MACs as published, activations drawn beside them, times by the law.

    `apart` is how far activations scatter around what MACs let one expect, in logarithms.
    """
    rng = np.random.default_rng(13)
    gpu = kind == CUDA
    cells, costs = {}, []
    for row in map(FACTS.__getitem__, titles):
        cell = Cell(
            row.names[0],
            row.resolution,
            batch_size=64 if gpu else 1,
            precision="amp-fp16" if gpu else "fp32",
        )
        gmacs = (row.macs or 5e9) / 1e9
        depthwise = has_depthwise(row)
        macts = 12 * gmacs**0.5 * (1.7 if depthwise else 1.0) * float(np.exp(rng.normal(0, apart)))
        seconds = law(gmacs, macts, depthwise) * float(np.exp(rng.normal(0, noise)))
        cells[cell] = around(seconds * cell.batch_size)
        named = [DEPTHWISE] if depthwise else []
        costs.append(cost(cell, gmacs * 1e9, macts * 1e6, ["dense conv", *named] if roles else []))
    return evidence(cells, costs, kind, **gating)
