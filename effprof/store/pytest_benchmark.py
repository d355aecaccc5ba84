"""Runs from the JSON of pytest-benchmark, for benchmarks that used the fixture `effprof`.

Every benchmark becomes a cell whose model is `ops/NAME`, with one repeat: the whole session is one
process. Benchmarks that did not use the fixture name no device, shape or type and are refused.
"""

import hashlib
import re
from datetime import UTC
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from effprof.core.cells import Cell, MemoryFormat, Mode, Precision
from effprof.core.errors import BadInput, StorageError
from effprof.core.outcomes import MEMORY_NUMBERS, Conditions, Measurement, Repeat, Timing
from effprof.core.runs import Fingerprint, Invocation, MeasureOptions, Run
from effprof.store.codec import explain

#: Folder of the names of operators, beside `timm/` and `torchvision/`.
PROVIDER = "ops"

#: Name of the suite of an imported run, and what stands where its reference would.
SUITE = "pytest-benchmark"
NO_REFERENCE = "(none)"

#: The element type of an operator's input as a precision: the inverse of what bytes are counted in.
PRECISION_OF_DTYPE: dict[str, Precision] = {
    "float32": "fp32",
    "float16": "amp-fp16",
    "bfloat16": "amp-bf16",
}

#: Width of the interval that an imported run asked for: none, since 100 % is always reached.
ANY_WIDTH = 1.0

#: Dimensions of a batch of maps (N, C, H, W).
MAP_DIMENSIONS = 4

Seconds = Annotated[float, Field(gt=0)]


class _Foreign(BaseModel):
    """Base of what pytest-benchmark writes: strict about what is read, blind to all else."""

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False, frozen=True)


class _ExtraInfo(_Foreign):
    schema_version: Literal[1] = Field(alias="schema")
    device: str
    threads: PositiveInt
    mode: Mode
    dtype: Literal["float32", "float16", "bfloat16"]
    memory_format: MemoryFormat
    shapes: list[list[PositiveInt]]
    flops: int | None
    bytes: int | None
    first_call_seconds: Seconds
    warmup_seconds: tuple[Seconds, ...]
    conditions: Conditions
    invalid_reasons: tuple[str, ...]
    missing: dict[str, str]
    settings: dict[str, str]


class _Stats(_Foreign):
    data: tuple[Seconds, ...] = Field(min_length=1)
    iterations: PositiveInt


class _Options(_Foreign):
    min_rounds: PositiveInt
    max_time: Seconds


class _Benchmark(_Foreign):
    name: str = Field(min_length=1)
    extra_info: _ExtraInfo
    options: _Options
    stats: _Stats


class _Session(_Foreign):
    command: str
    started_at: AwareDatetime
    device: str
    fingerprint: Fingerprint


class _Document(_Foreign):
    benchmarks: list[_Benchmark] = Field(min_length=1)
    effprof: _Session
    written_at: AwareDatetime = Field(alias="datetime")
    version: str


def read_pytest_benchmark(path: Path) -> Run:
    """Read the JSON file of a pytest-benchmark session as a run.

    Throughput samples are the rounds of pytest-benchmark, in seconds per call. The id follows
    from the content of the file, so the same file is always the same run. Raises `BadInput`
    naming the file and the field that is wrong, `StorageError` when the file cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error.strerror or error}") from error
    try:
        document = _Document.model_validate_json(content)
    except ValidationError as error:
        raise _refusal(path, explain(error, outer=0)) from error
    cells = tuple(_cell(benchmark) for benchmark in document.benchmarks)
    for position, cell in enumerate(cells):
        if (first := cells.index(cell)) != position:
            what = f"names the same cell as benchmarks.{first}: {cell.key}"
            raise _refusal(path, f"benchmarks.{position}.name: {what}; rename one of them")
    return _run(document, cells, hashlib.sha256(content).hexdigest())


def _refusal(path: Path, problem: str) -> BadInput:
    return BadInput(
        f"{path} is no JSON of pytest-benchmark with the fixture effprof; nothing was imported:"
        f"\n  {problem}"
    )


def _run(document: _Document, cells: tuple[Cell, ...], content_hash: str) -> Run:
    session = document.effprof
    started_at, written_at = _utc(session.started_at), _utc(document.written_at)
    invocation = Invocation(
        id=f"{document.written_at.astimezone(UTC):%Y%m%d-%H%M%S}-{content_hash[:6]}",
        started_at=started_at,
        command=session.command,
        suite=SUITE,
        suite_hash=hashlib.sha256("\n".join(cell.key for cell in cells).encode()).hexdigest(),
        reference=NO_REFERENCE,
        device=session.device,
        fingerprint=session.fingerprint,
        cells=cells,
        repeats=1,
        options=_options(document.benchmarks),
    )
    return Run(
        invocation=invocation,
        status="complete",
        finished_at=written_at,
        repeats=tuple(
            _repeat(cell, benchmark, started_at)
            for cell, benchmark in zip(cells, document.benchmarks, strict=True)
        ),
    )


def _options(benchmarks: list[_Benchmark]) -> MeasureOptions:
    """Say what held for every benchmark: at least so many rounds, for about so many seconds."""
    seconds = [each.options.max_time for each in benchmarks]
    return MeasureOptions(
        target_width=ANY_WIDTH,
        min_samples=min(each.options.min_rounds for each in benchmarks),
        min_seconds=min(seconds),
        time_cap_seconds=max(seconds),
        warmup_steps=min(len(each.extra_info.warmup_seconds) for each in benchmarks),
        warmup_seconds=0.0,
    )


def _cell(benchmark: _Benchmark) -> Cell:
    """Name the cell of a benchmark; its size and batch are those of the first map among its inputs.

    Without a map the batch is the first dimension of the first input, and the size one pixel.
    """
    extra = benchmark.extra_info
    maps = [shape for shape in extra.shapes if len(shape) == MAP_DIMENSIONS]
    shape = next(iter(maps or extra.shapes), [])
    name = re.sub(r"\s+", ",", benchmark.name.removeprefix("test_"))
    return Cell(
        model=f"{PROVIDER}/{name}",
        resolution=shape[-1] if maps else 1,
        mode=extra.mode,
        batch_size=shape[0] if shape else 1,
        precision=PRECISION_OF_DTYPE[extra.dtype],
        memory_format=extra.memory_format,
        threads=extra.threads,
    )


def _repeat(cell: Cell, benchmark: _Benchmark, started_at: str) -> Repeat:
    extra, stats = benchmark.extra_info, benchmark.stats
    seconds = extra.first_call_seconds + sum(extra.warmup_seconds)
    seconds += sum(stats.data) * stats.iterations
    return Repeat(cell, 0, _measurement(extra, stats, seconds), started_at, seconds)


def _measurement(extra: _ExtraInfo, stats: _Stats, stepping: float) -> Measurement:
    waited_for = extra.device == "cpu" or stats.iterations == 1
    missing = dict.fromkeys(MEMORY_NUMBERS, "pytest-benchmark measures no memory")
    missing["energy"] = "pytest-benchmark measures no energy"
    if not waited_for:
        missing["latency"] = f"the device was waited for once in {stats.iterations} calls"
    calls = f", each the mean of {stats.iterations} calls" if stats.iterations > 1 else ""
    return Measurement(
        timing=Timing(
            throughput=stats.data,
            latency=stats.data if waited_for else (),
            warmup=extra.warmup_seconds,
            first_step_seconds=extra.first_call_seconds,
        ),
        conditions=extra.conditions,
        invalid_reasons=extra.invalid_reasons,
        notes=(f"samples are rounds of pytest-benchmark in one process{calls}",),
        missing=missing | extra.missing,
        settings=extra.settings | _described(extra),
        measuring_seconds=stepping,
    )


def _described(extra: _ExtraInfo) -> dict[str, str]:
    """Tell what of an operator has no column of its own; absent where it is missing."""
    told: dict[str, Any] = {
        "shapes": ", ".join("x".join(map(str, shape)) for shape in extra.shapes),
        "dtype": extra.dtype,
        "flops": extra.flops,
        "bytes": extra.bytes,
    }
    return {name: str(value) for name, value in told.items() if value is not None}


def _utc(moment: AwareDatetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
