"""Arrivals: per device and way of running, what arrives of the promise."""

from collections.abc import Iterator

from effprof.core.units import percent
from effprof.report.blocks import Block
from effprof.report.tables.table import Column, Field, Table
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.names import where
from effprof.report.writeup.quotations import others_measured
from effprof.study.results import Result
from effprof.study.setting import arrived_of, promise_of


def arrives(basis: Basis) -> Iterator[Block]:
    """One table per device and way of running: promise, realised speed-up, and what arrives."""
    told = [each for each in basis.collection.settings if each.told]
    yield _ARRIVES if told else "Nothing was measured yet."
    for each in told:
        yield f"{where(each)}, run {basis.linked(each)}:"
        yield Table.of(_ARRIVED, each.told)
        yield basis.picture("promise", each)
    yield from others_measured(basis)


_ARRIVED: tuple[Field[Result], ...] = (
    Field(Column("network", align="left"), lambda each: each.label),
    Field(Column.of("batch_size"), lambda each: each.batch_size),
    Field(Column.of("promise"), lambda each: each.promise),
    Field(Column.of("realised"), lambda each: each.realised),
    Field(
        Column("arrives", write=percent),
        lambda each: arrived_of(each) if promise_of(each) > 1 else None,
    ),
    Field(Column("pace"), lambda each: each.regime),
    Field(Column.of("repeats"), lambda each: each.repeats),
)

_ARRIVES = (
    "`realised` is the measured speed-up over the reference with its 95 % interval over n fresh "
    "processes; `arrives` is realised over promise, where a speed-up is promised. After the "
    "networks of the family stand rivals of about as many FLOPs. `pace` says which bound is the "
    "larger at the bandwidth of every level of memory: arithmetic (compute-bound) or moving "
    "numbers (memory-bound); *not told* where levels disagree, or else that the time between "
    "operators sets the pace (launch-bound on a GPU, framework-bound on a CPU). Kernels may be far "
    "above either bound. It takes a profile to tell. "
    "`fp32`: 32-bit arithmetic, `amp-fp16`: 16-bit where that is safe; `nchw` and `nhwc`: order of "
    "an image in memory; `eager`: operator by operator, `compile`: fused by torch.compile."
)
