"""The list of runs: where each comes from, its command, and how to rebuild the write-up."""

from collections.abc import Iterator

from effprof.core.units import MISSING
from effprof.report.blocks import Block
from effprof.report.text import code, escape, table
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.names import device_name


def runs(basis: Basis) -> Iterator[Block]:
    """Table of all runs with device, date, size, command and page."""
    if not basis.sources:
        return
    yield _runs(basis)
    quoted = [
        f"- {code(command)}, told by {code(quotation.file)}"
        for quotation in basis.quotations
        for command in quotation.commands
    ]
    if quoted:
        yield "Files of others, as they were read:"
        yield "\n".join(quoted)
    yield _REBUILD


def _runs(basis: Basis) -> str:
    # Links and several commands are Markdown, and a table of values has none in its cells.
    there = [source.study.run.invocation for source in basis.sources]
    return table(
        {
            "run": [source.linked for source in basis.sources],
            "device": [escape(device_name(source.study)) for source in basis.sources],
            "taken": [each.started_at[:10] for each in there],
            "torch": [escape(each.fingerprint.recorded.get("torch", MISSING)) for each in there],
            "command": [
                "; ".join(code(_plain(line)) for line in each.command.splitlines())
                for each in there
            ],
            "cells": [str(len(each.cells)) for each in there],
            "processes a cell": [str(each.repeats) for each in there],
            "file": [code(source.origin) for source in basis.sources],
        },
        left=5,
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
