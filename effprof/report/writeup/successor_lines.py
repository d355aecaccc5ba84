"""Successors: each network of V2 over the one of V1 that is as accurate."""

from collections.abc import Iterator

from effprof.core.units import estimate_text, times
from effprof.report.blocks import Block
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.names import title, where
from effprof.report.writeup.quotations import quoted_lines
from effprof.study.collection import RunSetting
from effprof.study.successors import ELDER, YOUNGER, Successor, successors

#: The claim whose quoted quantities tell of V2 on devices that were not measured here.
SUCCESSOR_CLAIM = "C23"


def successor(basis: Basis) -> Iterator[Block]:
    """Compare each network of V2 with the one of V1 whose quoted accuracy is nearest."""
    told = [
        _succeeded(each, found)
        for each in basis.collection.settings
        for found in successors(each.setting)
    ]
    lines = [f"- {line}" for line in (*told, *quoted_lines(basis, SUCCESSOR_CLAIM))]
    yield "\n".join(lines) or (
        f"Not measured: no run here has a network of {YOUNGER} beside one of {ELDER}. "
        "`effprof run cpu --cpu` and `effprof run paper --gpu 0` would tell."
    )


def _succeeded(told: RunSetting, found: Successor) -> str:
    own, elder, ratios = found.network, found.elder, found.ratios
    return (
        f"{where(told, own.result.batch_size)}: "
        f"{title(own.result)} (quoted top-1 {own.top1:.1f} %) has "
        f"{times(ratios.of('flops'))} the FLOPs of {title(elder.result)} "
        f"({elder.top1:.1f} %) and is {estimate_text(ratios.speed, 'x')} as fast "
        f"(n = {ratios.processes}): {times(ratios.flops_per_second)} the FLOPs a second."
    )
