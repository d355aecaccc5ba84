"""`effprof doctor`: what stands between this machine and good numbers."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from effprof.cli.options import JsonOption, StoreOption
from effprof.cli.output import answer_json, answer_table
from effprof.core.errors import EffprofError, StorageError

if TYPE_CHECKING:
    from rich.table import Table

    from effprof.device.examine import Finding

#: How each standing is shown: word and colour.
STANDINGS = {"good": "green", "limited": "yellow", "bad": "red"}

#: Seconds that the examination of the machine may take.
TIMEOUT = 120.0


def doctor(store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Examine device, driver, profiler, clocks, load and store; say what to do about each."""
    from effprof.core.outcomes import Failure
    from effprof.device.examine import Finding
    from effprof.sweep import tasks
    from effprof.sweep.workers import Workers

    workers = Workers()
    workers.start()
    at_store = _store(store)
    result = workers.call(tasks.examine_machine, timeout=TIMEOUT)
    if isinstance(result, Failure):
        dead = f"{result.kind}: {result.reason}"
        result = (Finding("worker", "bad", dead, "run: effprof --debug doctor"),)
    findings = (*result, at_store)
    if as_json:
        answer_json(findings=[asdict(finding) for finding in findings])
    else:
        answer_table(_table(findings))
    if at_store.standing == "bad":
        raise typer.Exit(StorageError.exit_code)


def _store(location: str | None) -> "Finding":
    from effprof.device.examine import Finding
    from effprof.store.store import open_store

    try:
        with open_store(location) as opened:
            count = len(opened.runs())
            return Finding("store", "good", f"{opened.location}, {count} runs")
    except EffprofError as error:
        return Finding("store", "bad", str(error), "choose another file with --store")


def _table(findings: "tuple[Finding, ...]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table("point", "standing", "found", "what to do")
    for finding in findings:
        table.add_row(
            finding.point,
            Text(finding.standing, style=STANDINGS[finding.standing]),
            Text(finding.found),
            Text(finding.remedy),
        )
    return table
