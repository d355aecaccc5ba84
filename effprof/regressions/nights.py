"""A night as it is stored: its history, what is known of it, and its assessment."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from effprof.core.axes import AXES
from effprof.core.cells import Cell
from effprof.core.errors import StorageError
from effprof.core.events import Event, SeriesKey
from effprof.core.formats import BENCHMARK
from effprof.core.methods import method_of
from effprof.core.metrics import measured_metrics
from effprof.core.outcomes import Measurement
from effprof.core.runs import Invocation, Run
from effprof.regressions.assess import Tonight, assess, suspects
from effprof.regressions.assessment import Assessment
from effprof.regressions.night_history import night_history, placed
from effprof.regressions.series import History
from effprof.regressions.step_causes import StepByCause, steps_by_cause
from effprof.store.store import Store
from effprof.study.study import Study
from effprof.sweep.sentinels import SENTINEL_KEYS

#: Fresh processes that a command to reproduce a cell asks for: enough for `effprof compare`.
REPRODUCING_REPEATS = 5


@dataclass(frozen=True, slots=True)
class StoredNight:
    """A run among the nights of its suite on its kind of machine: what detection is given."""

    run: Run
    history: History
    known: tuple[Event, ...]
    tonight: Tonight
    profiles: "StoredSteps"
    remarks: tuple[str, ...] = ()

    @property
    def suspects(self) -> tuple[Cell, ...]:
        """The cells that should be measured again the same night."""
        keys = {key.cell for key in suspects(self.history, self.known, self.tonight)}
        return tuple(cell for cell in self.run.invocation.cells if cell.key in keys)

    def assess(self, again: Run | None = None) -> Assessment:
        """Judge the night; `again` is the run that measured its suspects a second time."""
        remeasured = None if again is None else readings(again)
        tonight = replace(self.tonight, steps=self.profiles.with_again(again).of)
        judged = assess(self.history, self.known, remeasured, tonight)
        return replace(judged, remarks=self.remarks + judged.remarks)


@dataclass(frozen=True, slots=True)
class StoredSteps:
    """The steps by cause of the nights of an open store, read when they are asked for, once."""

    store: Store
    tonight: Run
    again: Run | None = None
    read: dict[str, Mapping[str, StepByCause]] = field(default_factory=dict)

    def with_again(self, again: Run | None) -> "StoredSteps":
        """Take what was measured again tonight for what it measured: no rule has selected it."""
        return replace(self, again=again, read={})

    def of(self, run_id: str) -> Mapping[str, StepByCause]:
        """Give the steps of all cells of a night that were profiled."""
        if run_id not in self.read:
            self.read[run_id] = self._of(run_id)
        return self.read[run_id]

    def _of(self, run_id: str) -> Mapping[str, StepByCause]:
        if run_id != self.tonight.invocation.id:
            try:
                return steps_by_cause(self.store.load(run_id))
            except StorageError:  # a damaged night keeps nobody from the others
                return {}
        again = {} if self.again is None else steps_by_cause(self.again)
        return steps_by_cause(self.tonight) | again


def load_night(store: Store, study: Study) -> StoredNight:
    """Read the history of a stored run; raises `BadInput` as `night_history` does."""
    run = study.run
    found = night_history(store, run)
    profiles = StoredSteps(store, run)
    return StoredNight(run, found.history, found.known, _tonight(study), profiles, found.remarks)


def again_suite(invocation: Invocation) -> str:
    """Name the suite of the run that measures the suspects of a night again: it links the two."""
    return f"{invocation.suite}, suspects of {invocation.id}"


def find_again(store: Store, run: Run) -> Run | None:
    """Load the run that measured the suspects of a night again; None where there is none."""
    name = again_suite(run.invocation)
    ids = [summary.id for summary in store.runs() if summary.suite == name]
    return store.load(ids[0]) if ids else None


def readings(run: Run) -> dict[SeriesKey, list[float]]:
    """Read the values of every valid process of a run by series."""
    place, gating = placed(run), run.invocation.fingerprint.gating
    found: dict[SeriesKey, list[float]] = {}
    for repeat in run.repeats:
        done = repeat.outcome
        if not isinstance(done, Measurement) or not done.valid:
            continue
        for metric, value in measured_metrics(done).items():
            method = method_of(gating["method"], metric, done)
            key = SeriesKey(*place, repeat.cell.key, metric, method)
            found.setdefault(key, []).append(value)
    return found


def reproducing_command(cell: Cell, invocation: Invocation) -> str:
    """Write the command that measures one cell of a run again, enough times to compare it.

    Benchmarks of pytest-benchmark are measured by the command that measured them, all together.
    """
    fingerprint = invocation.fingerprint
    if fingerprint.gating.get("method") == BENCHMARK.method:
        return invocation.command
    on_cpu = fingerprint.gating.get("device kind") == "cpu"
    device = ["--cpu"] if on_cpu else ["--gpu", fingerprint.recorded.get("uuid", "0")]
    axes = [word for axis in AXES.values() for word in (axis.flag, str(getattr(cell, axis.name)))]
    repeats = ["--repeats", str(REPRODUCING_REPEATS)]
    return shlex.join(["effprof", "run", *device, *axes, *repeats, "--profile"])


def _tonight(study: Study) -> Tonight:
    invocation = study.run.invocation
    cells = invocation.cells
    return Tonight(
        sentinels=SENTINEL_KEYS & {cell.key for cell in cells},
        flags={key: flags for key, flags in _flags(study).items() if flags},
        commands={cell.key: reproducing_command(cell, invocation) for cell in cells},
    )


def _flags(study: Study) -> dict[str, tuple[str, ...]]:
    """Say what was wrong with clocks or the machine while each cell was measured."""
    flags: dict[str, dict[str, None]] = {}
    for pooled in study.pooled:
        said = flags.setdefault(pooled.cell.key, {})
        for done in (*pooled.valid.values(), *pooled.invalid.values()):
            said |= dict.fromkeys(done.invalid_reasons)
            if done.conditions.throttle_reasons:
                reasons = ", ".join(done.conditions.throttle_reasons)
                said[f"clocks were throttled: {reasons}"] = None
    return {cell: tuple(said) for cell, said in flags.items()}
