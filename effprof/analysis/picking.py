"""Choosing a network: which ones meet limits on speed, memory, energy and accuracy, and how nearly.

A limit is met when the whole 95 % interval meets it, and missed when none of it does.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from effprof.analysis.accuracy import with_accuracy
from effprof.analysis.estimate_columns import estimate_of, with_estimates
from effprof.analysis.pareto import pareto_front
from effprof.analysis.pooling import PooledCell
from effprof.analysis.statistics import step_interval
from effprof.core.accuracies import ACCURACIES, AccuracyKind
from effprof.core.estimates import Estimate
from effprof.core.quantities import LIMITED, QUANTITIES, Quantity
from effprof.models.weights import KnownWeights

#: How a cell stands to the limits, from best to worst; `not told` lacks a number that a limit asks.
Standing = Literal["meets", "on the edge", "near miss", "misses", "not told"]
STANDINGS: tuple[Standing, ...] = ("meets", "on the edge", "near miss", "misses", "not told")

#: A limit that is missed by less than this share of it is a near miss.
NEAR = 0.2

#: Memory columns, the most telling first: what the device lost counts what allocators do not see.
MEMORY_COLUMNS = ("device_used_bytes", "peak_allocated_bytes", "peak_rss_bytes")

#: The column that stands for whichever accuracy a choice goes by.
QUOTED = ACCURACIES["paper"].column

#: Sort order -> columns and whether they ascend; ties are broken by speed.
SORTS: dict[str, tuple[tuple[str, bool], ...]] = {
    "accuracy": ((QUOTED, False), ("images_per_second", False)),
    "speed": (("images_per_second", False), (QUOTED, False)),
    "memory": (("memory_bytes", True), ("images_per_second", False)),
    "energy": (("joules_per_image", True), ("images_per_second", False)),
}

#: What quoted accuracy is weighed against on a front -> its column, of which less is better.
FRONTS = {
    "speed": "seconds_per_image",
    "memory": "memory_bytes",
    "energy": "joules_per_image",
}


@dataclass(frozen=True, slots=True)
class Limit:
    """A bound on the quantity that its `name` says, in SI units (accuracy in per cent).

    `accuracy` says which one is bounded where that is an accuracy.
    """

    name: str
    value: float
    accuracy: AccuracyKind = "paper"

    @property
    def of_accuracy(self) -> bool:
        """Whether it bounds an accuracy, which not every network has."""
        return LIMITED[self.name].id == QUOTED

    @property
    def quantity(self) -> Quantity:
        """What is limited."""
        found = LIMITED[self.name]
        return QUANTITIES[ACCURACIES[self.accuracy].column] if self.of_accuracy else found

    @property
    def words(self) -> str:
        """What is limited, within a sentence."""
        limited = LIMITED[self.name].limit
        assert limited is not None
        return limited.words

    @property
    def upper(self) -> bool:
        """Whether the quantity may be at most so large, not at least."""
        return self.quantity.better == "less"

    def standing(self, row: pd.Series) -> Standing:
        """Judge a cell by this limit alone; an interval that is not known settles nothing."""
        name = self.quantity.id
        if pd.isna(row[name]):
            return "not told"
        best, worst = self._ends(row)
        if self._excess(worst) <= 0:
            return "meets"
        if self._excess(row[name]) <= 0 or self._excess(best) <= 0:
            return "on the edge"
        return "near miss" if self._excess(row[name]) <= NEAR else "misses"

    def excess(self, row: pd.Series) -> float:
        """By what share of the limit a cell misses it; accuracy by the share of its error rate."""
        return self._excess(row[self.quantity.id])

    def _excess(self, value: float) -> float:
        if self.quantity.unit == "%":
            return (self.value - value) / (100 - self.value) if self.value < 100 else math.inf
        if self.upper:
            return value / self.value - 1
        return 1 - value / self.value

    def _ends(self, row: pd.Series) -> tuple[float, float]:
        """Give the better and the worse end of the interval; an exact number is both."""
        name = self.quantity.id
        if f"{name}_low" not in row.index:
            return row[name], row[name]
        ends = row[f"{name}_low"], row[f"{name}_high"]
        return ends if self.upper else ends[::-1]


@dataclass(frozen=True, slots=True)
class Placed:
    """A network in a plane: its accuracy in per cent against a quantity, and how it stands.

    An estimate without an interval has none in `found`.
    """

    model: str
    standing: Standing
    top1: float
    found: Estimate


@dataclass(frozen=True, slots=True, repr=False)
class Choice:
    """The answer: one row per network, by the key of its cell, in the order asked for.

    `frame` has the columns of `candidates` and `standing` (`meets`, `on the edge`, `near miss`,
    `misses` or `not told`, in this order), `missed` (the limits not met, as names), `excess` (the
    largest share by which one is missed, 0 for none) and `front` (the fronts it stands on, among
    those that meet the limits). `apart` holds networks that nobody quotes that accuracy for, such
    as your own, without `front`. `memory` names the memory column that was gone by, `sort` the
    order, `accuracy` the accuracy that ranks, limits and fronts go by.
    """

    frame: pd.DataFrame
    apart: pd.DataFrame
    limits: tuple[Limit, ...]
    sort: str
    memory: str | None
    accuracy: AccuracyKind = "paper"

    def __repr__(self) -> str:
        """Count in one line who meets what."""
        names = ", ".join(limit.name for limit in self.limits) or "any limit"
        met, apart = len(self.of("meets")), sum(self.apart["standing"] == "meets")
        told = f"{met} of {len(self.frame)} networks meet {names}"
        if len(self.apart):
            told += f"; of those without accuracy, apart, {apart} of {len(self.apart)}"
        return f"<Choice by {self.sort}: {told}>"

    def of(self, *standings: Standing) -> pd.DataFrame:
        """Give the rows of `frame` of some standings, such as `of("meets", "on the edge")`."""
        return self.frame[self.frame["standing"].isin(standings)]

    def placed(self, name: str) -> tuple[Placed, ...]:
        """Place the networks of `frame` by a quantity, in its order; those without it are left out.

        `name` is the id of the quantity, such as `images_per_second`.
        """
        column = ACCURACIES[self.accuracy].column
        return tuple(
            Placed(row["model"], row["standing"], float(row[column]), _found(row, name))
            for _, row in self.frame[self.frame[name].notna()].iterrows()
        )

    def binding(self) -> dict[str, tuple[int, int]]:
        """Tell per limit how many networks miss it, and how many miss nothing else."""
        missed = self.frame["missed"]
        return {
            limit.name: (
                sum(limit.name in names for names in missed),
                sum(names == (limit.name,) for names in missed),
            )
            for limit in self.limits
        }


def candidates(
    frame: pd.DataFrame, pooled: Mapping[str, PooledCell], weights: KnownWeights | None = None
) -> pd.DataFrame:
    """Take the cells of a frame with a valid measurement, with what a choice rests on.

    `pooled` holds the repeats by the key of the cell. Beside the columns of `COLUMNS` and of quoted
    accuracies (`with_accuracy`): `latency_p50_seconds` and `joules_per_image` as estimates over
    processes, `memory_bytes` (the column that `memory_column` names) and `seconds_per_image`.
    """
    frame = with_accuracy(frame, weights)
    frame = frame[frame["valid"]].copy()
    for name, read in (("latency_p50_seconds", _latency), ("joules_per_image", _joules)):
        found = [read(pooled[str(key)]) for key in frame.index]
        frame = with_estimates(frame, name, found)
    memory = memory_column(frame)
    frame["memory_bytes"] = frame[memory] if memory else math.nan
    frame["seconds_per_image"] = 1 / frame["images_per_second"]
    return frame


def memory_column(frame: pd.DataFrame) -> str | None:
    """Name the memory number that a choice goes by: the most telling one that was taken."""
    return next((name for name in MEMORY_COLUMNS if frame[name].notna().any()), None)


def pick(
    frame: pd.DataFrame, limits: Sequence[Limit], sort: str, accuracy: AccuracyKind = "paper"
) -> Choice:
    """Rank the networks of `candidates` by how they stand to the limits, then by `sort`.

    Of a network that was measured in several configurations or batch sizes the one that misses the
    fewest limits is taken, of those the one that ranks first. `accuracy` says which one is gone by,
    save by limits, which say it themselves.
    Networks that nobody quotes it for are kept apart and judged by the other limits; those at
    another size than it is quoted for are on no front.
    """
    column = ACCURACIES[accuracy].column
    order = [(column if name == QUOTED else name, up) for name, up in SORTS[sort]]
    columns, ascending = zip(("rank", True), ("excess", True), *order, strict=True)
    judged = _judged(frame, limits)
    ordered = judged.sort_values(list(columns), ascending=list(ascending), kind="stable")
    fewest = ordered.sort_values("missed", key=lambda names: names.map(len), kind="stable")
    kept = fewest.drop_duplicates(["model", "resolution"]).index
    ranked = ordered[ordered.index.isin(kept)]
    quoted = ranked[column].notna()
    return Choice(
        frame=_with_fronts(ranked[quoted], accuracy),
        apart=ranked[~quoted],
        limits=tuple(limits),
        sort=sort,
        memory=memory_column(frame),
        accuracy=accuracy,
    )


def _judged(frame: pd.DataFrame, limits: Sequence[Limit]) -> pd.DataFrame:
    standings, missed, excess = [], [], []
    for _, row in frame.iterrows():
        asked = [limit for limit in limits if not limit.of_accuracy or row[limit.quantity.id] > 0]
        each = {limit: limit.standing(row) for limit in asked}
        shares = [limit.excess(row) for limit, stands in each.items() if stands != "not told"]
        standings.append(max(each.values(), key=STANDINGS.index, default=STANDINGS[0]))
        missed.append(tuple(k.name for k, v in each.items() if v != "meets"))
        excess.append(max([*shares, 0.0]))
    return frame.assign(
        standing=pd.Series(standings, index=frame.index, dtype=object),
        missed=pd.Series(missed, index=frame.index, dtype=object),
        excess=pd.Series(excess, index=frame.index, dtype=float),
        rank=[STANDINGS.index(standing) for standing in standings],
    )


def _with_fronts(ranked: pd.DataFrame, kind: AccuracyKind) -> pd.DataFrame:
    accuracy = ACCURACIES[kind]
    rivals = ranked[(ranked["standing"] == "meets") & ranked[accuracy.size]]
    on = {name: set(pareto_front(rivals, accuracy.column, cost)) for name, cost in FRONTS.items()}
    fronts = [tuple(name for name, keys in on.items() if key in keys) for key in ranked.index]
    return ranked.assign(front=pd.Series(fronts, index=ranked.index, dtype=object))


def _found(row: pd.Series, name: str) -> Estimate:
    if f"{name}_low" in row.index:
        return estimate_of(row, name)
    return Estimate.bare(float(row[name]), int(row["repeats"]))


def _latency(pooled: PooledCell) -> Estimate | None:
    samples = [done.timing.latency for done in pooled.answered.values() if done.timing.latency]
    return step_interval(samples) if samples else None


def _joules(pooled: PooledCell) -> Estimate | None:
    taken = [done.energy for done in pooled.answered.values() if done.energy]
    each = [[energy.joules / energy.images] for energy in taken if energy.joules > 0]
    return step_interval(each) if each else None
