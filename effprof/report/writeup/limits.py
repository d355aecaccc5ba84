"""Limits: what was not measured, and what numbers rest on."""

from collections.abc import Iterator, Mapping

from effprof.core.machines import IDENTITY
from effprof.core.units import significant, times
from effprof.report.blocks import Block
from effprof.report.text import escape, listed
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.names import device_name
from effprof.study.coverage import Topic, untold
from effprof.study.repeatability import Repeatability, repeatability
from effprof.study.study import Study

#: What a reader may look for -> in words, and the command that would tell it.
NEEDS: Mapping[Topic, tuple[str, str]] = {
    "gpu": ("any speed on a GPU", "effprof run paper --gpu 0"),
    "training": ("training", "effprof run train --gpu 0"),
    "threads": ("more than one CPU thread", "effprof run cpu_threads --cpu"),
    "precisions": ("16-bit arithmetic", "effprof run first --cpu --precision amp-bf16"),
    "layouts": ("other layouts than nchw", "effprof run cpu_layout --cpu"),
    "compilation": ("compilation", "effprof run cpu_compile --cpu"),
    "CUDA graphs": ("CUDA graphs", "effprof run layout --gpu 0"),
    "gpu memory and energy": ("memory of a GPU, energy", "effprof run paper --gpu 0"),
}


_ONE_SPEED = (
    "Not by those quoted here: repeated processes. Published files hold one speed per network."
)


def unmeasured(basis: Basis) -> Iterator[Block]:
    """List what this project did not measure, with the commands that would, and what nobody did."""
    commands: dict[str, list[str]] = {}
    for topic in untold(basis.collection):
        words, command = NEEDS[topic]
        commands.setdefault(command, []).append(words)
    lines = [
        *(f"Not here: {listed(words)}. `{command}`" for command, words in commands.items()),
        *([_ONE_SPEED] if basis.quotations else []),
        "Only PyTorch was run. Other runtimes fold normalisation into convolutions, fuse more and "
        "compute in 8 bits; a server may not pay what is lost here.",
        "No accuracy was measured, no image was decoded unless a cell names a loader: input is "
        "random numbers in memory.",
    ]
    yield "\n".join(f"- {line}" for line in lines)


def limits(basis: Basis) -> Iterator[Block]:
    """Say what numbers rest on, and how far runs of one machine lie apart."""
    own = basis.collection.own
    devices = ", ".join(dict.fromkeys(escape(device_name(study)) for study in own))
    apart = repeatability(own)
    lines = [
        f"Every speed measured here is of {devices or 'no device'}; those marked (published) are "
        "of others. Another device may rank networks otherwise.",
        *map(_nameless, dict.fromkeys(device_name(each) for each in own if not _is_known(each))),
        *([_between_runs(apart)] if apart else []),
        "Intervals cover the spread of fresh processes on one machine, not that of machines.",
        "Each source of accuracies trained its networks in its own way.",
    ]
    yield "\n".join(f"- {line}" for line in lines)


def _is_known(study: Study) -> bool:
    """Whether a run recorded what kind of machine it was, beside the name of the device."""
    marks, wanted = study.run.invocation.fingerprint.gating, IDENTITY.get(study.device_kind)
    return wanted is None or any(field in marks for field in wanted)


def _nameless(device: str) -> str:
    return (
        f"{escape(device)}: some runs of it did not record which model of this maker it was, so "
        "that another machine of this name may be a different one."
    )


def _between_runs(found: Repeatability) -> str:
    """Tell how far the speeds of one cell differ between own runs of one machine."""
    worst = found.worst
    return (
        f"The same cell in another run on the same machine: {times(found.median, 3)} apart at "
        f"the median of {len(found.cells)} such cells, {times(worst.ratio)} at most "
        f"({escape(worst.cell.key)}: {significant(worst.slowest)} and "
        f"{significant(worst.fastest)} images/s); for {found.apart} of them the intervals do "
        "not overlap. Compare networks within a run."
    )
