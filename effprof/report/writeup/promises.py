"""Promises: what was counted of the networks and quoted of their accuracy."""

from collections.abc import Iterator

from effprof.core.units import si, significant
from effprof.report.accuracy import KINDS, Quotes, top1_field
from effprof.report.blocks import Block
from effprof.report.tables.table import Column, Field, Table
from effprof.report.writeup.basis import Basis
from effprof.study.results import Result

_PROMISED = (
    "Fewer FLOPs (two per multiply-accumulate, MAC) should mean less time. `promise` is the FLOPs "
    "of the reference over those of the network: the speed-up if FLOPs were all that counts. "
    "`acts` are the numbers that convolutions and matrix products write. Top-1 is ImageNet "
    "accuracy in per cent, quoted and never measured here: of the paper, and of the best weights "
    "one would load today, trained on ImageNet-1k alone; a network run at another size than it is "
    "quoted for has none."
)


def promised(basis: Basis) -> Iterator[Block]:
    """Table of what was counted and quoted, once per network, from the first run that has it."""
    networks = basis.collection.networks
    if not networks:
        return
    quotes, weights = Quotes(), basis.collection.weights
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
