"""A night: a suite measured, judged against earlier nights, and its suspects measured again."""

from dataclasses import dataclass, replace

from effprof.core.cells import Cell
from effprof.core.errors import BadInput
from effprof.core.runs import Fingerprint, Run
from effprof.device.target import Target
from effprof.regressions.assessment import Assessment
from effprof.regressions.nights import again_suite, find_again, load_night
from effprof.session.request import Request
from effprof.session.sweeps import Swept, measure_plan, started_workers
from effprof.store.store import Store, open_store
from effprof.study.study import Study
from effprof.sweep.listener import Listener
from effprof.sweep.plan import Asked, Plan, expand_suite, find_devices, new_plan
from effprof.sweep.sentinels import with_sentinels
from effprof.sweep.suite import Expansion, Suite
from effprof.sweep.workers import Workers


@dataclass(frozen=True, slots=True)
class Night:
    """A night, its sweeps first to last, and its assessment: None where a sweep was stopped."""

    study: Study
    sweeps: tuple[Swept, ...] = ()
    assessment: Assessment | None = None


@dataclass(frozen=True, slots=True)
class _Bench:
    """Where a night is measured: the workers, the device, the suite with its sentinels."""

    workers: Workers
    device: tuple[Target, Fingerprint]
    suite: Suite
    asked: Asked

    def plan(self, suite: Suite, expansion: Expansion) -> Plan:
        """Plan a run of the night."""
        return new_plan(self.workers, suite, expansion, self.device, self.asked)


def measure_night(request: Request, location: str | None, listener: Listener) -> Night:
    """Measure a suite and judge it among the nights of the store; what is found is kept there.

    The request names its suite. Cells that look changed are measured once more the same night.
    Raises `BadInput`, `NoDevice` and `StorageError` as a sweep does.
    """
    with open_store(location) as store:
        bench = _bench(request, listener)
        plan = bench.plan(bench.suite, expand_suite(bench.workers, bench.suite, bench.asked))
        for text in plan.notes:
            listener.noted(text)
        swept = measure_plan(plan, bench.workers, store, listener)
        study = Study(swept.run)
        if swept.stopped:
            return Night(study, (swept,))
        suspects = load_night(store, study).suspects
        if not suspects:
            return Night(study, (swept,), _judged(store, study, None))
        listener.suspects_found(suspects)
        again = measure_plan(_again(bench, swept.run, suspects), bench.workers, store, listener)
        sweeps = (swept, again)
        if again.stopped:
            return Night(study, sweeps)
        return Night(study, sweeps, _judged(store, study, again.run))


def judge_night(text: str, location: str | None) -> Night:
    """Judge a stored run as a night, with the run that measured its suspects again, if any.

    `text` names the run. Raises `BadInput` where there is no store, or no such run in it.
    """
    with open_store(location, create=False) as store:
        run = store.load(store.resolve(text))
        study = Study(run)
        return Night(study, (), _judged(store, study, find_again(store, run)))


def _bench(request: Request, listener: Listener) -> _Bench:
    assert request.suite is not None  # no device has one that its nights are of
    workers = started_workers(request.objects)
    devices = find_devices(workers, request.asked)
    if len(devices) != 1:
        raise BadInput("a night is of one device; start one effprof nightly for each GPU")
    target, _ = devices[0]
    listener.device_chosen(target)
    suite = with_sentinels(request.changed(request.suite), target.kind)
    return _Bench(workers, devices[0], suite, request.asked)


def _again(bench: _Bench, run: Run, suspects: tuple[Cell, ...]) -> Plan:
    suite = replace(bench.suite, name=again_suite(run.invocation))
    return bench.plan(suite, Expansion(suspects, run.invocation.reference))


def _judged(store: Store, study: Study, again: Run | None) -> Assessment:
    assessment = load_night(store, study).assess(again)
    store.save_events(shown.event for shown in (*assessment.events, *assessment.recovered))
    return assessment
