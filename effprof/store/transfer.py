"""A run as one file: gzip-compressed JSON lines.

The first line describes the run, then come its peaks, calibrations, earlier runs, static costs and
outcomes with every raw sample, one a line, and a last line that tells a whole file from one that
was cut off. The same run always gives the same bytes.
"""

import gzip
import os
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, NonNegativeInt, TypeAdapter, ValidationError

from effprof.core.cells import Cell
from effprof.core.costs import StaticCost
from effprof.core.errors import BadInput, StorageError
from effprof.core.outcomes import Failure, Measurement, Repeat
from effprof.core.runs import Calibration, EarlierRun, Invocation, Peak, Run, RunStatus
from effprof.store.codec import Strict, encode, explain

if TYPE_CHECKING:  # an exported run is read without SQLAlchemy
    from effprof.store.store import Store

#: Version of the lines; it rises when an older effprof could not read them. A run is written in
#: the first version that can hold it: 2 has calibrations, 3 earlier runs.
Format = Literal[1, 2, 3]

#: How many bad lines of a file are named before the rest is only counted.
MAX_PROBLEMS = 10


class _RunLine(Strict):
    line: Literal["run"] = "run"
    format: Format
    status: RunStatus
    finished_at: str | None
    invocation: Invocation


class _PeakLine(Strict):
    line: Literal["peak"] = "peak"
    peak: Peak


class _CalibrationLine(Strict):
    line: Literal["calibration"] = "calibration"
    calibration: Calibration


class _EarlierLine(Strict):
    line: Literal["earlier"] = "earlier"
    earlier: EarlierRun


class _CostLine(Strict):
    line: Literal["cost"] = "cost"
    cost: StaticCost


class _RepeatLine(Strict):
    cell: str
    index: NonNegativeInt
    started_at: str
    seconds: float


class _MeasurementLine(_RepeatLine):
    line: Literal["measurement"] = "measurement"
    outcome: Measurement


class _FailureLine(_RepeatLine):
    line: Literal["failure"] = "failure"
    outcome: Failure


class _EndLine(Strict):
    line: Literal["end"] = "end"


_Line = (
    _RunLine
    | _PeakLine
    | _CalibrationLine
    | _EarlierLine
    | _CostLine
    | _MeasurementLine
    | _FailureLine
    | _EndLine
)
_LINES: TypeAdapter[_Line] = TypeAdapter(Annotated[_Line, Field(discriminator="line")])
_REPEAT_LINES = {Measurement: _MeasurementLine, Failure: _FailureLine}


def export_run(run: Run, path: Path, *, force: bool = False) -> None:
    """Write `run` to `path`; the file is there whole or not at all.

    Raises `BadInput` when `path` holds something else than an earlier export of the same run and
    `force` is false, `StorageError` when it cannot be written.
    """
    if not force and path.exists() and _exported_id(path) != run.invocation.id:
        raise BadInput(
            f"{path} exists and is not an export of run {run.invocation.id};"
            " name another file, or overwrite it with --force"
        )
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        try:
            _write(run, beside)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror or error}") from error


def read_run(path: Path) -> Run:
    """Read an exported run whole.

    Raises `BadInput` naming the file, and the line and field of everything that is wrong in it,
    `StorageError` when the file cannot be read at all.
    """
    assembly = _Assembly()
    problems: list[str] = []
    number = 0
    try:
        with gzip.open(path, "rb") as lines:
            for number, text in enumerate(lines, start=1):
                try:
                    assembly.add(_parse(text))
                except (ValueError, BadInput) as error:
                    problems.append(f"line {number}: {error}")
                if not assembly.begun:
                    break  # no later line can be judged
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        problems.append(f"line {number + 1}: not readable as gzip ({error})")
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error.strerror or error}") from error
    if not problems and not assembly.ended:
        problems.append(f"line {number + 1}: missing; the file was cut off")
    if problems:
        raise BadInput(_report(path, problems))
    return assembly.run()


def import_run(store: "Store", path: Path) -> bool:
    """Add an exported run to `store`; true when it is new, false when it was there already.

    Raises `BadInput` when the file is malformed or the store holds other content under its id;
    nothing is imported then.
    """
    return store.add_runs([read_run(path)])[0]


class _Assembly:
    """Puts a run together line by line. `add` raises `ValueError` for a line that does not fit."""

    def __init__(self) -> None:
        self.ended = False
        self._head: _RunLine | None = None
        self._cells: dict[str, Cell] = {}
        self._seen: set[tuple[object, ...]] = set()
        self._peaks: list[Peak] = []
        self._calibrations: list[Calibration] = []
        self._earlier: list[EarlierRun] = []
        self._costs: list[StaticCost] = []
        self._repeats: list[Repeat] = []

    @property
    def begun(self) -> bool:
        return self._head is not None

    def add(self, line: _Line) -> None:
        if self.ended:
            raise ValueError("comes after the end of the run")
        if isinstance(line, _RunLine):
            self._add_head(line)
            return
        if self._head is None:
            raise ValueError("comes before the line that describes the run")
        match line:
            case _PeakLine(peak=peak):
                self._once("peak", peak.kind, peak.precision, peak.size, peak.threads)
                self._peaks.append(peak)
            case _CalibrationLine(calibration=taken):
                self._once("calibration", taken.work, taken.taken_at)
                self._calibrations.append(taken)
            case _EarlierLine(earlier=known):
                self._once("earlier run", known.id)
                self._earlier.append(known)
            case _CostLine(cost=c):
                self._once("cost", c.model, c.resolution, c.mode, c.batch_size, c.dtype)
                self._costs.append(c)
            case _MeasurementLine() | _FailureLine():
                self._repeats.append(self._repeat(line, self._head.invocation.repeats))
            case _EndLine():
                self.ended = True

    def run(self) -> Run:
        head = self._head
        assert head is not None, "a run that has ended has begun"
        return Run(
            invocation=head.invocation,
            status=head.status,
            finished_at=head.finished_at,
            peaks=tuple(self._peaks),
            costs=tuple(self._costs),
            repeats=tuple(self._repeats),
            calibrations=tuple(self._calibrations),
            earlier=tuple(self._earlier),
        )

    def _add_head(self, line: _RunLine) -> None:
        if self._head is not None:
            raise ValueError("describes a second run")
        self._head = line
        for cell in line.invocation.cells:
            if Cell.from_key(cell.key) != cell:
                raise ValueError(f"invocation.cells: {cell.key!r} does not name its cell")
            self._once("planned cell", cell.key)
            self._cells[cell.key] = cell

    def _repeat(self, line: _MeasurementLine | _FailureLine, planned: int) -> Repeat:
        if line.cell not in self._cells:
            raise ValueError(f"cell: the run did not plan {line.cell!r}")
        if line.index >= planned:
            raise ValueError(f"index: {line.index}, but the run has {planned} repeats from 0 on")
        self._once("outcome", line.cell, line.index)
        cell = self._cells[line.cell]
        return Repeat(cell, line.index, line.outcome, line.started_at, line.seconds)

    def _once(self, noun: str, *which: object) -> None:
        if (noun, *which) in self._seen:
            raise ValueError(f"{noun} {' '.join(map(str, which))} is there twice")
        self._seen.add((noun, *which))


def _parse(text: bytes) -> _Line:
    try:
        return _LINES.validate_json(text)
    except ValidationError as error:
        # The path of a field begins with the kind of its line.
        raise ValueError(explain(error)) from error


def _lines(run: Run) -> Iterator[_Line]:
    yield _RunLine(
        format=3 if run.earlier else 2 if run.calibrations else 1,
        status=run.status,
        finished_at=run.finished_at,
        invocation=run.invocation,
    )
    yield from (_PeakLine(peak=peak) for peak in run.peaks)
    yield from (_CalibrationLine(calibration=taken) for taken in run.calibrations)
    yield from (_EarlierLine(earlier=known) for known in run.earlier)
    yield from (_CostLine(cost=cost) for cost in run.costs)
    for repeat in run.repeats:
        yield _REPEAT_LINES[type(repeat.outcome)](
            cell=repeat.cell.key,
            index=repeat.index,
            started_at=repeat.started_at,
            seconds=repeat.seconds,
            outcome=repeat.outcome,
        )
    yield _EndLine()


def _write(run: Run, path: Path) -> None:
    encoded: Iterable[bytes] = (f"{encode(line)}\n".encode() for line in _lines(run))
    with path.open("wb") as file:
        # No name and no time in the header: equal runs give equal bytes.
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
            packed.writelines(encoded)
        file.flush()
        os.fsync(file.fileno())


def _exported_id(path: Path) -> str | None:
    """Id of the run in an exported file; None when it is no such file."""
    try:
        with gzip.open(path, "rb") as lines:
            head = _parse(lines.readline())
    except (OSError, EOFError, zlib.error, ValueError):
        return None
    return head.invocation.id if isinstance(head, _RunLine) else None


def _report(path: Path, problems: list[str]) -> str:
    shown = problems[:MAX_PROBLEMS]
    more = len(problems) - len(shown)
    rest = [f"... and {more} more"] if more else []
    return "\n  ".join([f"{path} is not an exported run; nothing was imported:", *shown, *rest])
