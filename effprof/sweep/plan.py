"""The plan of a run: which device, which cells in which order, and what is done already."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, get_args

from effprof.core.cells import Cell
from effprof.core.costs import StaticCost
from effprof.core.errors import BadInput, NotComparable
from effprof.core.machines import machine_differences, machine_labels
from effprof.core.outcomes import Failure, Repeat
from effprof.core.runs import (
    SHARD,
    SOFTWARE,
    Fingerprint,
    Invocation,
    MeasureOptions,
    Moment,
    Peak,
    Run,
)
from effprof.device.target import Target
from effprof.models.names import parse_model_name
from effprof.models.objects import Sent
from effprof.sweep import tasks
from effprof.sweep.estimate import CALIBRATION_SECONDS, Estimator, peaks_seconds
from effprof.sweep.rounds import shuffled
from effprof.sweep.suite import Expansion, Suite, suite_hash
from effprof.sweep.workers import Workers

#: Seconds that looking for devices, resolving names or counting costs may take.
TASK_TIMEOUT = 600.0


@dataclass(frozen=True, slots=True)
class Plan:
    """One run about to start or to go on: `pending` repeats in order, `earlier` ones kept.

    `peaks` are those that are measured already. `ends` says that the run is complete when
    nothing of it is pending, `busy` that other programs will disturb it.
    """

    invocation: Invocation
    target: Target
    pending: tuple[tuple[Cell, int], ...]
    costs: tuple[StaticCost, ...]
    peaks: tuple[Peak, ...] = ()
    earlier: tuple[Repeat, ...] = ()
    resumed: bool = False
    notes: tuple[str, ...] = ()
    ends: bool = True
    busy: bool = False

    def estimates(self) -> tuple[tuple[Cell, int, float], ...]:
        """Estimate the seconds of each pending repeat: by the peaks, where they are measured."""
        costs = {cost.key: cost for cost in self.costs}
        options = self.invocation.options
        estimator = Estimator(self.target.kind, options, costs, self.peaks, self.busy)
        return tuple((cell, index, estimator.seconds(cell, index)) for cell, index in self.pending)

    @property
    def seconds(self) -> float:
        """Estimated seconds of all that is to be done: repeats, peaks and calibrations."""
        if not self.pending:
            return 0.0
        peaks = 0.0 if self.peaks else peaks_seconds(self.invocation.cells)
        besides = peaks + len(get_args(Moment)) * CALIBRATION_SECONDS
        return besides + sum(seconds for *_, seconds in self.estimates())


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asked for beside the suite; `shard` is (i, n) counted from 1."""

    command: str
    gpu: str | None = None
    cpu: bool = False
    shard: tuple[int, int] | None = None


def find_devices(workers: Workers, asked: Asked) -> tuple[tuple[Target, Fingerprint], ...]:
    """Find the device(s) asked for in a worker; raises `NoDevice` or `BadInput`."""
    found: tuple[tuple[Target, Fingerprint], ...] = _task(
        workers, tasks.find_targets, asked.gpu, asked.cpu
    )
    return found


def expand_suite(workers: Workers, suite: Suite, asked: Asked) -> Expansion:
    """Expand a suite in a worker that knows the model libraries, and take the shard asked for."""
    expansion: Expansion = _task(workers, tasks.resolve_suite, suite)
    return expansion if asked.shard is None else take_shard(expansion, *asked.shard)


def take_shard(expansion: Expansion, index: int, count: int) -> Expansion:
    """Take every `count`-th cell from the `index`-th on, and the reference's cells beside them.

    Each shard is a run of its own, often on another machine or night: only with the reference
    measured in it can its cells be compared. Where it stands alone it is dealt out like the others,
    so that all shards together are the whole. Raises `BadInput` where nothing is left.
    """
    compared = {c.setting for c in expansion.cells if c.model != expansion.reference}
    others = [
        cell
        for cell in expansion.cells
        if cell.model != expansion.reference or cell.setting not in compared
    ]
    own = others[index - 1 :: count]
    if not own:
        raise BadInput(f"shard {index}/{count} of {len(others)} cells is empty; take fewer shards")
    settings = {cell.setting for cell in own} & compared
    cells = tuple(
        cell
        for cell in expansion.cells
        if cell in own or (cell.model == expansion.reference and cell.setting in settings)
    )
    return replace(expansion, cells=cells, whole=expansion.cells)


def new_plan(
    workers: Workers,
    suite: Suite,
    expansion: Expansion,
    device: tuple[Target, Fingerprint],
    asked: Asked,
) -> Plan:
    """Plan a new run of an expanded suite on one device, and count it in a worker."""
    return plan_of(suite, expansion, device, asked, count_in_worker(workers, expansion.cells))


def plan_of(
    suite: Suite,
    expansion: Expansion,
    device: tuple[Target, Fingerprint],
    asked: Asked,
    counted: tasks.CountedCosts,
) -> Plan:
    """Plan a new run whose static costs are known."""
    target, fingerprint = device
    if asked.shard is not None:
        shard = "{}/{}".format(*asked.shard)
        fingerprint = replace(fingerprint, recorded=fingerprint.recorded | {SHARD: shard})
    now = datetime.now(UTC)
    invocation = Invocation(
        id=f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}",
        started_at=now.isoformat(timespec="seconds"),
        command=asked.command,
        suite=suite.name,
        suite_hash=suite_hash(expansion.whole or expansion.cells, suite.repeats, suite.options),
        reference=expansion.reference,
        device=target.line,
        fingerprint=fingerprint,
        cells=expansion.cells,
        repeats=suite.repeats,
        options=suite.options,
    )
    pending = shuffled(Run(invocation, "running").missing, invocation.id)
    notes = expansion.notes + counted.notes
    return Plan(invocation, target, pending, counted.costs, notes=notes)


def resumed_plan(workers: Workers, run: Run, device: tuple[Target, Fingerprint]) -> Plan:
    """Plan the rest of an interrupted run; raises `NotComparable` on another machine.

    Raises `BadInput` where `workers` lack objects that the run measures: they are not stored with
    it, for opening what a shared store holds would run the code of whoever wrote it there.
    """
    target, fingerprint = device
    refuse_other_machine(run.invocation, fingerprint)
    refuse_lacking_objects(run, workers.objects)
    costs, notes = run.costs, tuple[str, ...]()
    if not costs:  # it was killed before they were stored
        counted = count_in_worker(workers, run.invocation.cells)
        costs, notes = counted.costs, counted.notes
    pending = shuffled(run.missing, run.invocation.id)
    return Plan(run.invocation, target, pending, costs, run.peaks, run.repeats, True, notes)


def next_rounds(plan: Plan, count: int) -> Plan:
    """Keep the next `count` rounds of what is pending: of a round that was cut, what it lacks.

    A round is one repeat of each cell. What is left is gone on with as after an interrupt.
    """
    rounds = sorted({index for _, index in plan.pending})[:count]
    pending = tuple((cell, index) for cell, index in plan.pending if index in rounds)
    return replace(plan, pending=pending, ends=pending == plan.pending)


def count_in_worker(workers: Workers, cells: tuple[Cell, ...]) -> tasks.CountedCosts:
    """Count static costs in a worker; a model that takes it down costs only its own."""
    counted = workers.call(tasks.count_costs, cells, timeout=TASK_TIMEOUT)
    if not isinstance(counted, Failure):
        return counted  # type: ignore[no-any-return]  # what the task returns
    models = dict.fromkeys(cell.model for cell in cells)
    if len(models) == 1:
        said = f"{counted.kind}: {counted.reason}"
        note = f"no static cost, so no promise: {next(iter(models))}: {said}"
        return tasks.CountedCosts((), (note,))
    parts = [
        count_in_worker(workers, tuple(c for c in cells if c.model == name)) for name in models
    ]
    return tasks.CountedCosts(
        tuple(cost for part in parts for cost in part.costs),
        tuple(note for part in parts for note in part.notes),
    )


def refuse_other_machine(invocation: Invocation, now: Fingerprint) -> None:
    """Raise `NotComparable` naming every field that differs from the run to be resumed.

    Two machines or cards of one kind may be compared, but the numbers of one run are of one.
    """
    then = invocation.fingerprint
    software = {name: (then.recorded.get(name), now.recorded.get(name)) for name in SOFTWARE}
    differing = {
        **machine_differences(then, now),
        **{name: pair for name, pair in software.items() if pair[0] != pair[1]},
        **machine_labels(then, now),
    }
    _refuse(invocation.id, differing)


def refuse_lacking_objects(run: Run, sent: Sent) -> None:
    """Raise `BadInput` naming the models of a run that are objects and were not given again."""
    left = (cell.model for cell, _ in run.missing)
    wanted = [name for name in dict.fromkeys(left) if parse_model_name(name).provider == "object"]
    lacking = [name for name in wanted if name not in sent.files]
    if lacking:
        given = f"; given were {', '.join(sent.files)}, which are others" if sent.files else ""
        raise BadInput(
            f"run {run.invocation.id} measures objects, which are not stored: {', '.join(lacking)}"
            f"{given}\ngo on in Python, where resume(run, models=[...]) takes them again"
        )


def refuse_other_suite(invocation: Invocation, suite: Suite, expansion: Expansion) -> None:
    """Raise `NotComparable` when the suite named beside --resume is not the one of the run."""
    theirs: dict[str, tuple[object, object]] = {
        "repeats": (invocation.repeats, suite.repeats),
        "cells": _cells_difference(invocation.cells, expansion.cells),
        "options": _options_difference(invocation.options, suite.options),
    }
    _refuse(invocation.id, {n: pair for n, pair in theirs.items() if pair[0] != pair[1]})


def _refuse(run_id: str, differing: Mapping[str, tuple[object, object]]) -> None:
    if differing:
        fields = "; ".join(f"{name}: {a} then, {b} now" for name, (a, b) in differing.items())
        raise NotComparable(f"run {run_id} cannot be resumed: {fields}; start a new run instead")


def _cells_difference(then: Sequence[Cell], now: Sequence[Cell]) -> tuple[str, str]:
    only_then = [cell.key for cell in then if cell not in set(now)]
    only_now = [cell.key for cell in now if cell not in set(then)]
    return ", ".join(only_then[:3]) or "all", ", ".join(only_now[:3]) or "all"


def _options_difference(then: MeasureOptions, now: MeasureOptions) -> tuple[str, str]:
    return repr(then), repr(now)


def _task(workers: Workers, function: tasks.Task, *arguments: object) -> Any:  # noqa: ANN401
    result = workers.call(function, *arguments, timeout=TASK_TIMEOUT)
    if isinstance(result, Failure):
        raise RuntimeError(f"{function.__name__}: {result.kind}: {result.reason}")
    return result
