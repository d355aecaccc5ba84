"""`effprof doctor`: what stands between this machine and good numbers."""

import time
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from effprof.cli.options import StoreOption, in_forms
from effprof.cli.output import Form, answer_json, answer_table
from effprof.core.errors import EffprofError, StorageError

if TYPE_CHECKING:
    from effprof.core.outcomes import Failure
    from effprof.device.examine import Check
    from effprof.report.tables.table import Table
    from effprof.sweep.workers import Workers

#: Seconds that the examination of the machine, or of one GPU, may take.
TIMEOUT = 120.0


@in_forms()
def doctor(store: StoreOption = None, *, form: Form) -> None:
    """Examine devices, driver, profiler, clocks, load and store; say what to do about each."""
    from effprof.sweep.workers import Workers

    workers = Workers()
    workers.start()
    at_store = _store(store)
    checks = (*_examined(workers), at_store)
    if form == "json":
        answer_json(findings=[asdict(check) for check in checks])
    else:
        answer_table(_table(checks), form)
    if at_store.standing == "bad":
        raise typer.Exit(StorageError.exit_code)


def _examined(workers: "Workers") -> "tuple[Check, ...]":
    """Examine the machine in a worker, and each of its GPUs in one that has used no other."""
    from effprof.core.outcomes import Failure
    from effprof.sweep import tasks

    examined = workers.call(tasks.examine_machine, timeout=TIMEOUT)
    if isinstance(examined, Failure):
        return (_dead("worker", examined),)
    found, gpus = examined
    for gpu in gpus:
        result = workers.call(tasks.examine_gpu, gpu, time.monotonic(), timeout=TIMEOUT)
        found += (_dead(f"GPU {gpu.index}", result),) if isinstance(result, Failure) else result
    return tuple(found)


def _dead(point: str, failure: "Failure") -> "Check":
    from effprof.device.examine import Check

    told = f"{failure.kind}: {failure.reason}"
    return Check(point, "bad", told, "run: effprof --debug doctor")


def _store(location: str | None) -> "Check":
    from effprof.device.examine import Check
    from effprof.store.store import open_store

    try:
        with open_store(location) as opened:
            count = len(opened.runs())
            return Check("store", "good", f"{opened.location}, {count} runs")
    except EffprofError as error:
        return Check("store", "bad", str(error), "choose another file with --store")


def _table(checks: "tuple[Check, ...]") -> "Table":
    from effprof.report.tables.table import Column, Field, Table

    words = Column.words
    fields: tuple[Field[Check], ...] = (
        Field(words("point"), lambda check: check.point),
        Field(words("standing"), lambda check: check.standing),
        Field(words("found"), lambda check: check.found),
        Field(words("what to do"), lambda check: check.remedy),
    )
    return Table.of(fields, checks)
