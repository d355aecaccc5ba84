"""What a program calls: requests made of its arguments, and a study or an assessment as answer."""

import signal
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, NoReturn

from effprof.core.errors import BadInput
from effprof.core.redaction import redacted
from effprof.models.objects import Sent
from effprof.regressions.assessment import Assessment
from effprof.session.given import (
    AXIS_NAMES,
    MODELS,
    OPTIONS,
    PARTS,
    SUITE,
    asked_of,
    call_text,
    read_given,
    sent_models,
)
from effprof.session.interruption import Interrupted
from effprof.session.night import judge_night, measure_night
from effprof.session.profiles import Profiled, ProfileRequest, problems_of, profile_cells
from effprof.session.request import Request
from effprof.session.sweeps import Swept, sweep
from effprof.study.study import Study
from effprof.sweep.listener import Listener
from effprof.sweep.plan import Asked
from effprof.sweep.suite import load_suite

#: What can be asked of a sweep by name.
OF_SWEEPS = (MODELS, *AXIS_NAMES, *SUITE, *OPTIONS, *PARTS)

#: What can be asked of a night: a part of its suite would miss the other cells.
OF_NIGHTS = (MODELS, *AXIS_NAMES, *SUITE, *OPTIONS)

#: What can be asked of a profile: it times one process, by the clock of one pass.
OF_PROFILES = (*AXIS_NAMES, "allow_busy", "target_width", "time_cap_seconds", "timeout_seconds")


class Where(NamedTuple):
    """The device that a program measures, the store that keeps it, and who is told how it goes.

    None is the device and the store of the commands, and nobody.
    """

    device: str | int | None
    store: str | None
    listener: Listener | None


def run(suite: str | Path | None, changes: Mapping[str, object], where: Where) -> Study:
    """Measure a suite with some of it changed; None is the suite of the device."""
    sent, named = _sent(changes)
    asked = asked_of(where.device, call_text("run", suite, device=where.device, **named))
    given = read_given(named, OF_SWEEPS)
    loaded = None if suite is None else load_suite(str(suite))
    return _measured(given.of_suite(loaded, asked, sent), given.notes, where)


def resume(run_id: str, models: object, parts: Mapping[str, object], where: Where) -> Study:
    """Measure what a run still misses, on the device that it began on; `parts` say how much."""
    sent, _ = _sent({MODELS: models})
    given = read_given(parts, PARTS)
    asked = Asked(call_text("resume", run_id))
    request = Request(asked, rounds=given.rounds, resume=run_id, objects=sent, budget=given.budget)
    return _measured(request, (), where)


def measure(models: object, changes: Mapping[str, object], where: Where) -> Study:
    """Measure models as a suite of their own."""
    sent = sent_models(models)
    names = [*sent.names]
    asked = asked_of(where.device, call_text("measure", names, device=where.device, **changes))
    given = read_given({MODELS: names, **changes}, OF_SWEEPS)
    return _measured(given.of_models(asked, sent), given.notes, where)


def night(suite: str | Path, changes: Mapping[str, object], where: Where) -> Assessment:
    """Measure a suite on one device and judge it among the nights of the store."""
    sent, named = _sent(changes)
    asked = asked_of(where.device, call_text("night", suite, device=where.device, **named))
    given = read_given(named, OF_NIGHTS)
    listener = where.listener or Listener()
    for text in given.notes:
        listener.noted(text)
    request = given.of_suite(load_suite(str(suite)), asked, sent)
    found = measure_night(request, where.store, listener)
    if found.assessment is None:
        *_, last = found.sweeps
        run_id = found.study.run.invocation.id
        _stop(last, where.store, f"; then judge the night with effprof.night(run={run_id!r})")
    return found.assessment


def stored_night(run_id: str, store: str | None) -> Assessment:
    """Judge a stored run as a night."""
    found = judge_night(run_id, store).assessment
    assert found is not None  # nothing is measured that could be stopped
    return found


def profile(
    model: object,
    changes: Mapping[str, object],
    method: str | None,
    trace: Path | None,
    where: Where,
) -> Profiled:
    """Profile one cell."""
    sent = sent_models([model])
    (name,) = sent.names
    asked = asked_of(where.device, call_text("profile", name, device=where.device, **changes))
    given = read_given({MODELS: name, **changes}, (MODELS, *OF_PROFILES))
    grid = given.single()
    if problems := problems_of(grid, method, trace):
        raise BadInput("\n".join(problems))
    request = ProfileRequest(
        asked, grid, method=method, trace=trace, timing=given.options, objects=sent
    )
    _, (profiled,) = profile_cells(request, where.listener or Listener())
    return profiled


def _sent(changes: Mapping[str, object]) -> tuple[Sent, dict[str, object]]:
    """Send the models that are asked for, if any, and put their names in their place."""
    if changes.get(MODELS) is None:
        return Sent(), dict(changes)
    sent = sent_models(changes[MODELS])
    return sent, {**changes, MODELS: [*sent.names]}


def _measured(request: Request, notes: Iterable[str], where: Where) -> Study:
    """Measure a request on one device."""
    listener = where.listener or Listener()
    for text in notes:
        listener.noted(text)
    (swept,) = sweep(request, where.store, listener)
    if swept.stopped is not None:
        _stop(swept, where.store)
    return Study(swept.run)


def _stop(swept: Swept, store: str | None, then: str = "") -> NoReturn:
    """End as what stopped a sweep would have ended this program, and say how to go on."""
    if swept.stopped == "terminated":
        signal.raise_signal(signal.SIGTERM)
    run, run_id = swept.run, swept.run.invocation.id
    planned = run.invocation.repeats * len(run.invocation.cells)
    command = call_text("resume", run_id, store=store and redacted(store))
    raise Interrupted(
        run_id,
        f"{len(run.repeats)} of {planned} measurements are stored; go on with {command}{then}",
    )
