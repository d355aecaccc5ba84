"""Limits: what nobody measured, and what numbers rest on."""

from collections.abc import Iterator, Mapping

from effprof.core.units import significant, times
from effprof.report.blocks import Block
from effprof.report.text import escape
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.names import device_name
from effprof.study.coverage import Topic, untold
from effprof.study.repeatability import Repeatability, repeatability

#: What a reader may look for -> in words, and the command that would tell it.
NEEDS: Mapping[Topic, tuple[str, str]] = {
    "gpu": ("any speed on a GPU", "effprof run paper --gpu 0"),
    "training": ("training", "effprof run train --gpu 0"),
    "threads": ("more than one CPU thread", "effprof run cpu_threads --cpu"),
    "gpu memory and energy": ("memory of a GPU, energy", "effprof run paper --gpu 0"),
    "configurations": ("layouts, compilation, CUDA graphs", "effprof run layout --gpu 0"),
}


def limits(basis: Basis) -> Iterator[Block]:
    """List what was not measured with the command that would, and what numbers rest on."""
    own = basis.collection.own
    devices = ", ".join(dict.fromkeys(escape(device_name(study)) for study in own))
    apart = repeatability(own)
    lines = [
        *("Not measured: {}. `{}`".format(*NEEDS[topic]) for topic in untold(basis.collection)),
        f"Every speed measured here is of {devices or 'no device'}; those marked (published) are "
        "of others. Another device may rank networks otherwise.",
        "Only PyTorch was run. Other runtimes fold normalisation into convolutions, fuse more "
        "and compute in 8 bits, so that a server may not pay what is lost here.",
        *([_between_runs(apart)] if apart else []),
        "Input is random numbers in memory, without decoding or loading images, unless a cell "
        "names a loader.",
        "Accuracy is quoted from publications, and each source trained its networks in its own "
        "way.",
        "Intervals cover the spread of fresh processes on one machine, not that of machines.",
    ]
    yield "\n".join(f"- {line}" for line in lines)


def _between_runs(found: Repeatability) -> str:
    """Tell how far the speeds of one cell differ between own runs of one machine."""
    worst = found.worst
    return (
        f"The same cell in another run on the same machine: {times(found.median, 3)} apart at "
        f"the median of {len(found.cells)} such cells, {times(worst.ratio)} at most "
        f"({escape(worst.cell.key)}: {significant(worst.slowest)} and "
        f"{significant(worst.fastest)} images/s); of {found.apart} the intervals do not meet. "
        "Compare networks within a run."
    )
