"""The list of runs: where each comes from, its command, and how to rebuild the write-up."""

from collections.abc import Iterator
from operator import attrgetter

from effprof.core.runs import Invocation
from effprof.report.blocks import Block
from effprof.report.tables.cells import Code, Phrase
from effprof.report.tables.table import Column, Field, Table
from effprof.report.text import code
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.names import device_name
from effprof.report.writeup.source import Source


def runs(basis: Basis) -> Iterator[Block]:
    """Table of all runs with device, date, size, command and page."""
    if not basis.sources:
        return
    yield Table.of(_RUNS, basis.sources)
    quoted = [
        f"- {code(command)}, told by {code(quotation.file)}"
        for quotation in basis.quotations
        for command in quotation.commands
    ]
    if quoted:
        yield "Files of others, as they were read:"
        yield "\n".join(quoted)
    yield _REBUILD


def _asked(source: Source) -> Invocation:
    return source.study.run.invocation


_RUNS: tuple[Field[Source], ...] = (
    Field(Column.words("run"), attrgetter("cell")),
    Field(Column.words("device"), lambda source: device_name(source.study)),
    Field(Column.words("taken"), lambda source: _asked(source).started_at[:10]),
    Field(Column.words("torch"), lambda source: _asked(source).fingerprint.recorded.get("torch")),
    Field(
        Column.words("command"),
        lambda source: Phrase(
            tuple(Code(_plain(line)) for line in _asked(source).command.splitlines()), "; "
        ),
    ),
    Field(Column("cells"), lambda source: len(_asked(source).cells)),
    Field(Column("processes a cell"), lambda source: _asked(source).repeats),
    Field(Column("file"), lambda source: Code(source.origin)),
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
