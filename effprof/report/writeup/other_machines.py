"""Other machines: what the sections tell of the one with the most networks, of all others."""

from collections.abc import Iterator

from effprof.report.blocks import Block
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.equal_table import equal_blocks
from effprof.report.writeup.prediction import predicted
from effprof.report.writeup.what_to_do import picked


def other_machines(basis: Basis) -> Iterator[Block]:
    """Give networks of equal accuracy, the fastest ones, and how well FLOPs predict their time."""
    for told, blocks in list(equal_blocks(basis))[1:]:
        yield from blocks
        yield from picked(told)
        yield from predicted(basis, told)
