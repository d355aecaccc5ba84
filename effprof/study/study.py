"""A study: all that is derived from one run; each part is made when it is first asked for."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import pandas as pd

from effprof.analysis.breakdown import Breakdown, breakdowns
from effprof.analysis.frames import cells_frame, static_costs
from effprof.analysis.picking import candidates
from effprof.analysis.pooling import PooledCell, pool
from effprof.analysis.roofline import Ceilings, ceilings_of
from effprof.analysis.run_effects import RunEffect, run_effect, step_seconds
from effprof.analysis.split import Split, splits
from effprof.core.axes import AxisValue
from effprof.core.calibrations import Pace, paces
from effprof.core.cells import Cell
from effprof.core.costs import StaticCost
from effprof.core.errors import BadInput
from effprof.core.estimates import Absent
from effprof.core.outcomes import Measurement, Repeat
from effprof.core.runs import Run
from effprof.models.weights import KnownWeights
from effprof.study.findings import Finding, find_all
from effprof.study.results import ROUGH_MARK, Explained, Result, find, labels, results_of
from effprof.study.setting import Setting, first_settings, settings_of


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """One run and what follows from it. Frames are shared: whoever changes one takes a copy.

    `study["efficientnet_b0", 224]` is the result of a cell, as `result` finds it; a study yields
    the results of all its cells. `weights` are those of a known accuracy that one would load
    today; None are the packaged ones.
    """

    run: Run
    weights: KnownWeights | None = None

    #: What notebooks ask for. Pages are above this floor, so `effprof.face` gives it when it is
    #: loaded; until then a study is shown by its `repr`.
    _repr_html_: ClassVar[Callable[["Study"], str]]

    def __repr__(self) -> str:
        """Name the run in one line: it holds every sample."""
        return f"<Study {self.run.summary}>"

    def __getitem__(self, key: str | tuple[str, int]) -> Result:
        """Find a result by its model, or by model and resolution."""
        match key:
            case str():
                return self.result(key)
            case (str() as model, int() as resolution):
                return self.result(model, resolution=resolution)
        raise BadInput(
            f"{key!r} names no cell; give a model, a model and its resolution, or further axes"
            " by name: study.result('efficientnet_b0', batch_size=8)"
        )

    def __iter__(self) -> Iterator[Result]:
        """Yield the result of every planned cell, in plan order."""
        return iter(self.results)

    def result(self, model: str, **axes: AxisValue) -> Result:
        """Find the result of one cell by its model, and by as many axes as tell it from others.

        `model` is a canonical name, a bare one (`resnet50`, the class of a module, the name of a
        function) where no other one has it, or the key of a cell.
        Raises `BadInput` for what was not planned, with suggestions, and for what means several
        cells, with the choices.
        """
        return find(self.results, model, axes)

    @cached_property
    def results(self) -> tuple[Result, ...]:
        """What is known of every planned cell, in plan order."""
        explained = [
            Explained(each, self.parts[each.cell], self.splits[each.cell], self.labels[each.cell])
            for each in self.pooled
        ]
        return results_of(self.frame, explained, self.run.invocation.reference)

    @cached_property
    def labels(self) -> Mapping[Cell, str]:
        """The shortest name that the network of every planned cell has in this run.

        That of a cell that is only known roughly says so.
        """
        named = labels(self.run.invocation.cells)
        rough = {each.cell for each in self.pooled if each.is_rough}
        return {
            cell: f"{name} {ROUGH_MARK}" if cell in rough else name for cell, name in named.items()
        }

    @cached_property
    def quiet(self) -> "Study":
        """The same without what a busy machine made rough: no published verdict rests on that."""
        if not any(each.is_rough for each in self.pooled):
            return self
        repeats = tuple(map(_disbelieved, self.run.repeats))
        return replace(self, run=replace(self.run, repeats=repeats))

    @property
    def reference_label(self) -> str:
        """The name of the reference for people; the canonical one where it was not planned."""
        reference = self.run.invocation.reference
        own = (name for cell, name in self.labels.items() if cell.model == reference)
        return next(own, reference).partition("@")[0]

    @property
    def device_kind(self) -> str:
        """The kind of the device: cpu, cuda or none."""
        return self.run.invocation.fingerprint.gating.get("device kind", "none")

    @cached_property
    def settings(self) -> tuple[Setting, ...]:
        """The planned cells by mode and configuration, in plan order."""
        return tuple(settings_of(self.results, self.run.invocation.reference))

    @property
    def first_settings(self) -> tuple[Setting, ...]:
        """The first setting of each mode and precision: what pages tell of."""
        return first_settings(self.settings)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What the run says: of each first setting with a valid measurement, and of the others."""
        return tuple(find_all(self.first_settings, self.results))

    @cached_property
    def pooled(self) -> tuple[PooledCell, ...]:
        """Every planned cell with its repeats, in plan order."""
        return pool(self.run)

    @cached_property
    def by_key(self) -> Mapping[str, PooledCell]:
        """The same by the key of the cell."""
        return {each.cell.key: each for each in self.pooled}

    @cached_property
    def costs(self) -> Mapping[Cell, StaticCost]:
        """The static cost of every planned cell where that is known."""
        return static_costs(self.run)

    @cached_property
    def ceilings(self) -> Mapping[tuple[str, int], Ceilings]:
        """The measured peaks by precision and threads."""
        return ceilings_of(self.run)

    @cached_property
    def paces(self) -> tuple[Pace, ...]:
        """How fast the machine itself was during the run; empty where that was not measured."""
        return paces(self.run.calibrations)

    @cached_property
    def run_effect(self) -> RunEffect:
        """How far whole runs of this machine lie apart, by the runs before it that are known."""
        return run_effect(step_seconds(self.pooled), self.run.earlier)

    @cached_property
    def parts(self) -> Mapping[Cell, Breakdown]:
        """Where the time of every planned cell went."""
        return breakdowns(self.pooled, self.costs, self.ceilings, self.device_kind)

    @cached_property
    def splits(self) -> Mapping[Cell, Split | Absent]:
        """Where the promised speed-up of every planned cell over the reference went."""
        return splits(self.parts, self.run.invocation.reference, self.device_kind)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row per planned cell, by its key: a `DataFrame` with a column for every quantity."""
        return cells_frame(self.run, self.pooled, self.costs, self.parts, self.run_effect)

    @cached_property
    def candidates(self) -> pd.DataFrame:
        """The valid cells with what a choice among them rests on."""
        return candidates(self.frame, self.by_key, self.weights)


def _disbelieved(repeat: Repeat) -> Repeat:
    """Take a rough repeat for an invalid one."""
    done = repeat.outcome
    if not isinstance(done, Measurement) or not done.rough:
        return repeat
    return replace(repeat, outcome=replace(done, invalid_reasons=done.rough_reasons))
