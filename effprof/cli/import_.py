"""`effprof import`: runs that were made elsewhere, and accuracies, into the store."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from effprof.cli.options import StoreOption, given
from effprof.cli.output import note
from effprof.core.accuracies import DATA_SET_IDS, DATA_SETS
from effprof.core.errors import BadInput, suggestion
from effprof.core.formats import FORMATS

if TYPE_CHECKING:
    from effprof.core.accuracies import AccuracyFile
    from effprof.core.runs import Run

T = TypeVar("T")


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
            " effprof, timm's benchmark.py (the published results/benchmark-*.csv), or timm's"
            " accuracies of its weights (the published results/results-*.csv), for effprof pick.",
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
        int | None, typer.Option(min=1, help="timm-benchmark: threads of a CPU; files do not say.")
    ] = None,
    data_set: Annotated[
        str | None,
        typer.Option(
            help="timm-accuracy: the data set, if the file's name does not say: "
            f"{', '.join(DATA_SET_IDS)}."
        ),
    ] = None,
    merge: Annotated[
        bool,
        typer.Option(
            "--merge", help="The files are all shards of one suite: store them as one run."
        ),
    ] = False,
    store: StoreOption = None,
) -> None:
    """Add runs or accuracies to the store: all files, or none when one is malformed."""
    told = {
        "device": device,
        "device_kind": device_kind,
        "mode": mode,
        "precision": precision,
        "memory_format": memory_format,
        "execution": execution,
        "torch": torch,
        "threads": threads,
        "data_set": data_set,
    }
    read = _reader(format_, given(told))
    if FORMATS[format_].holds == "accuracies":
        if merge:
            raise BadInput(f"--merge is for shards of a run; files of --format {format_} hold none")
        _keep_accuracies(_read_all(read, files), store)
    else:
        runs = _read_all(read, files)
        _keep_runs([_merged(runs)] if merge else runs, store)


def _read_all(read: Callable[[Path], T], files: Iterable[Path]) -> list[T]:
    """Read every file. Raises `BadInput` with what is wrong in all of them."""
    found = []
    problems = []
    for file in files:
        try:
            found.append(read(file))
        except BadInput as error:
            problems.append(str(error))
    if problems:
        raise BadInput("\n".join(problems))
    return found


def _keep_runs(runs: "Sequence[Run]", store: str | None) -> None:
    from effprof.store.store import open_store

    with open_store(store) as opened:
        new = opened.add_runs(runs)
    for run, added in zip(runs, new, strict=True):
        what = f"{len(run.repeats)} outcomes imported" if added else "already there"
        note(f"run {run.invocation.id}: {what}")


def _keep_accuracies(files: "Sequence[AccuracyFile]", store: str | None) -> None:
    from effprof.store.store import open_store

    with open_store(store) as opened:
        new = opened.add_accuracies(files)
    for file, added in zip(files, new, strict=True):
        told = f"{len(file.evaluations)} evaluations of weights imported"
        note(
            f"{file.name} ({DATA_SETS[file.data_set].title}, git object {file.git_object[:12]}): "
            f"{told if added else 'already there'}"
        )


def _merged(shards: "list[Run]") -> "Run":
    from effprof.store.merge import merge_shards

    merged = merge_shards(shards)
    if merged.set_aside:
        note(
            f"{merged.set_aside} repeats of {merged.run.invocation.reference} were set aside: "
            "every shard measured it, and one shard's are kept"
        )
    return merged.run


def _reader(name: str, told: dict[str, Any]) -> Callable[[Path], Any]:
    from dataclasses import fields
    from functools import partial

    if name not in FORMATS:
        hint = suggestion(name, FORMATS)
        raise BadInput(f"--format: {name!r} is not one of {', '.join(FORMATS)}{hint}")
    found = FORMATS[name]
    reader: Callable[..., Any] = _named(found.reader)
    told_of = _named(found.told) if found.told else None  # its files tell less than is needed
    known = {field.name for field in fields(told_of)} if told_of else set()
    if odd := [option for option in told if option not in known]:
        flags = ", ".join(f"--{option.replace('_', '-')}" for option in odd)
        raise BadInput(f"{flags}: files of --format {name} do not need that told; leave it out")
    return partial(reader, told=told_of(**told)) if told_of else reader


def _named(place: str) -> Any:  # noqa: ANN401  # whatever stands there
    from importlib import import_module

    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
