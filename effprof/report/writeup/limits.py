"""The end of the write-up: what rests on what, what nobody measured, how to rebuild it."""

from collections.abc import Callable, Iterator

import pandas as pd

from effprof.core.units import MISSING, significant, times
from effprof.report.text import code, escape, table
from effprof.report.writeup.book import Book

#: What a reader may look for -> whether a run tells it, and the command that would.
NEEDS: dict[str, tuple[Callable[[Book], bool], str]] = {
    "any speed on a GPU": (
        lambda book: any(chapter.kind == "cuda" for chapter in book.own),
        "effprof run paper --gpu 0",
    ),
    "training": (
        lambda book: any((chapter.page.shown["mode"] == "train").any() for chapter in book.own),
        "effprof run train --gpu 0",
    ),
    "more than one CPU thread": (
        lambda book: any((chapter.page.shown["threads"] > 1).any() for chapter in book.own),
        "effprof run quick --cpu --threads 1,4",
    ),
    "memory of a GPU, energy": (
        lambda book: any(
            chapter.page.shown["joules_per_image"].notna().any() for chapter in book.own
        ),
        "effprof run paper --gpu 0",
    ),
    "layouts, compilation, CUDA graphs": (
        lambda book: any(
            chapter.page.shown[axis].nunique() > 1
            for chapter in book.own
            for axis in ("memory_format", "execution")
        ),
        "effprof run layout --gpu 0",
    ),
}


def limits(book: Book) -> str:
    """List what was not measured with the command that would, and what numbers rest on."""
    lacking = {name: command for name, (told, command) in NEEDS.items() if not told(book)}
    lines = [f"- Not measured: {name}. `{command}`" for name, command in lacking.items()]
    devices = ", ".join(dict.fromkeys(escape(chapter.device) for chapter in book.own))
    lines += [
        f"- Every speed measured here is of {devices or 'no device'}; those marked (published) are "
        "of others. Another device may rank networks otherwise.",
        "- Only PyTorch was run. Other runtimes fold normalisation into convolutions, fuse more "
        "and compute in 8 bits, so that a server may not pay what is lost here.",
        *_between_runs(book),
        "- Input is random numbers in memory, without decoding or loading images, unless a cell "
        "names a loader.",
        "- Accuracy is quoted from publications, and each source trained its networks in its own "
        "way.",
        "- Intervals cover the spread of fresh processes on one machine, not that of machines.",
    ]
    return "\n".join(lines)


def runs(book: Book) -> str:
    """Table of all runs with device, date, size, command and page."""
    chapters = book.chapters
    if not chapters:
        return ""
    invocations = [chapter.page.run.invocation for chapter in chapters]
    cells = {
        "run": [chapter.linked for chapter in chapters],
        "device": [escape(chapter.device) for chapter in chapters],
        "taken": [each.started_at[:10] for each in invocations],
        "torch": [escape(each.fingerprint.recorded.get("torch", MISSING)) for each in invocations],
        "command": [
            "; ".join(code(_plain(line)) for line in each.command.splitlines())
            for each in invocations
        ],
        "cells": [str(len(each.cells)) for each in invocations],
        "processes a cell": [str(each.repeats) for each in invocations],
        "file": [code(chapter.source.origin) for chapter in chapters],
    }
    quoted = "\n".join(
        f"- {code(command)}, told by {code(quotation.file)}"
        for quotation in book.quotations
        for command in quotation.commands
    )
    others = f"Files of others, as they were read:\n\n{quoted}" if quoted else ""
    return "\n\n".join(filter(None, (table(cells, left=5), others, _REBUILD)))


def _between_runs(book: Book) -> Iterator[str]:
    """Tell how far the speeds of one cell differ between own runs of one gating fingerprint."""
    frames = [
        chapter.page.shown.assign(place=chapter.gating).reset_index(names="cell")
        for chapter in book.own
    ]
    if not frames:
        return
    rows = pd.concat(frames, ignore_index=True)
    rows = rows[rows["valid"]].dropna(subset=["images_per_second"])
    cells = rows.groupby(["place", "cell"]).agg(
        runs=("images_per_second", "size"),
        slowest=("images_per_second", "min"),
        fastest=("images_per_second", "max"),
        least_high=("images_per_second_high", "min"),
        most_low=("images_per_second_low", "max"),
    )
    cells = cells[cells["runs"] > 1]
    if cells.empty:
        return
    ratios = cells["fastest"] / cells["slowest"]
    worst = cells.loc[ratios.idxmax()]
    apart = int((cells["least_high"] < cells["most_low"]).sum())
    yield (
        f"- The same cell in another run on the same machine: {times(ratios.median(), 3)} apart at "
        f"the median of {len(cells)} such cells, {times(ratios.max())} at most "
        f"({escape(str(ratios.idxmax()[1]))}: {significant(worst['slowest'])} and "
        f"{significant(worst['fastest'])} images/s); of {apart} the intervals do not meet. "
        "Compare networks within a run."
    )


_REBUILD = (
    "This page is written by `effprof writeup`, from these files alone; every number in it is "
    "computed. The same command rebuilds the page of every run."
)

#: Options of a command that say where things were kept, not what was measured.
_PLACES = ("--store", "--out")


def _plain(command: str) -> str:
    """Write a command without the places of its store and its pages.

    >>> _plain("effprof run cpu --cpu --store sqlite:////tmp/a.sqlite --out /tmp/b")
    'effprof run cpu --cpu'
    """
    words = command.split()
    kept: list[str] = []
    for before, word in zip(["", *words], words, strict=False):
        if not word.startswith(_PLACES) and before not in _PLACES:
            kept.append(word)
    return " ".join(kept)
