"""A request carried through: plan, sweep, store, report, and the exit status it deserves."""

import os
import shlex
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

from effprof.cli.options import store_flag
from effprof.cli.output import answer, answer_json, answer_table, note
from effprof.cli.progress import display, duration_text
from effprof.cli.report import REPORTS, answer_rows
from effprof.core.axes import AxisValue
from effprof.core.errors import BadInput, StorageError
from effprof.core.outcomes import ACCIDENTS, Failure
from effprof.core.redaction import redacted
from effprof.core.runs import Fingerprint, Run
from effprof.device.lock import take_turn
from effprof.device.nvml import Nvml
from effprof.device.target import Target
from effprof.store.store import Store, open_store
from effprof.sweep.plan import (
    UUID,
    Asked,
    Plan,
    expand_suite,
    find_devices,
    new_plan,
    next_rounds,
    refuse_other_suite,
    resumed_plan,
)
from effprof.sweep.session import carry_out as carry_out_plan
from effprof.sweep.session import close
from effprof.sweep.suite import Suite, apply_overrides, load_suite
from effprof.sweep.workers import Workers

#: Suite that is taken when none is named, by kind of device.
DEFAULT_SUITE = {"cpu": "quick", "cuda": "paper"}

#: Exit statuses beside those of errors (the measuring standard's table).
ALL_DONE = 0
SOME_FAILED = 3
INTERRUPTED = 130
TERMINATED = 143


class Terminated(KeyboardInterrupt):
    """SIGTERM: ends a sweep as Ctrl-C does, with another exit status."""


@dataclass(frozen=True, slots=True)
class Request:
    """What one `effprof run` asks for: a suite, what to change in it, where to measure and store.

    `axes` replace axes of the suite by name, `changes` fields of it, `options` how it measures;
    `pages` says whether a report is written.
    """

    suite: str | None
    axes: Mapping[str, tuple[AxisValue, ...]]
    changes: Mapping[str, Any]
    options: Mapping[str, Any]
    gpu: str | None
    cpu: bool
    shard: tuple[int, int] | None
    rounds: int | None
    resume: str | None
    out: Path | None
    pages: bool
    store: str | None

    @property
    def names_suite(self) -> bool:
        """Whether anything says what to sweep, beside the run to be resumed."""
        return bool(self.suite or self.axes or self.changes or self.options or self.shard)


def carry_out(request: Request, *, dry_run: bool, as_json: bool) -> int:
    """Plan and run a request; returns the exit status. Errors are raised before any measuring."""
    suite = load_suite(request.suite) if request.suite else None
    asked = Asked(given_command(), request.gpu, request.cpu, request.shard)
    with ExitStack() as stack:
        store = None if dry_run and not request.resume else open_store(request.store)
        if store is not None:
            stack.enter_context(store)
        if request.pages and not dry_run:
            require_writable(request.out or REPORTS)
        begun = store.load(store.resolve(request.resume)) if store and request.resume else None
        # Only now: a server that is stopped while it loads torch complains on stderr.
        workers = Workers()
        workers.start()
        plans = _plans(request, suite, asked, workers, begun)
        if request.rounds is not None:
            plans = [next_rounds(plan, request.rounds) for plan in plans]
        if dry_run:
            _print_plans(plans, as_json)
            return ALL_DONE
        assert store is not None  # opened above for everything but a dry run
        status = ALL_DONE
        for plan in plans:
            folder = _folder(request, plan, alone=len(plans) == 1)
            status = max(status, _run(plan, request, workers, store, folder, as_json))
            if status in {INTERRUPTED, TERMINATED}:
                break
    return status


def _plans(
    request: Request, suite: Suite | None, asked: Asked, workers: Workers, begun: Run | None
) -> list[Plan]:
    if begun is not None:
        return [_resumed(begun, request, suite, asked, workers)]
    devices = find_devices(workers, asked)
    announce(devices)
    suite = suite or load_suite(DEFAULT_SUITE[devices[0][0].kind])
    suite = _changed(suite, request)
    expansion = expand_suite(workers, suite, asked)
    plans = [new_plan(workers, suite, expansion, device, asked) for device in devices]
    for text in plans[0].notes:
        note(f"note: {text}")
    return plans


def _resumed(
    run: Run, request: Request, suite: Suite | None, asked: Asked, workers: Workers
) -> Plan:
    """Plan the rest of `run`, on the device it began on unless another is asked for."""
    if asked.cpu or asked.gpu:
        devices = find_devices(workers, asked)
    else:
        devices = _began_on(run.invocation.fingerprint, workers, asked)
    if len(devices) != 1:
        raise BadInput("--resume goes on with one run on one device; name one GPU")
    announce(devices)
    if request.names_suite:
        suite = _changed(suite or load_suite(run.invocation.suite), request)
        refuse_other_suite(run.invocation, suite, expand_suite(workers, suite, asked))
    return resumed_plan(workers, run, devices[0])


def _began_on(
    recorded: Fingerprint, workers: Workers, asked: Asked
) -> tuple[tuple[Target, Fingerprint], ...]:
    """Find the device that a run began on; where that GPU is gone, another one to be refused."""
    if recorded.gating.get("device kind") == "cpu":
        return find_devices(workers, replace(asked, cpu=True))
    try:
        return find_devices(workers, replace(asked, gpu=recorded.recorded.get(UUID)))
    except BadInput:
        return find_devices(workers, replace(asked, gpu="all"))[:1]


def _changed(suite: Suite, request: Request) -> Suite:
    options = replace(suite.options, **request.options)
    return replace(apply_overrides(suite, request.axes), options=options, **request.changes)


def announce(devices: tuple[tuple[Target, Fingerprint], ...]) -> None:
    """Say which device will be measured, and why it."""
    for target, _ in devices:
        note(f"device: {target.line} ({target.why})")


def _folder(request: Request, plan: Plan, *, alone: bool) -> Path | None:
    """Return the folder of a run's report: the one asked for, unless several runs share it.

    None where no report is wanted.
    """
    if not request.pages:
        return None
    if request.out is not None and alone:
        return request.out
    return (request.out or REPORTS) / plan.invocation.id


def _run(
    plan: Plan, request: Request, workers: Workers, store: Store, out: Path | None, as_json: bool
) -> int:
    """Carry out one plan and report it, as incomplete where it was interrupted."""
    run, status = measure_plan(plan, workers, store, request.store)
    _conclude(run, out, store_flag(request.store), as_json)
    return status


def measure_plan(
    plan: Plan, workers: Workers, store: Store, location: str | None
) -> tuple[Run, int]:
    """Carry out one plan; an interrupt keeps what is finished.

    Returns the run as it is stored and the exit status that it deserves; `location` is the --store
    that the command to go on with repeats.
    """
    run_id = plan.invocation.id
    count = len(plan.pending)
    left = duration_text(sum(plan.guesses()))
    work = f"{count} measurements, about {left}" if plan.invocation.repeats else "static costs only"
    note(f"run {run_id}: {work}, stored in {store.location}")
    status = None
    try:
        with (
            # Counting keeps no device busy.
            _device_taken(plan) if plan.pending else nullcontext(),
            _terminable(),
            display(count, plan.invocation.repeats) as shown,
        ):
            carry_out_plan(plan, workers, store, shown)
    except KeyboardInterrupt as interrupt:
        close(plan, store, "interrupted")
        status = TERMINATED if isinstance(interrupt, Terminated) else INTERRUPTED
    run = store.load(run_id)
    if run.status == "interrupted":
        why = "interrupted" if status else f"{len(run.missing)} measurements are left"
        note(f"{why}; go on with: effprof run --resume {run_id}{store_flag(location)}")
    failed = any(
        isinstance(repeat.outcome, Failure) and repeat.outcome.kind in ACCIDENTS
        for repeat in run.repeats
    )
    return run, status or (SOME_FAILED if failed else ALL_DONE)


@contextmanager
def _device_taken(plan: Plan) -> Iterator[None]:
    """Hold the device of a sweep: nobody else measures it, and no GPU is dropped between cells."""
    uuid = plan.target.uuid
    with (
        take_turn(plan.target, share=plan.invocation.options.allow_busy),
        Nvml().hold(uuid) if uuid else nullcontext(),
    ):
        yield


def _conclude(run: Run, out: Path | None, kept: str, as_json: bool) -> None:
    """Write the report if one is wanted, and say in words what came out and what it cost.

    `kept` is the --store of the run as commands repeat it.
    """
    from effprof.analysis.isolation import isolation
    from effprof.report import write_report
    from effprof.report.markup import PLAIN
    from effprof.report.page import Page
    from effprof.report.verdict import verdict
    from effprof.study.study import Study

    study = Study(run)
    pages = None if out is None else write_report(study, out, kept)
    if as_json:
        answer_rows(study)
    else:
        answer(verdict(Page.of(study), PLAIN))
    cost = isolation(run)
    if cost is not None:
        note(
            f"time outside measuring: median {cost.median_seconds:.2f} s a cell;"
            f" {cost.measuring_share:.0%} of {duration_text(cost.total_seconds)} was measuring"
        )
    if pages is None:
        note(f"no report was written; make it with: effprof report {run.invocation.id}{kept}")
        return
    note(f"report: {pages.markdown}")
    note(f"interactive: {pages.html}")


def _print_plans(plans: list[Plan], as_json: bool) -> None:
    if as_json:
        answer_json(
            plans=[
                {
                    "device": plan.target.line,
                    "reference": plan.invocation.reference,
                    "repeats": plan.invocation.repeats,
                    "seconds": sum(plan.guesses()),
                    "cells": [cell.key for cell in plan.invocation.cells],
                }
                for plan in plans
            ]
        )
        return
    from rich.table import Table
    from rich.text import Text

    for plan in plans:
        seconds = dict(zip((cell for cell, _ in plan.pending), plan.guesses(), strict=False))
        table = Table("cell", "repeats", "about")
        for cell in plan.invocation.cells:
            count = sum(pending == cell for pending, _ in plan.pending)
            table.add_row(Text(cell.key), str(count), duration_text(seconds.get(cell, 0.0) * count))
        answer_table(table)
        answer(
            f"{len(plan.invocation.cells)} cells, {len(plan.pending)} measurements,"
            f" about {duration_text(sum(plan.guesses()))} (a guess from FLOPs); nothing was run"
        )


def require_writable(folder: Path) -> None:
    """Find out before the device is touched whether reports can be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".effprof-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StorageError(
            f"cannot write reports to {folder}: {error.strerror}; choose another --out"
        ) from error


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end the sweep in order."""

    def terminate(signum: int, frame: FrameType | None) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def given_command() -> str:
    """Return the command line as it was given, but for passwords: it is stored and shown."""
    return shlex.join(["effprof", *map(redacted, sys.argv[1:])])
