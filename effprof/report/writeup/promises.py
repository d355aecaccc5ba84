"""Promises: what was counted of the networks and quoted of their accuracy."""

from collections.abc import Iterator

from effprof.core.units import si, significant
from effprof.report.blocks import Block
from effprof.report.tables.cells import Cell, Mark, Marked
from effprof.report.tables.table import Column, Field, Table
from effprof.report.text import escape
from effprof.report.writeup.basis import Basis
from effprof.study.quoted_networks import quoted_networks
from effprof.study.results import Result

_PROMISED = (
    "Fewer FLOPs (two per multiply-accumulate, MAC) should mean less time. `promise` is the FLOPs "
    "of the reference over those of the network: the speed-up if FLOPs were all that counts. "
    "`acts` are the numbers that convolutions write. Top-1 is ImageNet accuracy in per cent as "
    "quoted from the source, never measured here; a network run at another size than it is quoted "
    "for has none."
)


def promised(basis: Basis) -> Iterator[Block]:
    """Table of what was counted and quoted, once per network, from the first run that has it."""
    networks = basis.collection.networks
    if not networks:
        return
    marks: dict[str, Mark] = {}
    quoted: Field[Result] = Field(_TOP1, lambda each: _quoted(each, marks))
    table = Table.of((*_COUNTED, quoted, _PROMISE), networks)
    legend = "; ".join(f"{mark.sign.strip()} {escape(mark.meaning)}" for mark in table.marks)
    yield from (_PROMISED, table, f"Top-1 from: {legend or 'nowhere'}.")


_COUNTED: tuple[Field[Result], ...] = (
    Field(Column("network", align="left"), lambda each: each.label.partition("@")[0]),
    Field(Column.of("resolution"), lambda each: each.resolution),
    Field(Column("parameters", write=si), lambda each: each.params),
    Field(Column("GMACs", write=lambda macs: significant(macs / 1e9)), lambda each: each.macs),
    Field(Column.of("activations"), lambda each: each.activations),
)
_TOP1 = Column("top-1", write="{:.1f}".format)
_PROMISE: Field[Result] = Field(Column.of("promise"), lambda each: each.promise)


def _quoted(result: Result, marks: dict[str, Mark]) -> Cell:
    """Give the quoted accuracy with the mark of its source, which is added where it is new."""
    for found in quoted_networks([result]):
        source = found.accuracy.source
        return Marked(found.top1, marks.setdefault(source, Mark(f" ({len(marks) + 1})", source)))
    return None
