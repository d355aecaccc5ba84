"""How long does it take to judge a night against a year of nights, and how much memory?

Makes a store of made-up nights (365, 5,000 series, 3 repeats unless told otherwise), then reads
its history, detects changes and renders the pages (Markdown, HTML, JSON) in a process of its own.
Start it with `--store postgresql://...`, an empty database, to measure a server.

Goals, on 2 cores: history, detection and pages in 5 minutes and 2 GiB.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import numpy as np
from sqlalchemy import Connection, insert, select

from effprof.cli.output import json_text
from effprof.core.cells import Cell
from effprof.core.outcomes import Measurement, Timing
from effprof.core.runs import Fingerprint, Invocation
from effprof.regressions.nights import load_night
from effprof.report.html.night import render_night as render_html
from effprof.report.night import counts_line, render_night
from effprof.report.night_document import night_document
from effprof.store import rows, schema
from effprof.store.codec import encode
from effprof.store.series import COUNTED, begin_night
from effprof.store.store import open_store
from effprof.study.study import Study

DEVICE, HOST = "A made-up device", "nowhere"

#: Metrics of every cell: with those that are counted 20, so 250 cells have 5,000 series.
ROLES = (
    *("depthwise conv", "pointwise conv", "dense conv", "norm", "activation", "SE squeeze"),
    *("SE FC", "SE gate", "SE scale", "residual add", "pool", "classifier", "copy", "other"),
)
MEASURED = ("step_seconds", "latency_p50_seconds", "peak_rss_bytes")
NOISY = (*MEASURED, *(f"role_seconds:{role}" for role in ROLES))

#: Relative noise of a process; one series in a hundred steps by 5 %, ten nights before the last.
NOISE = 0.01
STEP, STEPPING, SINCE = 0.05, 100, 10

GOAL_SECONDS = 300.0
GOAL_BYTES = 2 * 2**30

Result = TypeVar("Result")


def generate(location: str, nights: int, cell_count: int, repeats: int) -> None:
    """Fill a new store by the fastest way that keeps to its schema."""
    cells = tuple(Cell(f"timm/made_up_{number}", 224) for number in range(cell_count))
    first = datetime(2026, 1, 1, 3, tzinfo=UTC)
    chance = np.random.default_rng(0)
    with open_store(location) as store:
        with store._database.writing() as connection:
            series = _make_series(connection, cells)
        levels = chance.lognormal(-4, 1, len(series))
        for number in range(nights):
            invocation = _invocation(number, first + timedelta(days=number), cells, repeats)
            last = number == nights - 1
            if number == nights - SINCE:
                levels[::STEPPING] *= 1 + STEP
            with store._database.writing() as connection:
                started_at = invocation.started_at
                rows.insert_invocation(connection, invocation, "complete", started_at)
                begin_night(connection, invocation)
                _insert_outcomes(connection, invocation, "{}" if not last else _document())
                _insert_readings(connection, invocation, series, _draw(chance, levels, repeats))


def _make_series(connection: Connection, cells: tuple[Cell, ...]) -> list[tuple[int, bool]]:
    """Make all series; return of each its id and whether it is counted."""
    table = schema.series
    place = {"device": DEVICE, "host": HOST, "method": "1"}
    metrics = (*NOISY, *COUNTED)
    new = [place | {"cell": cell.key, "metric": metric} for cell in cells for metric in metrics]
    connection.execute(insert(table), new)
    found = connection.execute(select(table.c.id, table.c.metric).order_by(table.c.id))
    return [(row.id, row.metric in COUNTED) for row in found]


def _invocation(
    number: int, started_at: datetime, cells: tuple[Cell, ...], repeats: int
) -> Invocation:
    return Invocation(
        id=f"{started_at:%Y%m%d-%H%M%S}-{number:06x}",
        started_at=started_at.isoformat(timespec="seconds"),
        command="effprof nightly made-up",
        suite="made-up",
        suite_hash="0" * 64,
        reference=cells[0].model,
        device=DEVICE,
        fingerprint=Fingerprint(
            {"device": DEVICE, "device kind": "cpu", "host": HOST, "method": "1"},
            {"torch": f"2.{number // 60}.0", "git": f"{number:012x}"},
        ),
        cells=cells,
        repeats=repeats,
    )


def _document() -> str:
    return encode(Measurement(Timing((), (), (), 0.01)))


def _insert_outcomes(connection: Connection, invocation: Invocation, document: str) -> None:
    told = {"status": rows.MEASURED, "valid": True, "seconds": 1.0, "document": document}
    which = {"run_id": invocation.id, "started_at": invocation.started_at}
    outcomes = [
        told | which | {"cell": position, "repeat": repeat}
        for repeat in range(invocation.repeats)
        for position in range(len(invocation.cells))
    ]
    connection.execute(insert(schema.outcome), outcomes)


def _draw(chance: np.random.Generator, levels: np.ndarray, repeats: int) -> np.ndarray:
    return levels * chance.lognormal(0, NOISE, (repeats, len(levels)))


def _insert_readings(
    connection: Connection,
    invocation: Invocation,
    series: list[tuple[int, bool]],
    drawn: np.ndarray,
) -> None:
    night = schema.night
    night_id = connection.scalar(select(night.c.id).where(night.c.run_id == invocation.id))
    names = ("night_id", "series_id", "repeat", "value")
    readings = [
        dict(zip(names, reading, strict=True)) for reading in _readings(night_id, series, drawn)
    ]
    connection.execute(insert(schema.reading), readings)


def _readings(
    night_id: int | None, series: list[tuple[int, bool]], drawn: np.ndarray
) -> Iterator[tuple[int | None, int, int, float]]:
    for repeat, values in enumerate(drawn.tolist()):
        for (series_id, counted), value in zip(series, values, strict=True):
            if not counted:
                yield night_id, series_id, repeat, value
            elif repeat == 0:
                yield night_id, series_id, 0, float(series_id)


def measure(location: str) -> None:
    """Judge the last night and render its pages; print what each step takes."""
    begun = time.perf_counter()
    with open_store(location) as store:
        run = _timed("last run", lambda: store.load(store.resolve(None)))
        night = _timed("history", lambda: load_night(store, Study(run)))
    nights, series = len(night.history.nights), len(night.history.keys)
    print(f"{'':10} {nights:,} nights of {series:,} series")
    assessment = _timed("detection", night.assess)
    pages = {
        "Markdown": _timed("Markdown", lambda: render_night(assessment)),
        "HTML": _timed("HTML", lambda: render_html(assessment)),
        "JSON": _timed("JSON", lambda: json_text(night_document(assessment))),
    }
    sizes = ", ".join(f"{name} {len(page) / 2**20:.2f} MiB" for name, page in pages.items())
    print(f"{'':10} {counts_line(assessment)}\n{'':10} {sizes}")
    seconds, peak = time.perf_counter() - begun, _peak_bytes()
    print(
        f"in all     {seconds:7.2f} s (≤ {GOAL_SECONDS:.0f} s: {_answer(seconds <= GOAL_SECONDS)})"
    )
    print(
        f"peak       {peak / 2**30:7.2f} GiB"
        f" (≤ {GOAL_BYTES / 2**30:.0f} GiB: {_answer(peak <= GOAL_BYTES)})"
    )


def _timed(step: str, work: Callable[[], Result]) -> Result:
    start = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - start
    print(f"{step:10} {seconds:7.2f} s, peak so far {_peak_bytes() / 2**30:.2f} GiB", flush=True)
    return result


def _peak_bytes() -> int:
    """Return the largest resident size of this process; Linux counts it in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _answer(met: bool) -> str:
    return "yes" if met else "NO"


def main() -> None:
    """Make the store, then measure in a fresh process, whose memory is its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--cells", type=int, default=250)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--store", help="a new store, kept; otherwise a file that is removed")
    parser.add_argument("--measure", action="store_true", help="measure a store that is there")
    asked = parser.parse_args()
    if asked.measure:
        measure(asked.store)
        return
    with tempfile.TemporaryDirectory() as folder:
        location = asked.store or str(Path(folder) / "store.sqlite")
        start = time.perf_counter()
        generate(location, asked.nights, asked.cells, asked.repeats)
        print(f"{'generate':10} {time.perf_counter() - start:7.2f} s")
        if not asked.store:
            print(f"{'':10} {Path(location).stat().st_size / 2**20:.0f} MiB")
        command = [sys.executable, __file__, "--measure", "--store", location]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
