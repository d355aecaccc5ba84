"""Runs from the benchmark files that timm publishes (`results/benchmark-*.csv` of its repository).

Every row becomes a cell with one repeat whose only sample is the published step time: timm prints
the mean over the steps it timed and keeps no samples. Nothing is filled in: no interval, no
latency, no memory, no date.
"""

import hashlib
import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from effprof.core.cells import Cell
from effprof.core.costs import PUBLISHED_COUNTER, Cost, StaticCost, cost_key
from effprof.core.formats import TIMM
from effprof.core.outcomes import MEMORY_NUMBERS, Measurement, Repeat, Timing
from effprof.core.runs import (
    PUBLISHED_MARK,
    Fingerprint,
    Invocation,
    MeasureOptions,
    Run,
)
from effprof.models.registry import registered
from effprof.store.codec import encode
from effprof.store.timm_origin import Origin, Told, origin_of
from effprof.store.timm_rows import Row, Sheet, read_sheet
from effprof.store.timm_tables import read_content

#: Name of the suite of an imported run, and the network that others are compared with.
SUITE = "timm-benchmark"
REFERENCE = "timm/resnet50"

#: Stands where the name of a host would: nobody here saw it.
HOST = "published"

#: Who counted rows without the products inside of fused attention, and how those are told of.
COUNTER_WITHOUT_ATTENTION = "timm's file, fused attention left out"
_FUSED_ATTENTION = {"scaled_dot_product_attention": "the counter of the file does not know it"}

#: timm's counter does not know fused attention, which was turned off in most years to count. In
#: which it was not, plain vision transformers tell: name -> M activations with all products.
_PLAIN_SIZE = 224
_PLAIN_TRANSFORMERS = {
    **dict.fromkeys(("vit_base_patch16_224", "deit_base_patch16_224"), 23.9),
    **dict.fromkeys(("vit_small_patch16_224", "deit_small_patch16_224"), 11.95),
    **dict.fromkeys(("vit_tiny_patch16_224", "deit_tiny_patch16_224"), 5.97),
}

#: The networks that attend in a fused operator, of those that files of such a year list: they have
#: fewer MACs and activations there than in the files of other years, and no other networks have.
_ATTENDS_FUSED = re.compile(
    r"((cross|da|flexi|max|maxx|mobile|sam|tiny_)?vit|fastvit_[ms]a|maxxvitv2|beit(v2)?|deit3?"
    r"|eva(02)?|coatnex?t|caformer|nest|pit|pvt|twins)(_.*|\d.*)"
)

#: Stands for the date, which the files do not tell: the same file is always the same run.
UNKNOWN_DATE = "1970-01-01T00:00:00+00:00"

#: Width of the interval that was asked for: none, since 100 % is always reached.
ANY_WIDTH = 1.0

#: torch lets convolutions on a GPU round to TF32 by default, and timm leaves it at that.
_TF32_NOTE = "fp32 by torch's defaults: convolutions on a GPU may have used TF32"

_MISSING = dict.fromkeys(
    (
        *("samples", "latency", "first_step_seconds", "conditions", "energy"),
        *MEMORY_NUMBERS,
    ),
    "timm publishes one mean step time per network",
)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A row at its line of the file, and the later rows of the same cell that were set aside."""

    line: int
    row: Row
    aside: tuple[Row, ...] = ()


def read_timm_benchmark(path: Path, told: Told | None = None) -> Run:
    """Read a benchmark file of timm as a run; what is `told` wins over what the file's name says.

    Pretrained tags are dropped from names (`resnet50.a1_in1k` is `timm/resnet50`); of rows that
    then name one cell the first is kept and the others stand in its notes. Networks of the
    registry come first, at their published size first. The id follows from the content and its
    origin. Raises `BadInput` naming the file with every line and column that is wrong, or every
    option that is needed, `StorageError` when the file cannot be read.
    """
    content = read_content(path)
    sheet = read_sheet(path, content)
    told = told or Told()
    origin = origin_of(path.name, told, sheet.modes)
    entries = _entries(sheet, origin)
    asked = max(cell.batch_size for cell in entries)
    uncounted = _without_fused_attention(entries.values())
    costs = (_cost(cell, entry.row, uncounted) for cell, entry in entries.items())
    return Run(
        invocation=replace(
            invocation := _invocation(path.name, told, origin, tuple(entries), content),
            fingerprint=_without(invocation.fingerprint, sheet.unmeasured(origin.mode)),
        ),
        status="complete",
        finished_at=UNKNOWN_DATE,
        costs=tuple(cost for cost in costs if cost is not None),
        repeats=tuple(
            Repeat(cell, 0, _measurement(entry, asked, origin), UNKNOWN_DATE, 0.0)
            for cell, entry in entries.items()
        ),
    )


def _without(fingerprint: Fingerprint, unmeasured: Sequence[str]) -> Fingerprint:
    """Say which networks the file lists without a speed."""
    if not unmeasured:
        return fingerprint
    told = f"the file lists them without a speed: {', '.join(unmeasured)}"
    names = f"{len(unmeasured)} network{'s' * (len(unmeasured) > 1)}"
    return replace(fingerprint, missing=fingerprint.missing | {names: told})


def _entries(sheet: Sheet, origin: Origin) -> dict[Cell, _Entry]:
    """Sort the rows by cell, in the order in which a page shows them."""
    entries: dict[Cell, _Entry] = {}
    problems = []
    for line, row in sheet.rows(origin.mode):
        cell = _cell(row, origin)
        first = entries.get(cell)
        if first is None:
            entries[cell] = _Entry(line, row)
        elif row.model in {first.row.model, *(each.model for each in first.aside)}:
            problems.append(f"line {line}: {row.model} is there twice, first in line {first.line}")
        else:
            entries[cell] = _Entry(first.line, first.row, (*first.aside, row))
    if problems:
        raise sheet.table.refusal(problems)
    places = {
        name: (place, each.resolution)
        for place, each in enumerate(registered())
        for name in each.names
    }
    last = (len(places), 0)

    def place(cell: Cell) -> tuple[int, bool]:
        rank, published = places.get(cell.model, last)
        return rank, rank < last[0] and cell.resolution != published

    return {cell: entries[cell] for cell in sorted(entries, key=place)}


def _cell(row: Row, origin: Origin) -> Cell:
    return Cell(
        model=f"timm/{row.model.partition('.')[0]}",
        resolution=row.img_size,
        mode=origin.mode,
        batch_size=row.batch_size,
        precision=origin.precision,
        memory_format=origin.memory_format,
        execution=origin.execution,
        threads=origin.threads,
    )


def _without_fused_attention(entries: Collection[_Entry]) -> frozenset[str]:
    """Name the networks that the file counts without what their fused attention multiplies."""
    names = [entry.row.model.partition(".")[0] for entry in entries]
    short = any(
        entry.row.img_size == _PLAIN_SIZE
        and entry.row.macts is not None
        and entry.row.macts < 0.9 * _PLAIN_TRANSFORMERS.get(name, 0)
        for name, entry in zip(names, entries, strict=True)
    )
    return frozenset(name for name in names if short and _ATTENDS_FUSED.fullmatch(name))


def _cost(cell: Cell, row: Row, without_attention: Collection[str]) -> StaticCost | None:
    """Take over the counts of one image for the batch; None where the file has none.

    Files of training steps hold no counts.
    """
    if row.gmacs is None or row.macts is None or cell.mode != "infer":
        return None
    model, resolution, mode, batch_size, dtype = cost_key(cell)
    total = Cost(
        macs=round(row.gmacs * 1e9) * batch_size, activations=round(row.macts * 1e6) * batch_size
    )
    parameters = round(row.param_count * 1e6)
    lacks = row.model.partition(".")[0] in without_attention
    return StaticCost(
        *(model, resolution, mode, batch_size, dtype, parameters, total),
        counter=COUNTER_WITHOUT_ATTENTION if lacks else PUBLISHED_COUNTER,
        unknown=_FUSED_ATTENTION if lacks else {},
    )


def _measurement(entry: _Entry, asked: int, origin: Origin) -> Measurement:
    row = entry.row
    notes = ["published by timm: the mean of the steps it timed"]
    if row.batch_size < asked:
        notes.append(
            f"a smaller batch than the {asked} of others in the file: timm takes one where the "
            "largest fails"
        )
    if origin.precision == "fp32" and origin.device_kind == "cuda":
        notes.append(_TF32_NOTE)
    notes += [
        f"set aside, the same network with other weights: {other.model} at "
        f"{other.samples_per_sec:g} images/s"
        for other in entry.aside
    ]
    return Measurement(
        timing=Timing((row.step_time / 1000,), (), (), first_step_seconds=None),
        notes=tuple(notes),
        missing=_MISSING,
        settings={"listed as": row.model, "parameters": f"{row.param_count:g} M"},
    )


def _invocation(
    name: str, told: Told, origin: Origin, cells: tuple[Cell, ...], content: bytes
) -> Invocation:
    options = (
        word
        for option, value in asdict(told).items()
        if value is not None
        for word in (f"--{option.replace('_', '-')}", str(value))
    )
    identity = hashlib.sha256(content + encode(asdict(origin)).encode()).hexdigest()
    return Invocation(
        id=f"timm-{identity[:8]}",
        started_at=UNKNOWN_DATE,
        command=shlex.join(("effprof", "import", "--format", SUITE, *options, name)),
        suite=SUITE,
        suite_hash=hashlib.sha256("\n".join(cell.key for cell in cells).encode()).hexdigest(),
        reference=REFERENCE,
        device=f"{origin.device}{PUBLISHED_MARK}",
        fingerprint=_fingerprint(name, origin),
        cells=cells,
        repeats=1,
        options=MeasureOptions(target_width=ANY_WIDTH, min_samples=1, min_seconds=0.0),
    )


def _fingerprint(name: str, origin: Origin) -> Fingerprint:
    recorded: Mapping[str, str | None] = {
        "torch": origin.torch,
        "cuda": origin.cuda,
        "file": name,
    }
    unknown = dict.fromkeys(("timm", "torchvision", "driver"), "the file does not tell")
    return Fingerprint(
        gating={
            "device": origin.device,
            "device kind": origin.device_kind,
            "host": HOST,
            "method": TIMM.method,
        },
        recorded={field: text for field, text in recorded.items() if text is not None},
        missing={"date": "the file does not tell; 1970-01-01 stands for it"} | unknown,
    )
