"""`effprof cost`: what is known of a model without running it, and without a device."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, cast

import typer

from effprof.cli import completion
from effprof.cli.options import in_forms
from effprof.cli.output import Form, answer_json, answer_tables, note, tell
from effprof.core.errors import BadInput

if TYPE_CHECKING:
    from effprof.core.cells import Mode
    from effprof.core.costs import Cost, StaticCost
    from effprof.cost import CountedModel
    from effprof.report.tables.table import Table


@dataclass(frozen=True, slots=True)
class _Request:
    """What is counted of every model, read from the options."""

    resolution: str | int
    mode: Mode
    batch_size: int
    dtype: str


@in_forms()
def cost(
    model: Annotated[
        list[str],
        typer.Argument(
            help="Models: timm, torchvision or module:name.", autocompletion=completion.models
        ),
    ],
    resolution: Annotated[
        str, typer.Option(help="native (the library's), paper (the publication's), or pixels.")
    ] = "paper",
    by: Annotated[str, typer.Option(help="Split the totals by role or by module.")] = "role",
    mode: Annotated[str, typer.Option(help="infer (forward) or train (a whole step).")] = "infer",
    batch_size: Annotated[str, typer.Option(help="Images per step.")] = "1",
    precision: Annotated[str, typer.Option(help="Sets the width of the bytes moved.")] = "fp32",
    depth: Annotated[int, typer.Option(help="Levels of the module tree of --by module.")] = 1,
    *,
    form: Form,
) -> None:
    """Count parameters, MACs, activations and bytes, and say what FLOPs leave out."""
    options = {"--resolution": resolution, "--mode": mode, "--batch-size": batch_size}
    request = _read(options | {"--precision": precision}, by, depth)
    # Stdout is for answers: what a model prints goes with the messages.
    with redirect_stdout(sys.stderr):
        counted = [_count(name, request) for name in _resolved(model)]
    split: Callable[[CountedModel], dict[str, Cost]] = _SPLITS[by](depth)
    if form == "json":
        answer_json(
            counter=counted[0].static.counter,
            conventions=CONVENTIONS,
            rows=[_row(one, by, split(one)) for one in counted],
        )
        return
    sizes = {one.static.resolution for one in counted}
    if len(sizes) > 1:
        listed = ", ".join(map(str, sorted(sizes)))
        note(f"sizes differ ({listed} px): compare models at equal size or as published, not both")
    answer_tables(
        [
            _totals_table([one.static for one in counted]),
            *(_split_table(one.static, by, split(one)) for one in counted),
        ],
        form,
    )
    tell("", form)
    for one in counted:
        named = f"{one.static.model}: " if len(counted) > 1 else ""
        for line in (coverage(one.static), *reservations(one.static)):
            tell(f"{named}{line}", form)
    tell(f"counter: {counted[0].static.counter}; {CONVENTIONS}", form)


#: What the numbers mean, wherever they are shown.
CONVENTIONS = (
    "FLOPs = 2 x MACs of convolutions and matrix products; activations = their outputs;"
    " bytes = unfused reads + writes of every operator"
)

#: How a total is split: --by word -> depth -> the parts of one counted model.
_SPLITS: dict[str, Callable[[int], Callable[[CountedModel], dict[str, Cost]]]] = {
    "role": lambda _: lambda counted: counted.static.by_role,
    "module": lambda depth: lambda counted: _by_module(counted, depth),
}

_AXIS_OF_OPTION = {
    "--resolution": "resolution",
    "--mode": "mode",
    "--batch-size": "batch_size",
    "--precision": "precision",
}


def _read(options: dict[str, str], by: str, depth: int) -> _Request:
    """Read the options; raises `BadInput` with every problem, one a line."""
    from effprof.core.axes import AXES
    from effprof.core.costs import DTYPE_OF_PRECISION
    from effprof.core.errors import suggestion

    values: dict[str, str | int] = {}
    problems = []
    for flag, text in options.items():
        try:
            values[flag] = AXES[_AXIS_OF_OPTION[flag]].read(text)
        except BadInput as error:
            problems.append(f"{flag}: {error}")
    if by not in _SPLITS:
        hint = suggestion(by, _SPLITS)
        problems.append(f"--by: {by!r} is not one of {', '.join(_SPLITS)}{hint}")
    if depth < 1:
        problems.append(f"--depth: {depth} is not a number of levels; give 1 or more")
    if problems:
        raise BadInput("\n".join(problems))
    return _Request(
        resolution=values["--resolution"],
        mode=cast("Mode", values["--mode"]),
        batch_size=int(values["--batch-size"]),
        dtype=DTYPE_OF_PRECISION[str(values["--precision"])],
    )


def _resolved(names: list[str]) -> list[str]:
    """Canonical names, each once; raises `BadInput` naming every unknown model."""
    from effprof.models.build import canonical_name

    known: dict[str, None] = {}
    problems = []
    for name in names:
        try:
            known[canonical_name(name)] = None
        except BadInput as error:
            problems.append(str(error))
    if problems:
        raise BadInput("\n".join(problems))
    return list(known)


def _count(name: str, request: _Request) -> CountedModel:
    from effprof.cost import count_model

    size = _pixels(name, request.resolution)
    return count_model(name, size, request.mode, request.batch_size, request.dtype)


def _pixels(name: str, wanted: str | int) -> int:
    from effprof.models.build import native_resolution, paper_resolution

    if isinstance(wanted, int):
        return wanted
    published = paper_resolution(name) if wanted == "paper" else None
    if published is not None:
        return published
    native = native_resolution(name)
    if wanted == "paper":
        note(f"{name}: no published resolution is known; counted at its native {native}")
    return native


def _by_module(counted: CountedModel, depth: int) -> dict[str, Cost]:
    from effprof.cost import by_module

    return by_module(counted.ops, depth)


def coverage(cost: StaticCost) -> str:
    """One line: which operators FLOPs leave out, and their share of the bytes.

    Operators below a tenth of a per cent of the bytes are only counted.
    """
    from effprof.core.units import percent

    moved = cost.total.bytes_moved
    shares = {op: part.bytes_moved / moved for op, part in cost.uncounted.items()}
    named = [f"{op} {percent(share)}" for op, share in shares.items() if share >= SMALL_SHARE]
    small = len(shares) - len(named)
    rest = [f"{small} more under {percent(SMALL_SHARE, digits=1)} each"] if small else []
    calls = sum(part.ops for part in cost.uncounted.values())
    return (
        f"FLOPs score {calls} of {cost.total.ops} operators zero; these move"
        f" {percent(sum(shares.values()))} of the bytes: {', '.join([*named, *rest])}"
    )


#: Share of the bytes below which an operator is not named in the coverage line.
SMALL_SHARE = 0.001


def reservations(cost: StaticCost) -> tuple[str, ...]:
    """Say what the totals lack, and that they were not told by shapes alone, where that is so."""
    lacks = "; ".join(f"{op} ({why})" for op, why in cost.unknown.items())
    said = {
        "the MACs are without those of": lacks,
        "computed on this CPU, for shapes did not tell:": cost.computed,
    }
    return tuple(f"{begin} {why}" for begin, why in said.items() if why)


def _totals_table(costs: list[StaticCost]) -> Table:
    from effprof.core.units import byte_size, si
    from effprof.report.tables.table import Column, Field, Table

    first, finely = costs[0], partial(si, digits=4)
    fields: tuple[Field[StaticCost], ...] = (
        Field(Column.words("model"), lambda one: one.model),
        Field(Column.of("resolution", "{} px".format), lambda one: one.resolution),
        Field(Column.of("params"), lambda one: one.parameters),
        Field(Column("GMACs", write=_giga, names=("macs",)), lambda one: one.total.macs),
        Field(Column("GFLOPs", write=_giga, names=("flops",)), lambda one: one.total.flops),
        Field(Column("activations", write=finely), lambda one: one.activations),
        Field(Column("bytes moved", write=byte_size), lambda one: one.total.bytes_moved),
        Field(Column("FLOP/byte", rank=1), lambda one: one.total.arithmetic_intensity),
    )
    title = f"static cost of one step: {first.mode}, batch {first.batch_size}, {first.dtype}"
    return Table.of(fields, costs, title)


def _giga(count: float) -> str:
    return f"{count / 1e9:.4f}"


def _split_table(static: StaticCost, by: str, parts: dict[str, Cost]) -> Table:
    from effprof.core.units import byte_size, percent, si
    from effprof.report.tables.table import Column, Field, Table

    total = static.total
    fields: tuple[Field[tuple[str, Cost]], ...] = (
        Field(Column.words(by), lambda part: part[0] or MODEL_ITSELF),
        Field(Column("ops"), lambda part: part[1].ops),
        Field(Column("MACs", write=si), lambda part: part[1].macs),
        Field(Column("of MACs", write=percent), lambda part: _share(part[1].macs, total.macs)),
        Field(Column("activations", write=si, rank=1), lambda part: part[1].activations),
        Field(Column("bytes", write=byte_size), lambda part: part[1].bytes_moved),
        Field(
            Column("of bytes", write=percent),
            lambda part: _share(part[1].bytes_moved, total.bytes_moved),
        ),
        Field(Column("FLOP/byte", rank=2), lambda part: part[1].arithmetic_intensity),
    )
    title = f"{static.model} @ {static.resolution} px by {by}"
    return Table.of(fields, parts.items(), title)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


#: Label of operators that no submodule calls: the model's own forward, loss and optimizer.
MODEL_ITSELF = "(the model itself)"


def _row(counted: CountedModel, by: str, parts: dict[str, Cost]) -> dict[str, object]:
    """One model as JSON; its numbers are those of one step of the whole batch."""
    static = counted.static
    return {
        "model": static.model,
        "resolution": static.resolution,
        "mode": static.mode,
        "batch_size": static.batch_size,
        "dtype": static.dtype,
        "params": static.parameters,
        "step": _numbers(static.total),
        f"by_{by}": {name: _numbers(part) for name, part in parts.items()},
        "by_phase": {name: _numbers(part) for name, part in static.by_phase.items()},
        "uncounted": {name: _numbers(part) for name, part in static.uncounted.items()},
        "unknown": static.unknown,
        "computed": static.computed or None,
    }


def _numbers(cost: Cost) -> dict[str, float | None]:
    return {
        "ops": cost.ops,
        "macs": cost.macs,
        "flops": cost.flops,
        "activations": cost.activations,
        "bytes_moved": cost.bytes_moved,
        "bytes_read": cost.bytes_read,
        "bytes_written": cost.bytes_written,
        "arithmetic_intensity": cost.arithmetic_intensity,
    }
