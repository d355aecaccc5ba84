"""How a benchmark file of timm came about: what its name tells, and what people must tell."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from effprof.core.cells import (
    EXECUTIONS,
    MEMORY_FORMATS,
    MODES,
    PRECISIONS,
    Execution,
    MemoryFormat,
    Mode,
    Precision,
)
from effprof.core.errors import BadInput, suggestion

DeviceKind = Literal["cpu", "cuda"]

#: Such as benchmark-infer-amp-nchw-pt240-cu124-rtx3090.csv and
#: benchmark-infer-fp32-nchw-pt240-cpu-i9_10940x-dynamo.csv.
_NAME = re.compile(
    r"benchmark-(?P<mode>[a-z]+)-(?P<precision>[a-z0-9]+)-(?P<memory_format>[a-z]+)"
    r"-pt(?P<torch>\d{3,4})-(?P<platform>cpu|cu\d{3})-(?P<device>[^-]+)(?P<dynamo>-dynamo)?\.csv"
)

#: timm's word for a precision; its autocast computes in half precision (`amp_dtype` float16).
_PRECISIONS = {"amp": "amp-fp16", "fp32": "fp32"}


@dataclass(frozen=True, slots=True)
class Told:
    """What a person says of a file; None leaves it to the file's name. Options are named alike."""

    device: str | None = None
    device_kind: str | None = None
    mode: str | None = None
    precision: str | None = None
    memory_format: str | None = None
    execution: str | None = None
    torch: str | None = None
    threads: int | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """How the numbers of a file were taken. `cuda` is None on a CPU and where it is not known.

    `threads` are those of a CPU; on a GPU there is one, the launching thread.
    """

    device: str
    device_kind: DeviceKind
    mode: Mode
    precision: Precision
    memory_format: MemoryFormat
    execution: Execution
    torch: str
    threads: int
    cuda: str | None = None


_CHOICES: Mapping[str, tuple[str, ...]] = {
    "device_kind": ("cpu", "cuda"),
    "mode": MODES,
    "precision": PRECISIONS,
    "memory_format": MEMORY_FORMATS,
    "execution": EXECUTIONS,
}


def origin_of(name: str, told: Told, modes: Sequence[Mode]) -> Origin:
    """Find out how the file `name`, which holds columns of `modes`, came about.

    What is told wins over the name, the columns over both. Raises `BadInput` naming every option
    that is needed or has a value that is not known.
    """
    known = _from_name(name) | {k: v for k, v in asdict(told).items() if v is not None}
    problems = [
        f"{flag(k)}: {known[k]!r} is not one of {', '.join(c)}{suggestion(known[k], c)}"
        for k, c in _CHOICES.items()
        if k in known and known[k] not in c
    ]
    if len(modes) == 1 and known.setdefault("mode", modes[0]) not in modes:
        problems.append(f"--mode: {known['mode']} is told, but the columns are of {modes[0]}")
    if known.get("device_kind") == "cuda":
        known["threads"] = 1
    problems += [
        f"{flag(k)} is needed: {why}" for k, why in _NEEDED.items() if known.get(k) is None
    ]
    if problems:
        raise BadInput("\n".join(f"{name}: {problem}" for problem in problems))
    return Origin(**known)


def flag(field: str) -> str:
    """Name the option of a field.

    >>> flag("memory_format")
    '--memory-format'
    """
    return f"--{field.replace('_', '-')}"


#: What the numbers cannot do without, and why it is asked for.
_NEEDED = {
    "device": "the file's name does not tell what was measured",
    "device_kind": "the file's name does not tell whether that is cpu or cuda",
    "mode": "the file holds columns of both infer and train",
    "precision": "the file's name does not tell one that effprof knows",
    "memory_format": "the file's name does not tell nchw or nhwc",
    "execution": "the file's name does not tell eager or compile",
    "torch": "the file's name does not tell torch's version",
    "threads": "no file tells how many CPU threads computed; torch's default is one per core",
}


def _from_name(name: str) -> dict[str, str | None]:
    found = _NAME.fullmatch(name)
    if found is None:
        return {}
    on_cpu = found["platform"] == "cpu"
    return {
        "device": found["device"],
        "device_kind": "cpu" if on_cpu else "cuda",
        "mode": found["mode"],
        "precision": _PRECISIONS.get(found["precision"]),
        "memory_format": found["memory_format"],
        "execution": "compile" if found["dynamo"] else "eager",
        "torch": torch_version(found["torch"]),
        "cuda": None if on_cpu else f"{found['platform'][2:4]}.{found['platform'][4:]}",
    }


def torch_version(digits: str) -> str:
    """Read a version written without dots; before 2.0 without the last part.

    >>> torch_version("240"), torch_version("2100"), torch_version("112")
    ('2.4.0', '2.10.0', '1.12')
    """
    major, rest = digits[0], digits[1:]
    return f"1.{rest}" if major == "1" else f"{major}.{rest[:-1]}.{rest[-1]}"
