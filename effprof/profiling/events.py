"""A Chrome trace as nested events: what ran on the host inside what, and what the device did."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch._ops import OpOverload

from effprof.models.operators import GROUPS_ARGUMENT, is_free
from effprof.profiling.fused import is_compiled_kernel

#: Seconds per unit of time stamps and durations in a trace.
MICROSECOND = 1e-6

#: Categories of what ran on the host, of launches among them, and of what the device did.
_LAUNCHES = frozenset({"cuda_runtime", "cuda_driver"})
_HOST = frozenset({"cpu_op", "user_annotation"}) | _LAUNCHES
_DEVICE = frozenset({"kernel", "gpu_memcpy", "gpu_memset"})

#: Names of operators carry a namespace; autograd's nodes and ranges are not operators.
_OPERATOR = re.compile(r"(?!autograd::|torch::|profiler::)\w+::(?P<op>\w+)")

#: What autocast calls to cast an operand.
_CAST = "aten::to"

#: The range in which autograd runs the node of one forward operator.
_NODE = "autograd::engine::evaluate_function: "


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """Something that ran on the host inside `parent`, in microseconds since the trace's zero.

    Events are equal only to themselves. `operator` is the outermost operator around this event,
    itself included; None outside of any. A call that autocast caught is none: the casts of its
    operands are, and the operator that it calls then.
    """

    name: str
    category: str
    thread: object
    start: float
    end: float
    arguments: Mapping[str, Any]
    parent: "Event | None"
    operator: "Event | None"

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return (self.end - self.start) * MICROSECOND

    @property
    def sequence(self) -> int | None:
        """Autograd's number of the node that this event made, or that it differentiates."""
        return self.arguments.get("Sequence number")

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of the tensor operands; scalars, lists of numbers and absent ones have none."""
        return tuple(_shapes(self.arguments.get("Input Dims", ())))

    @property
    def groups(self) -> int | None:
        """Groups of a convolution that states them; None of others, and where no number is told."""
        told = self.arguments.get("Concrete Inputs", ())
        position = GROUPS_ARGUMENT.get(op_of(self), len(told))
        return int(told[position]) if position < len(told) and told[position].isdecimal() else None

    def ancestors(self) -> Iterator["Event"]:
        """Yield the enclosing events, innermost first."""
        event = self.parent
        while event is not None:
            yield event
            event = event.parent

    @property
    def node(self) -> "Event | None":
        """The autograd node that this event is, or is run by; None outside of a backward pass."""
        if self.name.startswith(_NODE):
            return self
        return next((e for e in self.ancestors() if e.name.startswith(_NODE)), None)


@dataclass(frozen=True, slots=True)
class Kernel:
    """One piece of work of the device: a kernel or a copy, in microseconds; who launched it."""

    name: str
    start: float
    end: float
    launch: Event | None

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return (self.end - self.start) * MICROSECOND


def read_host_events(trace: Mapping[str, Any]) -> list[Event]:
    """Read what ran on the host, in order of start, nested by containment on each thread."""
    rows = [row for row in trace["traceEvents"] if row["ph"] == "X" and row["cat"] in _HOST]
    rows.sort(key=lambda row: (row["ts"], -row["dur"]))
    around = _nest(rows)
    casting = _autocast_calls(rows, around)
    events: list[Event] = []
    for index, (row, outer) in enumerate(zip(rows, around, strict=True)):
        parent = None if outer is None else events[outer]
        events.append(_event(row, parent, encloses_only=index in casting))
    return events


def _nest(rows: Sequence[Mapping[str, Any]]) -> list[int | None]:
    """Position of the row right around each row on its thread; rows are in order of start."""
    open_rows: dict[object, list[int]] = {}
    around = []
    for index, row in enumerate(rows):
        stack = open_rows.setdefault(_thread(row), [])
        while stack and _end(rows[stack[-1]]) <= row["ts"]:
            stack.pop()
        around.append(stack[-1] if stack else None)
        stack.append(index)
    return around


def _autocast_calls(
    rows: Sequence[Mapping[str, Any]], around: Sequence[int | None]
) -> frozenset[int]:
    """Positions of the calls that autocast caught: they cast operands, then call their like.

    Casts that an operator makes on its own, among its other work, are part of it.
    """
    inside: dict[int, list[str]] = defaultdict(list)
    for row, outer in zip(rows, around, strict=True):
        if outer is not None:
            inside[outer].append(row["name"])
    return frozenset(
        index
        for index, (*casts, like) in inside.items()
        if rows[index]["cat"] == "cpu_op" and like == rows[index]["name"] and {*casts} == {_CAST}
    )


def read_kernels(trace: Mapping[str, Any], host: list[Event]) -> list[Kernel]:
    """Read what the device did, in order of start, each with the host's call that launched it."""
    launches = {
        event.arguments.get("correlation"): event for event in host if event.category in _LAUNCHES
    }
    rows = [row for row in trace["traceEvents"] if row["ph"] == "X" and row["cat"] in _DEVICE]
    rows.sort(key=lambda row: row["ts"])
    return [
        Kernel(
            name=row["name"],
            start=row["ts"],
            end=_end(row),
            launch=launches.get(row["args"].get("correlation")),
        )
        for row in rows
    ]


def op_of(event: Event) -> str:
    """Name of an operator without its namespace; a compiled kernel's in full."""
    match = _OPERATOR.fullmatch(event.name)
    return match["op"] if match else event.name


def _thread(row: Mapping[str, Any]) -> object:
    return row["pid"], row["tid"]


def _end(row: Mapping[str, Any]) -> float:
    end: float = row["ts"] + row["dur"]
    return end


def _event(row: Mapping[str, Any], parent: Event | None, *, encloses_only: bool) -> Event:
    event = Event(
        name=row["name"],
        category=row["cat"],
        thread=_thread(row),
        start=row["ts"],
        end=_end(row),
        arguments=row.get("args", {}),
        parent=parent,
        operator=parent.operator if parent else None,
    )
    may_stand = event.operator is None and row["cat"] == "cpu_op" and not encloses_only
    if may_stand and _is_operator(event.name):
        object.__setattr__(event, "operator", event)
    return event


@cache
def _is_operator(name: str) -> bool:
    """Whether a name is that of an operator that does work; views only enclose what they call."""
    if is_compiled_kernel(name):
        return True
    match = _OPERATOR.fullmatch(name)
    if match is None:
        return False
    namespace = getattr(torch.ops, name.partition("::")[0])
    packet = getattr(namespace, match["op"], None)
    if packet is None:
        return True
    overload: OpOverload = getattr(packet, packet.overloads()[0])
    return not is_free(overload)


def _shapes(sizes: Any) -> Iterator[tuple[int, ...]]:  # noqa: ANN401  # nested lists of numbers
    for size in sizes:
        if size and isinstance(size[0], list):
            yield from _shapes(size)
        elif size:
            yield tuple(size)
