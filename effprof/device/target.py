"""Which device a run measures: asked for, found, and resolved once to a UUID."""

import os
from dataclasses import dataclass
from typing import Literal

from effprof.core.errors import BadInput, NoDevice
from effprof.device.machine import read_cpu


@dataclass(frozen=True, slots=True)
class Target:
    """The device of a run; `index` and `uuid` belong to a GPU, `why` says why it was taken."""

    kind: Literal["cpu", "cuda"]
    name: str
    why: str
    index: int | None = None
    uuid: str | None = None

    @property
    def line(self) -> str:
        """One line for people: what will be measured."""
        if self.kind == "cpu":
            return self.name
        return f"GPU {self.index} = {self.name}, {self.uuid}"

    @property
    def torch_name(self) -> str:
        """The name that torch knows the device by."""
        return "cpu" if self.kind == "cpu" else f"cuda:{self.index}"


@dataclass(frozen=True, slots=True)
class FoundGpus:
    """The GPUs that torch can use, or the reason why it can use none."""

    gpus: tuple[Target, ...]
    reason: str | None


def find_gpus() -> FoundGpus:
    """Ask torch for its GPUs. Initialises CUDA: call it in a worker, never in the parent."""
    import torch

    if torch.version.cuda is None:
        return FoundGpus((), f"this torch ({torch.__version__}) was built without CUDA")
    if os.environ.get("CUDA_VISIBLE_DEVICES", "unset") in {"", "-1"}:
        return FoundGpus((), "CUDA_VISIBLE_DEVICES is empty")
    try:
        torch.cuda.init()
    except Exception as error:  # noqa: BLE001  # whatever CUDA says is the reason to print
        return FoundGpus((), " ".join(str(error).split()).partition(". ")[0])
    gpus = []
    for index in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(index)
        gpus.append(Target("cuda", properties.name, "asked for", index, f"GPU-{properties.uuid}"))
    return FoundGpus(tuple(gpus), None if gpus else "CUDA sees no GPU")


def choose(found: FoundGpus, gpu: str | None, cpu: bool) -> tuple[Target, ...]:
    """Pick the device(s) asked for: `gpu` is an index, a UUID or `all`.

    Without a wish GPU 0 is taken, else the CPU. Raises `NoDevice` when a GPU is asked for and
    none can be used, `BadInput` when that one is not there.
    """
    if cpu:
        return (Target("cpu", read_cpu().name, "asked for with --cpu"),)
    if gpu is None:
        if found.gpus:
            first = found.gpus[0]
            return (Target("cuda", first.name, "the first GPU", first.index, first.uuid),)
        return (Target("cpu", read_cpu().name, f"no usable GPU: {found.reason}"),)
    if not found.gpus:
        raise NoDevice(f"--gpu {gpu}: {found.reason}; measure the CPU with --cpu")
    if gpu == "all":
        return found.gpus
    chosen = [target for target in found.gpus if gpu in {str(target.index), target.uuid}]
    if not chosen:
        there = "; ".join(target.line for target in found.gpus)
        raise BadInput(f"--gpu {gpu}: no such GPU; there are: {there}")
    return tuple(chosen)
