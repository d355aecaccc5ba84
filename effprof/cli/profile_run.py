"""A profile carried through: device, cells, costs, a worker per cell, and what is printed."""

import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from effprof.analysis.profile_tables import compare_roles, module_tree, op_rows, role_rows
from effprof.cli.output import answer, answer_json, answer_table, note
from effprof.cli.profile_comparison import comparison_sentences, comparison_table
from effprof.cli.profile_document import cell_document, comparison_document
from effprof.cli.profile_layout import Style
from effprof.cli.profile_text import headline, method_lines, module_table, op_table, role_table
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

#: Exit statuses beside those of errors (as `effprof run`).
ALL_DONE = 0
SOME_FAILED = 3

#: Seconds of timing at most: the plain step is only what the profile is held against.
TIME_CAP_SECONDS = 10.0


#: What is said instead of the trace's name where the step could not be profiled.
NO_TRACE = "trace: none was written, since there is no profile"


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
class Shown:
    """What of a profile is shown: which tables, how deep, how many rows."""

    by: str
    depth: int
    top: int
    as_json: bool


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
    def reason(self) -> str:
        """Why there is no profile."""
        if isinstance(self.outcome, Failure):
            return f"{self.outcome.kind}: {self.outcome.reason}"
        return f"no profile: {self.outcome.missing.get('profile', 'no reason was given')}"


def carry_out(request: Request, shown: Shown) -> int:
    """Profile every cell asked for and print it; returns the exit status."""
    workers = Workers()
    workers.start()
    plan = _plan(request, workers)
    costs = {cost.key: cost for cost in plan.costs}
    profiled = [
        Profiled(repeat.cell, costs[cost_key(repeat.cell)], repeat.outcome)
        for repeat in _repeats(plan, request, workers)
    ]
    for one in profiled:
        _remark(one)
    pairs = list(_pairs(profiled)) if request.compare else []
    if shown.as_json:
        _print_json(plan, profiled, pairs, shown)
    elif request.compare:
        for pair in pairs:
            _print_pair(*pair)
    else:
        for one in profiled:
            _print_one(one, shown)
    if request.trace is not None:
        kept = profiled[0].profile is not None
        note(f"trace: {request.trace} (open it in https://ui.perfetto.dev)" if kept else NO_TRACE)
    return SOME_FAILED if any(_is_accident(one.outcome) for one in profiled) else ALL_DONE


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

        def profile(cell: Cell) -> Outcome:
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


def _remark(profiled: Profiled) -> None:
    """Say on stderr what was wrong with the samples."""
    if isinstance(profiled.outcome, Measurement):
        for reason in profiled.outcome.invalid_reasons:
            note(f"INVALID {profiled.cell.key}: {reason}")
        for text in profiled.outcome.notes:
            note(f"note: {profiled.cell.key}: {text}")


def _pairs(profiled: Sequence[Profiled]) -> Iterator[tuple[Profiled, Profiled]]:
    """Pair the two models of each setting; the plan holds them next to each other."""
    yield from zip(profiled[::2], profiled[1::2], strict=True)


def _is_accident(outcome: Outcome) -> bool:
    return isinstance(outcome, Failure) and outcome.kind in ACCIDENTS


def _print_headline(one: Profiled) -> None:
    profile = one.profile
    answer(headline(one.cell.key, profile) if profile else f"{one.cell.key}: {one.reason}")


def _print_one(one: Profiled, shown: Shown) -> None:
    _print_headline(one)
    profile = one.profile
    if profile is None or not profile.ops:
        return
    style = Style(sys.stdout.isatty())
    tables = {
        "role": role_table(role_rows(profile, one.cost), style),
        "module": module_table(one.cell.model, module_tree(profile, shown.depth), style),
        "kernel": op_table(op_rows(profile), shown.top, style),
    }
    for name, table in tables.items():
        if shown.by in {name, "all"}:
            answer_table(table)
    answer(style.legend)
    for line in method_lines(profile):
        answer(line)


def _print_pair(one: Profiled, other: Profiled) -> None:
    for side in (one, other):
        _print_headline(side)
    first, second = one.profile, other.profile
    if first is None or second is None or not (first.ops and second.ops):
        answer("nothing to compare: a profile is missing")
        return
    names = one.cell.model, other.cell.model
    rows = compare_roles(first, second)
    style = Style(sys.stdout.isatty())
    answer_table(comparison_table(names, rows, style))
    answer(style.legend)
    macs = one.cost.total.macs
    ratio = other.cost.total.macs / macs if macs else None
    for line in comparison_sentences(names, (first, second), ratio, rows):
        answer(line)
    for letter, profile in (("A", first), ("B", second)):
        for line in method_lines(profile):
            answer(f"{letter} {line}")


def _print_json(
    plan: Plan,
    profiled: Sequence[Profiled],
    pairs: Sequence[tuple[Profiled, Profiled]],
    shown: Shown,
) -> None:
    document = {
        "device": plan.invocation.device,
        "command": plan.invocation.command,
        "fingerprint": asdict(plan.invocation.fingerprint),
        "profiles": [cell_document(o.cell, o.cost, o.outcome, shown.depth) for o in profiled],
    }
    comparisons = [
        comparison_document(one.cell, other.cell, compare_roles(one.profile, other.profile))
        for one, other in pairs
        if one.profile and other.profile
    ]
    answer_json(**document, **({"comparisons": comparisons} if pairs else {}))
