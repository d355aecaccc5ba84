"""Coverage: what a reader may look for, and whether any run of a collection tells it."""

from collections.abc import Callable, Mapping
from typing import Literal

from effprof.study.collection import Collection
from effprof.study.results import Result, known
from effprof.study.study import Study

#: What a reader may look for, by id.
Topic = Literal[
    "gpu",
    "training",
    "threads",
    "precisions",
    "layouts",
    "compilation",
    "CUDA graphs",
    "gpu memory and energy",
]

#: Topic -> whether a run of one's own tells it, by its valid results.
_TELLS: Mapping[Topic, Callable[[Study, list[Result]], bool]] = {
    "gpu": lambda study, _: study.device_kind == "cuda",
    "training": lambda _, there: any(each.mode == "train" for each in there),
    "threads": lambda _, there: any(each.threads > 1 for each in there),
    "precisions": lambda _, there: any(each.precision != "fp32" for each in there),
    "layouts": lambda _, there: len({each.memory_format for each in there}) > 1,
    "compilation": lambda _, there: any(each.execution == "compile" for each in there),
    "CUDA graphs": lambda _, there: any(each.execution == "cudagraph" for each in there),
    "gpu memory and energy": lambda _, there: any(
        known(each.joules_per_image) is not None for each in there
    ),
}

#: Kinds of devices that people ask about.
DEVICE_KINDS = ("cpu", "cuda")


def untold(collection: Collection) -> tuple[Topic, ...]:
    """List the topics that no run of one's own tells."""
    own = [(study, [each for each in study.results if each.valid]) for study in collection.own]
    return tuple(name for name, tells in _TELLS.items() if not any(tells(*pair) for pair in own))


def unmeasured_kinds(collection: Collection) -> tuple[str, ...]:
    """List the kinds of devices that no run of one's own is of."""
    measured = {study.device_kind for study in collection.own}
    return tuple(kind for kind in DEVICE_KINDS if kind not in measured)
