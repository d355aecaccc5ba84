"""A zoo: the networks of the registry that were measured alike, one point each."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from effprof.analysis.loglog import Points
from effprof.claims.choices import LARGE_BATCH, Found, preference
from effprof.claims.evidence import Evidence, Measured, Wanted, as_usual
from effprof.core.cells import SYNTHETIC, Cell, Precision
from effprof.core.costs import StaticCost
from effprof.core.errors import BadInput
from effprof.models.registry import ModelFacts, facts, registered

DEPTHWISE = "depthwise conv"

#: Families, and networks of other families, that hold depthwise convolutions: for published
#: numbers, which come without static costs by role. Checked against those in the tests.
DEPTHWISE_FAMILIES = frozenset(
    {
        *("EfficientNet", "EfficientNet-Lite", "EfficientNetV2"),
        *("MobileNetV2", "MobileNetV3", "MnasNet", "ConvNeXt", "NASNet"),
    }
)
DEPTHWISE_NETWORKS = frozenset({"Xception"})


@dataclass(frozen=True, slots=True)
class Network:
    """A network of the registry with the cell that stands for it, from every run that has it.

    `activations` are those of one image at the measured size, of all convolutions and products.
    """

    facts: ModelFacts
    found: Found
    cost: StaticCost
    activations: float

    @property
    def cell(self) -> Cell:
        """The cell that stands for it."""
        return self.found[0].cell

    @property
    def macs(self) -> float:
        """MACs of one image at the measured size."""
        return self.cost.total.macs / self.cost.batch_size

    @property
    def seconds(self) -> float:
        """Estimated time per image, in seconds: geometric mean over the runs' medians."""
        walls = [each.breakdown.wall for each in self.found if each.breakdown.wall]
        return float(np.exp(np.mean(np.log(walls)))) / self.cell.batch_size

    @property
    def depthwise(self) -> bool:
        """Whether it holds depthwise convolutions: by its static cost, else by its family."""
        if self.cost.by_role:
            return DEPTHWISE in self.cost.by_role
        known = self.facts
        return known.family in DEPTHWISE_FAMILIES or known.title in DEPTHWISE_NETWORKS


@dataclass(frozen=True, slots=True)
class Pool:
    """What a zoo is drawn from: a precision, and batches from `smallest_batch` on."""

    precision: Precision
    smallest_batch: int = 1


#: Pools of the claims: a full GPU in half precision, and one image at a time on a CPU.
GPU_POOL = Pool("amp-fp16", LARGE_BATCH)
CPU_POOL = Pool("fp32")


def zoo(evidence: Evidence, pool: Pool) -> tuple[Network, ...]:
    """Choose one cell per network of the registry, all in one setting, in the registry's order.

    Inference, eager (published numbers: as they were taken). The setting is the one with most
    networks, of those the one with the largest batch. A network stands at its published size if it
    was measured there. Published networks may differ in batch. A network whose activations were
    counted otherwise than today is in none.
    """
    groups: dict[Hashable, dict[str, list[_Candidate]]] = {}
    for each in evidence.cells:
        row, cost = _facts(each.cell.model), each.cost
        if row is None or cost is None or not _suits(each, pool, evidence):
            continue
        if cost.activations and cost.total.macs:
            networks = groups.setdefault(_setting(each.cell, evidence), {})
            chosen = _Candidate(row, each, cost, cost.activations / cost.batch_size)
            networks.setdefault(row.title, []).append(chosen)
    if not groups:
        return ()
    most = max(groups.values(), key=lambda group: (len(group), _first(group)))
    order = [row.title for row in registered()]
    return tuple(_network(most[title]) for title in order if title in most)


def counted_otherwise(evidence: Evidence, pool: Pool) -> str:
    """Say how many networks a zoo lacks for what an earlier version counted; empty where none."""
    lost = {
        each.cell.model
        for each in evidence.cells
        if each.cost is not None
        and each.cost.activations is None
        and _facts(each.cell.model) is not None
        and _suits(each, pool, evidence)
    }
    if not lost:
        return ""
    return f" ({len(lost)} with activations of an earlier count: effprof export RUN FILE --recount)"


def wanted_zoo(pool: Pool, titles: Iterable[str]) -> tuple[Wanted, ...]:
    """Ask for networks of the registry by title, at their published sizes."""
    by_title = {row.title: row for row in registered()}
    return tuple(
        Wanted(
            by_title[title].names[0],
            by_title[title].resolution,
            batch_size=pool.smallest_batch,
            precision=pool.precision,
        )
        for title in titles
    )


def points(networks: Sequence[Network]) -> Points:
    """Turn networks into the points of a log-log fit."""
    columns = [(each.macs, each.activations, each.seconds) for each in networks]
    families = [each.facts.family for each in networks]
    macs, activations, seconds = np.array(columns, dtype=float).reshape(-1, 3).T
    return Points.of(macs, activations, seconds, families)


def of_families(networks: Sequence[Network]) -> str:
    """Say what an estimate over networks counts, and of how many families, which are resampled."""
    return f"networks of {len({network.facts.family for network in networks})} families"


@dataclass(frozen=True, slots=True)
class _Candidate:
    facts: ModelFacts
    measured: Measured
    cost: StaticCost
    activations: float

    @property
    def preference(self) -> tuple[bool, int, tuple[int, ...]]:
        """Larger is better: the published size, then the preferred name, then the setting."""
        cell, facts = self.measured.cell, self.facts
        name = facts.names.index(cell.model) if cell.model in facts.names else len(facts.names)
        return cell.resolution == facts.resolution, -name, preference(cell)


def _first(group: Mapping[str, Sequence[_Candidate]]) -> tuple[int, ...]:
    return max(preference(each.measured.cell) for found in group.values() for each in found)


def _network(candidates: Sequence[_Candidate]) -> Network:
    best = max(candidates, key=lambda candidate: candidate.preference)
    found = tuple(c.measured for c in candidates if c.measured.cell == best.measured.cell)
    return Network(best.facts, found, best.cost, best.activations)


def _suits(each: Measured, pool: Pool, evidence: Evidence) -> bool:
    cell = each.cell
    as_taken = evidence.published or cell.execution == "eager"
    in_pool = cell.precision == pool.precision and cell.batch_size >= pool.smallest_batch
    alone = cell.mode == "infer" and cell.loader == SYNTHETIC and as_usual(cell)
    return bool(each.pooled.valid) and as_taken and in_pool and alone


def _setting(cell: Cell, evidence: Evidence) -> Hashable:
    batch = None if evidence.published else cell.batch_size
    return batch, cell.memory_format, cell.execution, cell.threads


def _facts(model: str) -> ModelFacts | None:
    """Look a network up; an imported run may hold names that this version cannot read."""
    try:
        return facts(model)
    except BadInput:
        return None
