"""Profiles taken: the device, the cells, their static costs, and a fresh worker per cell."""

import shlex
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from effprof.cli.output import note
from effprof.cli.progress import display
from effprof.core.axes import AxisValue
from effprof.core.cells import Cell
from effprof.core.costs import StaticCost, cost_key
from effprof.core.errors import BadInput
from effprof.core.outcomes import ACCIDENTS, Failure, Measurement, Outcome, Repeat
from effprof.core.profiles import Profile
from effprof.core.runs import MeasureOptions
from effprof.sweep import tasks
from effprof.sweep.estimate import Pace
from effprof.sweep.plan import Asked, Plan, expand_suite, find_devices, new_plan
from effprof.sweep.runner import run_cells
from effprof.sweep.suite import Suite
from effprof.sweep.workers import Workers

#: Seconds of timing at most: the plain step is only what the profile is held against.
TIME_CAP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Request:
    """What one `effprof profile` asks for; `axes` hold a value or more for every axis."""

    axes: Mapping[str, tuple[AxisValue, ...]]
    compare: bool
    gpu: str | None
    cpu: bool
    method: str | None
    trace: Path | None
    allow_busy: bool

    @property
    def options(self) -> MeasureOptions:
        """How the plain step is timed before it is profiled."""
        return MeasureOptions(
            time_cap_seconds=TIME_CAP_SECONDS, allow_busy=self.allow_busy, profile=True
        )


@dataclass(frozen=True, slots=True)
class Profiled:
    """A cell with its static cost and its outcome."""

    cell: Cell
    cost: StaticCost
    outcome: Outcome

    @property
    def profile(self) -> Profile | None:
        """The profile, where there is one."""
        return self.outcome.profile if isinstance(self.outcome, Measurement) else None

    @property
    def is_accident(self) -> bool:
        """Whether the cell ended in an accident rather than an answer."""
        return isinstance(self.outcome, Failure) and self.outcome.kind in ACCIDENTS

    @property
    def split(self) -> Profile | None:
        """The profile, where it saw operators: what tables are made of."""
        return self.profile if self.profile and self.profile.ops else None

    @property
    def reason(self) -> str:
        """Why there is no profile."""
        if isinstance(self.outcome, Failure):
            return f"{self.outcome.kind}: {self.outcome.reason}"
        return f"no profile: {self.outcome.missing.get('profile', 'no reason was given')}"


def profile_cells(request: Request) -> tuple[Plan, list[Profiled]]:
    """Plan a request and profile every cell of it; errors are raised before any measuring."""
    workers = Workers()
    workers.start()
    plan = _plan(request, workers)
    costs = {cost.key: cost for cost in plan.costs}
    repeats = _repeats(plan, request, workers)
    return plan, [Profiled(r.cell, costs[cost_key(r.cell)], r.outcome) for r in repeats]


def _plan(request: Request, workers: Workers) -> Plan:
    """Resolve names and sizes, then find the device and count what each cell costs on paper."""
    models = request.axes["model"]
    suite = Suite(
        name="profile",
        description="",
        reference=str(models[0]),
        repeats=1,
        options=request.options,
        grids=(request.axes,),
    )
    asked = Asked(shlex.join(["effprof", *sys.argv[1:]]), request.gpu, request.cpu)
    expansion = expand_suite(workers, suite, asked)
    if request.compare and len({cell.model for cell in expansion.cells}) < len(models):
        raise BadInput(f"--compare {models[1]}: that is {expansion.reference} itself; name another")
    devices = find_devices(workers, asked)
    if len(devices) > 1:
        raise BadInput(f"--gpu {request.gpu}: profile one of the {len(devices)} GPUs at a time")
    target, _ = devices[0]
    if request.method == "clock" and target.kind != "cpu":
        raise BadInput("--method clock: it does not see when a GPU is done; use profiler")
    note(f"device: {target.line} ({target.why})")
    for text in expansion.notes:
        note(f"note: {text}")
    return new_plan(workers, suite, expansion, devices[0], asked)


def _repeats(plan: Plan, request: Request, workers: Workers) -> list[Repeat]:
    """Profile each cell in a fresh worker; whatever happens to one, the others are profiled."""
    pace = Pace(plan.guesses())
    trace = str(request.trace.absolute()) if request.trace else None
    with display(len(plan.pending), plan.invocation.repeats) as shown:

        def profile(cell: Cell, _: int) -> Outcome:
            outcome: Outcome = workers.call(
                tasks.profile,
                cell,
                plan.target,
                request.options,
                request.method,
                trace,
                timeout=request.options.timeout_seconds,
                listener=lambda heard: shown.hears(*heard),
            )
            return outcome

        def announced() -> Iterator[tuple[Cell, int]]:
            for cell, index in plan.pending:
                shown.begins(cell, index, pace.seconds_left)
                yield cell, index

        repeats = []
        for repeat in run_cells(announced(), plan.earlier, profile):
            pace.done(repeat.seconds)
            shown.ends(repeat, pace.seconds_left)
            repeats.append(repeat)
    return repeats
