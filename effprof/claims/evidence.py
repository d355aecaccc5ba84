"""Evidence: the cells of all runs that were made on one device, found by what a claim wants."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Literal

from effprof.analysis.breakdown import Breakdown
from effprof.analysis.pooling import PooledCell
from effprof.analysis.statistics import Samples
from effprof.core.axes import AXES
from effprof.core.cells import DEFAULTS, SYNTHETIC, Cell, Execution, MemoryFormat, Mode, Precision
from effprof.core.costs import StaticCost
from effprof.core.runs import Run
from effprof.study.study import Study

DeviceKind = Literal["cpu", "cuda", "none"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a claim wants measured: a network and the axes that matter; None takes any value.

    `model` is a canonical name, `resolution` in pixels. `profile` asks for the operators' times;
    with `static` the static cost is enough, which needs no device.
    """

    model: str
    resolution: int | None = None
    mode: Mode = "infer"
    batch_size: int | None = None
    precision: Precision | None = None
    memory_format: MemoryFormat | None = None
    execution: Execution = "eager"
    profile: bool = False
    threads: int | None = None
    static: bool = False
    loader: str = SYNTHETIC

    @property
    def text(self) -> str:
        """What is wanted in words, axes that may take any value left out.

        >>> Wanted("timm/resnet50", 224, batch_size=1, precision="fp32").text
        'timm/resnet50@224 infer b1 fp32 eager'
        """
        size = "" if self.resolution is None else f"@{self.resolution}"
        batch = "" if self.batch_size is None else f"b{self.batch_size}"
        threads = "" if self.threads in (None, 1) else f"t{self.threads}"
        loader = "" if self.loader == SYNTHETIC else self.loader
        axes = (
            *(self.mode, batch, self.precision, self.memory_format, self.execution),
            *(threads, loader),
        )
        return " ".join((f"{self.model}{size}", *filter(None, axes)))

    def matches(self, cell: Cell) -> bool:
        """Whether the outcome of `cell` is what is wanted."""
        return as_usual(cell) and all(
            (asked := getattr(self, axis)) is None or asked == getattr(cell, axis)
            for axis in _SPOKEN_OF
        )


#: The axes that claims speak of.
_SPOKEN_OF = tuple(each.name for each in fields(Wanted) if each.name in AXES)


def as_usual(cell: Cell) -> bool:
    """Whether a cell has the default of every axis that no claim speaks of."""
    return all(
        getattr(cell, axis) == default
        for axis, default in DEFAULTS.items()
        if axis not in _SPOKEN_OF
    )


@dataclass(frozen=True, slots=True)
class Measured:
    """A planned cell of one run with its repeats, its static cost and where its time went."""

    cell: Cell
    run: Run
    pooled: PooledCell
    cost: StaticCost | None
    breakdown: Breakdown

    @property
    def samples(self) -> Mapping[Hashable, Samples]:
        """Throughput samples of the valid repeats, in seconds per step, by run and repeat."""
        run_id = self.run.invocation.id
        valid = self.pooled.valid.items()
        return {(run_id, index): done.timing.throughput for index, done in valid}


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known about one device: the cells of its runs, in the order of the runs.

    `published` says that others took the numbers: an import without samples. `author` names them.
    """

    device: str
    kind: DeviceKind
    published: bool
    cells: tuple[Measured, ...] = field(repr=False)
    author: str = ""

    def find(self, wanted: Wanted) -> tuple[Measured, ...]:
        """Return the cells with a valid measurement that match, in run and plan order."""
        return tuple(each for each in self.cells if each.pooled.valid and wanted.matches(each.cell))

    def cost(
        self,
        model: str,
        resolution: int | None = None,
        batch_size: int | None = None,
        dtype: str | None = None,
    ) -> StaticCost | None:
        """Find a static cost of a network for inference: as of today, then the smallest batch."""
        costs = [
            each.cost
            for each in self.cells
            if each.cost is not None
            and each.cell.model == model
            and each.cell.mode == "infer"
            and resolution in (None, each.cell.resolution)
            and batch_size in (None, each.cost.batch_size)
            and dtype in (None, each.cost.dtype)
        ]

        def rank(cost: StaticCost) -> tuple[bool, int]:
            return cost.activations is None, cost.batch_size

        return min(costs, key=rank, default=None)


def evidence_of(studies: Sequence[Study]) -> tuple[Evidence, ...]:
    """Sort the cells of studies by the device they were measured on, in order of appearance.

    Runs of one device whose gating fingerprints differ are different evidence.
    """
    by_device: dict[Hashable, list[Study]] = {}
    for study in studies:
        gating = study.run.invocation.fingerprint.gating
        by_device.setdefault(frozenset(gating.items()), []).append(study)
    return tuple(_of_device(group) for group in by_device.values())


def _of_device(studies: Sequence[Study]) -> Evidence:
    first = studies[0].run.invocation
    gating = first.fingerprint.gating
    kind = gating.get("device kind", "none")
    return Evidence(
        device=first.device,
        kind=kind if kind in ("cpu", "cuda") else "none",  # type: ignore[arg-type]  # checked
        published=studies[0].run.published,
        cells=tuple(each for study in studies for each in _measured(study)),
        author=imported.author if (imported := studies[0].run.imported) else "",
    )


def _measured(study: Study) -> tuple[Measured, ...]:
    return tuple(
        Measured(each.cell, study.run, each, study.costs.get(each.cell), study.parts[each.cell])
        for each in study.pooled
    )
