"""Sweeps: requests measured run by run, each kept in the store as far as it got."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from effprof.core.errors import EffprofError
from effprof.core.outcomes import ACCIDENTS, Failure
from effprof.core.runs import Run
from effprof.device.load import look_at_load
from effprof.device.lock import take_turn
from effprof.device.nvml import Nvml
from effprof.models.objects import Sent
from effprof.session.earlier_runs import earlier_runs
from effprof.session.forecast import forecast
from effprof.session.interruption import Terminated, terminable
from effprof.session.planning import plans
from effprof.session.request import Request
from effprof.store.store import Store, open_store
from effprof.sweep.budget import Budget
from effprof.sweep.engine import carry_out, close, with_peaks
from effprof.sweep.listener import Listener
from effprof.sweep.plan import Plan
from effprof.sweep.workers import Workers

#: What can stop a sweep before its end: Ctrl-C, or SIGTERM.
Stopped = Literal["interrupted", "terminated"]


@dataclass(frozen=True, slots=True)
class Swept:
    """A run as it is stored when its sweep is over; `stopped` says what ended that early.

    `of` counts the runs of its request.
    """

    run: Run
    stopped: Stopped | None = None
    of: int = 1

    @property
    def failed(self) -> bool:
        """Whether a cell ended in an accident rather than an answer."""
        return any(
            isinstance(repeat.outcome, Failure) and repeat.outcome.kind in ACCIDENTS
            for repeat in self.run.repeats
        )


def sweep(request: Request, location: str | None, listener: Listener) -> Iterator[Swept]:
    """Measure a request, a run for each device, and give each when it is over.

    Runs are kept in the store at `location`; None is the store of the commands. What stops a run
    stops all of them. Errors of the request are raised before any cell is measured: those of
    `plans`, `BadInput` where there is no such run to go on with, or where cells do not fit into
    the budget, which the runs share.
    """
    with open_store(location) as store:
        begun = _begun(request, store)
        workers = started_workers(request.objects)
        found = plans(request, workers, listener, begun)
        left = request.budget
        for number, plan in enumerate(found):
            share = None if left is None else left / (len(found) - number)
            before = time.monotonic()
            swept = measure_plan(plan, workers, store, listener, share)
            yield replace(swept, of=len(found))
            if swept.stopped:
                return
            left = None if left is None else left - (time.monotonic() - before)


def planned(
    request: Request, location: str | None, listener: Listener, asking: Callable[[], None]
) -> list[Plan]:
    """Plan a request and measure nothing; the store is only opened for a run to be gone on with.

    Workers are started only for what is not kept of the models; `asking` is called before.
    """
    begun = None
    if request.resume is not None:
        with open_store(location) as store:
            begun = _begun(request, store)
    found = forecast(request, listener)
    if found is None:
        asking()
        found = plans(request, started_workers(request.objects), listener, begun)
    if request.budget is None:
        return found
    return [Budget(request.budget / len(found), time.monotonic()).fit(plan) for plan in found]


def started_workers(objects: Sent | None = None) -> Workers:
    """Start workers: only when all is read, for a server that is stopped early complains aloud."""
    workers = Workers(objects=objects)
    workers.start()
    return workers


def measure_plan(
    plan: Plan, workers: Workers, store: Store, listener: Listener, seconds: float | None = None
) -> Swept:
    """Carry out one plan; whatever ends it, what is finished is kept and can be gone on with.

    It is cut to `seconds` of measuring, if there are any. Raises `BadInput` where it cannot be.
    """
    # Counting keeps no device busy.
    with _device_taken(plan) if plan.pending else nullcontext():
        plan = with_load(plan, listener)
        budget = None if seconds is None else Budget(seconds, time.monotonic())
        plan = with_peaks(plan, workers, listener)
        plan = plan if budget is None else budget.fit(plan)
        listener.run_begun(plan, store.location)
        carry = partial(carry_out, plan, workers, store, listener, budget)
        with terminable():
            stopped = _stopped(carry, plan, store)
    swept = Swept(_with_earlier(store.load(plan.invocation.id), store), stopped)
    listener.run_ended(swept.run, stopped is not None)
    return swept


def _with_earlier(run: Run, store: Store) -> Run:
    """Keep with a run what was found on its machine before."""
    if earlier := earlier_runs(store, run):
        store.set_earlier(run.invocation.id, earlier)
    return replace(run, earlier=earlier)


def with_load(plan: Plan, listener: Listener) -> Plan:
    """Look who else uses a CPU that is to be measured, tell it, and note in the plan what stays."""
    if plan.target.kind != "cpu" or not plan.pending:
        return plan
    load, accepted = look_at_load(), plan.invocation.options.allow_busy
    if load.quiet:
        return plan
    listener.load_found(load, look_at_load, accepted)
    # It may have been waited for.
    return plan if accepted else replace(plan, busy=not look_at_load().quiet)


def _stopped(measure: Callable[[], None], plan: Plan, store: Store) -> Stopped | None:
    """Carry out a plan and say what stopped it; after an error it is left interrupted too."""
    try:
        measure()
    except BaseException as error:
        # A store that failed cannot take this either: the first error is the one to be told.
        with suppress(EffprofError):
            close(plan, store, "interrupted")
        if not isinstance(error, KeyboardInterrupt):
            raise
        return "terminated" if isinstance(error, Terminated) else "interrupted"
    return None


def _begun(request: Request, store: Store) -> Run | None:
    if request.resume is None:
        return None
    return store.load(store.resolve(request.resume, complete=False))


@contextmanager
def _device_taken(plan: Plan) -> Iterator[None]:
    """Hold the device of a sweep: nobody else measures it, and no GPU is dropped between cells."""
    uuid = plan.target.uuid
    with (
        take_turn(plan.target, share=plan.invocation.options.allow_busy),
        Nvml().hold(uuid) if uuid else nullcontext(),
    ):
        yield
