"""Profiles taken: the device, the cells, their static costs, and a fresh worker per cell."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from effprof.analysis.breakdown import breakdowns
from effprof.analysis.pooling import pool_cell
from effprof.analysis.split import Split, split_of
from effprof.core.axes import AxisValue
from effprof.core.cells import BY_OPERATOR, Cell
from effprof.core.costs import StaticCost, cost_key
from effprof.core.errors import BadInput, StorageError, suggestion
from effprof.core.estimates import Absent
from effprof.core.outcomes import ACCIDENTS, Failure, Measurement, Outcome, Repeat
from effprof.core.profiles import METHODS, Profile
from effprof.core.runs import MeasureOptions
from effprof.models.objects import Sent
from effprof.session.sweeps import started_workers, with_load
from effprof.sweep import tasks
from effprof.sweep.engine import each_pending
from effprof.sweep.listener import Listener
from effprof.sweep.pace import Pace
from effprof.sweep.plan import Asked, Plan, expand_suite, find_devices, new_plan
from effprof.sweep.suite import Suite
from effprof.sweep.workers import Workers

#: Seconds of timing at most: the plain step is only what the profile is held against.
TIME_CAP_SECONDS = 10.0

#: What Perfetto opens and torch.profiler writes, compressed or not.
TRACE_SUFFIXES = (".json.gz", ".json")


@dataclass(frozen=True, slots=True)
class ProfileRequest:
    """What is to be profiled: `axes` hold a value or more for every axis.

    `compare` says that two models are put side by side, `method` is a key of
    `effprof.core.profiles.METHODS` or None for the one that fits, `trace` a file for a trace;
    `timing` are fields of `MeasureOptions`, `objects` models that are no names.
    """

    asked: Asked
    axes: Mapping[str, tuple[AxisValue, ...]]
    compare: bool = False
    method: str | None = None
    trace: Path | None = None
    timing: Mapping[str, Any] = field(default_factory=dict)
    objects: Sent = field(default_factory=Sent)

    @property
    def options(self) -> MeasureOptions:
        """How the plain step is timed before it is profiled."""
        usual = {"time_cap_seconds": TIME_CAP_SECONDS}
        return MeasureOptions(**(usual | dict(self.timing) | {"profile": True}))


@dataclass(frozen=True, slots=True)
class Profiled:
    """A cell with its static cost, None where it cannot be counted, and its outcome."""

    cell: Cell
    cost: StaticCost | None
    outcome: Outcome

    @property
    def profile(self) -> Profile | None:
        """The profile, where there is one."""
        return self.outcome.profile if isinstance(self.outcome, Measurement) else None

    @property
    def is_invalid(self) -> bool:
        """Whether it was measured, but its samples are invalid."""
        return isinstance(self.outcome, Measurement) and bool(self.outcome.invalid_reasons)

    @property
    def is_accident(self) -> bool:
        """Whether the cell ended in an accident rather than an answer."""
        return isinstance(self.outcome, Failure) and self.outcome.kind in ACCIDENTS

    @property
    def seen(self) -> Profile | None:
        """The profile, where it saw operators: what tables are made of."""
        return self.profile if self.profile and self.profile.ops else None

    @property
    def reason(self) -> str:
        """Why there is no profile."""
        if isinstance(self.outcome, Failure):
            return f"{self.outcome.kind}: {self.outcome.reason}"
        return f"no profile: {self.outcome.missing.get('profile', 'no reason was given')}"


def split_between(one: Profiled, other: Profiled, kind: str) -> Split | Absent:
    """Split the speed-up that the one with fewer FLOPs promises over the other, on some device.

    There is one process of each, so that no factor has an interval. Absent with the reason where
    either was not measured, not profiled or not counted.
    """
    costs = {each.cell: each.cost for each in (one, other) if each.cost is not None}
    pooled = [pool_cell(each.cell, each.outcome) for each in (one, other)]
    parts = breakdowns(pooled, costs, {}, kind)
    own, reference = sorted(
        parts.values(), key=lambda part: part.cost.total.flops if part.cost else 0
    )
    return split_of(own, reference, kind)


def problems_of(
    axes: Mapping[str, tuple[AxisValue, ...]], method: str | None, trace: Path | None
) -> list[str]:
    """Name what cannot be asked of a profile of cells; axes that could not be read are left out."""
    problems = []
    if method is not None and method not in METHODS:
        hint = suggestion(method, METHODS)
        problems.append(f"--method: {method!r} is not one of {', '.join(METHODS)}{hint}")
    unclocked = [str(each) for each in axes.get("execution", ()) if each not in BY_OPERATOR]
    if method == "clock" and unclocked:
        problems.append(
            f"--method clock cannot tell the time of {', '.join(unclocked)} steps; use profiler"
        )
    if trace is not None and not trace.name.endswith(TRACE_SUFFIXES):
        problems.append(f"--trace: {trace} must end in {' or '.join(TRACE_SUFFIXES)}")
    if trace is not None and any(len(values) > 1 for values in axes.values()):
        problems.append("--trace: a trace holds one model at one batch size; ask for one")
    return problems


def profile_cells(request: ProfileRequest, listener: Listener) -> tuple[Plan, list[Profiled]]:
    """Plan a request and profile every cell of it; errors are raised before any measuring.

    Raises `BadInput` and `NoDevice` as a sweep does, `StorageError` where the trace cannot be
    written.
    """
    if request.trace is not None:
        _require_writable(request.trace)
    workers = started_workers(request.objects)
    plan = _plan(request, workers, listener)
    costs = {cost.key: cost for cost in plan.costs}
    repeats = _repeats(plan, request, workers, listener)
    return plan, [Profiled(r.cell, costs.get(cost_key(r.cell)), r.outcome) for r in repeats]


def _plan(request: ProfileRequest, workers: Workers, listener: Listener) -> Plan:
    """Resolve names and sizes, then find the device and count what each cell costs on paper."""
    asked, models = request.asked, request.axes["model"]
    suite = Suite(
        name="profile",
        description="",
        reference=str(models[0]),
        repeats=1,
        options=request.options,
        grids=(request.axes,),
    )
    expansion = expand_suite(workers, suite, asked)
    if request.compare and len({cell.model for cell in expansion.cells}) < len(models):
        raise BadInput(f"--compare {models[1]}: that is {expansion.reference} itself; name another")
    devices = find_devices(workers, asked)
    if len(devices) > 1:
        raise BadInput(f"--gpu {asked.gpu}: profile one of the {len(devices)} GPUs at a time")
    target, _ = devices[0]
    if request.method == "clock" and target.kind != "cpu":
        raise BadInput("--method clock: it does not see when a GPU is done; use profiler")
    listener.device_chosen(target)
    plan = new_plan(workers, suite, expansion, devices[0], asked)
    for text in plan.notes:
        listener.noted(text)
    return replace(plan, pending=tuple((cell, 0) for cell in plan.invocation.cells))


def _repeats(
    plan: Plan, request: ProfileRequest, workers: Workers, listener: Listener
) -> list[Repeat]:
    """Profile each cell in a fresh worker; whatever happens to one, the others are profiled.

    There is one repeat of each, in the order in which they were asked for.
    """
    trace = str(request.trace.absolute()) if request.trace else None

    def profile(cell: Cell, _: int) -> Outcome:
        outcome: Outcome = workers.call(
            tasks.profile,
            cell,
            plan.target,
            request.options,
            request.method,
            trace,
            timeout=request.options.timeout_seconds,
            listener=lambda heard: listener.cell_heard(*heard),
            allocator=cell.allocator,
        )
        return outcome

    repeats: list[Repeat] = []
    plan = with_load(plan, listener)
    listener.run_begun(plan, None)
    each_pending(plan, Pace(plan.estimates()), profile, repeats.append, listener)
    return repeats


def _require_writable(path: Path) -> None:
    """Find out before the device is touched whether a file can be written; leaves no file."""
    existed = path.exists()
    try:
        path.open("ab").close()
    except OSError as error:
        raise StorageError(
            f"cannot write {path}: {error.strerror}; choose another --trace"
        ) from error
    if not existed:
        path.unlink()
