"""`effprof import`: runs that were exported elsewhere, into the store."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from effprof.cli.options import StoreOption
from effprof.cli.output import note
from effprof.core.errors import BadInput, suggestion
from effprof.core.formats import FORMATS

if TYPE_CHECKING:
    from effprof.core.runs import Run


def import_(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE", help="Files that effprof export, pytest-benchmark or timm wrote."
        ),
    ],
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="|".join(FORMATS),
            help="What wrote the files: effprof export, pytest --benchmark-json with the fixture"
            " effprof, or timm's benchmark.py (the published results/benchmark-*.csv).",
        ),
    ] = "effprof",
    device: Annotated[
        str | None,
        typer.Option(
            help="timm-benchmark: what was measured. This and what follows is taken from the"
            " file's name where it is not given."
        ),
    ] = None,
    device_kind: Annotated[str | None, typer.Option(help="timm-benchmark: cpu or cuda.")] = None,
    mode: Annotated[str | None, typer.Option(help="timm-benchmark: infer or train.")] = None,
    precision: Annotated[
        str | None, typer.Option(help="timm-benchmark: fp32, tf32, amp-fp16 or amp-bf16.")
    ] = None,
    memory_format: Annotated[str | None, typer.Option(help="timm-benchmark: nchw or nhwc.")] = None,
    execution: Annotated[str | None, typer.Option(help="timm-benchmark: eager or compile.")] = None,
    torch: Annotated[str | None, typer.Option(help="timm-benchmark: torch's version.")] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="timm-benchmark: threads of a CPU; no file tells it.")
    ] = None,
    merge: Annotated[
        bool,
        typer.Option(
            "--merge", help="The files are all shards of one suite: store them as one run."
        ),
    ] = False,
    store: StoreOption = None,
) -> None:
    """Add exported runs to the store: all of them, or none when a file is malformed."""
    from effprof.store.store import open_store

    told = {
        "device": device,
        "device_kind": device_kind,
        "mode": mode,
        "precision": precision,
        "memory_format": memory_format,
        "execution": execution,
        "torch": torch,
        "threads": threads,
    }
    read = _reader(format_, {name: value for name, value in told.items() if value is not None})
    runs = []
    problems = []
    for file in files:
        try:
            runs.append(read(file))
        except BadInput as error:
            problems.append(str(error))
    if problems:
        raise BadInput("\n".join(problems))
    if merge:
        runs = [_merged(runs)]
    with open_store(store) as opened:
        new = opened.add_runs(runs)
    for run, added in zip(runs, new, strict=True):
        what = f"{len(run.repeats)} outcomes imported" if added else "already there"
        note(f"run {run.invocation.id}: {what}")


def _merged(shards: "list[Run]") -> "Run":
    from effprof.store.merge import merge_shards

    merged = merge_shards(shards)
    if merged.set_aside:
        note(
            f"{merged.set_aside} repeats of {merged.run.invocation.reference} were set aside: "
            "every shard measured it, and one shard's are kept"
        )
    return merged.run


def _reader(name: str, told: dict[str, Any]) -> "Callable[[Path], Run]":
    from functools import partial

    if name not in FORMATS:
        hint = suggestion(name, FORMATS)
        raise BadInput(f"--format: {name!r} is not one of {', '.join(FORMATS)}{hint}")
    found = FORMATS[name]
    reader: Callable[..., Run] = _named(found.reader)
    if found.told:  # its files tell less than a run needs
        return partial(reader, told=_named(found.told)(**told))
    if told:
        flags = ", ".join(f"--{option.replace('_', '-')}" for option in told)
        raise BadInput(f"{flags}: files of --format {name} tell that themselves; leave it out")
    return reader


def _named(place: str) -> Any:  # noqa: ANN401  # whatever stands there
    from importlib import import_module

    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
