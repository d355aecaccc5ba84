"""Promises: what was counted of the networks and quoted of their accuracy."""

from collections.abc import Iterator

from effprof.core.units import si, significant
from effprof.report.accuracy import KINDS, Quotes, top1_field
from effprof.report.blocks import Block
from effprof.report.tables.table import Column, Field, Table
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.equal_table import equal_tables
from effprof.study.results import Result

_PROMISED = (
    "`promise`: FLOPs (two per multiply-accumulate, MAC) of the reference over those of the "
    "network. `acts`: numbers that convolutions and matrix products write. Top-1 as in "
    "[the table at equal accuracy](#at-equal-accuracy); a network run at another size than it is "
    "quoted for has none."
)


def promised(basis: Basis) -> Iterator[Block]:
    """Table of what was counted and quoted, once per network, and who quotes every accuracy."""
    networks = basis.collection.networks
    if not networks:
        return
    quotes, weights = Quotes(), basis.collection.weights
    # Sources are numbered as in the tables at equal accuracy, and on from there.
    list(equal_tables(basis, quotes))
    quoted = (top1_field(kind, weights, quotes, same_size=True) for kind in KINDS)
    table = Table.of((*_COUNTED, *quoted, _PROMISE), networks)
    yield from (_PROMISED, table, quotes.legend())


_COUNTED: tuple[Field[Result], ...] = (
    Field(Column("network", align="left"), lambda each: each.label.partition("@")[0]),
    Field(Column.of("resolution"), lambda each: each.resolution),
    Field(Column("parameters", write=si), lambda each: each.params),
    Field(Column("GMACs", write=lambda macs: significant(macs / 1e9)), lambda each: each.macs),
    Field(Column.of("activations"), lambda each: each.activations),
)
_PROMISE: Field[Result] = Field(Column.of("promise"), lambda each: each.promise)
