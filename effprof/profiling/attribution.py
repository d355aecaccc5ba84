"""The walk over a trace: every operator of every step, where it stands, and its time."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar, cast

from effprof.core.costs import Phase
from effprof.core.profiles import UNATTRIBUTED
from effprof.core.roles import OpSite
from effprof.models.places import NOWHERE, Place
from effprof.profiling.events import (
    Event,
    Kernel,
    op_of,
    read_host_events,
    read_kernels,
)
from effprof.profiling.fused import role_of_kernel
from effprof.profiling.ops import TimedOp
from effprof.profiling.record import MODULE, PHASE, STEP, Trace

#: Beginning of the range that inductor opens around the code it generated.
COMPILED_CODE = "## Call CompiledFxGraph"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TracedStep:
    """One step of a trace: its operators in order, and on a device the kernels; microseconds."""

    start: float
    end: float
    ops: tuple[TimedOp, ...]
    kernels: tuple[Kernel, ...]


@dataclass(frozen=True, slots=True)
class _Work:
    """Something that took time: the host event that stands for it, and what it ran."""

    event: Event
    op: str
    seconds: float
    kernels: tuple[str, ...] = ()
    role: str | None = None


def read_steps(trace: Trace, places: Mapping[str, Place], *, on_device: bool) -> list[TracedStep]:
    """Read the steps of a trace; `places` are those of the model's modules by path.

    On a device an operator has the time of the kernels it launched, and a kernel that no operator
    launched stands for itself. On a CPU an operator has its own time from end to end, whatever it
    calls inside. Each kernel counts once.
    """
    host = read_host_events(trace)
    kernels = read_kernels(trace, host)
    works = _device_works(host, kernels) if on_device else _host_works(host)
    walk = _Walk(host, places)
    steps = walk.steps
    works_of = steps.sort_in([(work.event.start, work) for work in works])
    kernels_of = steps.sort_in([(k.launch.start, k) for k in kernels if k.launch])
    return [
        TracedStep(step.start, step.end, walk.timed(works_of[i]), tuple(kernels_of[i]))
        for i, step in enumerate(steps.events)
    ]


def _host_works(host: Sequence[Event]) -> list[_Work]:
    """Operators as seen from above, and what generated code took outside of any of them."""
    inside: dict[Event, float] = defaultdict(float)
    works = []
    for event in host:
        if event.operator is not event:
            continue
        works.append(_Work(event, op_of(event), event.seconds, (), role_of_kernel(event.name)))
        for outer in event.ancestors():
            inside[outer] += event.seconds
    for event in host:
        if event.name.startswith(COMPILED_CODE):
            rest = event.seconds - inside[event]
            works.append(_Work(event, "compiled code", rest, (), UNATTRIBUTED))
    return works


def _device_works(host: Sequence[Event], kernels: Sequence[Kernel]) -> list[_Work]:
    """Operators with the kernels they launched, and kernels that no operator launched."""
    launched: dict[Event, list[Kernel]] = defaultdict(list)
    works = []
    for kernel in kernels:
        if kernel.launch is None:
            continue
        if kernel.launch.operator is not None:
            launched[kernel.launch.operator].append(kernel)
            continue
        role = role_of_kernel(kernel.name) or UNATTRIBUTED
        works.append(_Work(kernel.launch, kernel.name, kernel.seconds, (kernel.name,), role))
    for event in host:
        if event.operator is event:
            own = launched[event]
            seconds = sum(kernel.seconds for kernel in own)
            names = tuple(kernel.name for kernel in own)
            works.append(_Work(event, op_of(event), seconds, names, role_of_kernel(event.name)))
    return works


class _Ranges:
    """Ranges of one kind, one after the other: steps, or phases."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = events
        self._starts = [event.start for event in events]

    def index(self, moment: float) -> int | None:
        """Position of the range that holds a moment. Threads do not matter: the host waits."""
        index = bisect_right(self._starts, moment) - 1
        return index if index >= 0 and moment < self.events[index].end else None

    def sort_in(self, dated: Sequence[tuple[float, T]]) -> dict[int, list[T]]:
        """Gather things by the range that holds their moment, in order of moments."""
        gathered: dict[int, list[T]] = defaultdict(list)
        for moment, thing in sorted(dated, key=lambda pair: pair[0]):
            index = self.index(moment)
            if index is not None:
                gathered[index].append(thing)
        return gathered


class _Walk:
    """Tells of each event its phase, its module and the forward event it differentiates."""

    def __init__(self, host: Sequence[Event], places: Mapping[str, Place]) -> None:
        self.steps = _Ranges([event for event in host if event.name.startswith(STEP)])
        self._phases = _Ranges([event for event in host if event.name.startswith(PHASE)])
        self._places = places
        #: Sequence number -> the forward event that made the node: the last one that shows the
        #: number, since operators that make no node show the next number ahead of its owner.
        self._made: dict[int, Event] = {}
        thread = self.steps.events[0].thread if self.steps.events else None
        for event in host:
            if event.sequence is not None and event.thread == thread and event.node is None:
                self._made[event.sequence] = event

    def timed(self, works: Sequence[_Work]) -> tuple[TimedOp, ...]:
        """Give every work of one step its site."""
        positions = {work.event: i for i, work in enumerate(works) if work.event.operator}
        return tuple(
            TimedOp(self._site(work, positions), work.seconds, work.kernels, work.role)
            for work in works
        )

    def _site(self, work: _Work, positions: Mapping[Event, int]) -> OpSite:
        node = work.event.node
        source = work.event if node is None else self._made.get(node.sequence or -1)
        place = self._place(source) if source else NOWHERE
        site = OpSite(
            op=work.op,
            phase=self._phase(work.event),
            shapes=work.event.shapes,
            path=place.path,
            classes=place.classes,
            groups=work.event.groups,
        )
        if node is None or source is None or source.operator is None:
            return site
        return replace(site, origin=positions.get(source.operator))

    def _phase(self, event: Event) -> Phase:
        index = self._phases.index(event.start)
        name = self._phases.events[index].name.removeprefix(PHASE) if index is not None else ""
        return cast("Phase", name or "forward")

    def _place(self, event: Event) -> Place:
        names = (outer.name for outer in event.ancestors())
        path = next((n.removeprefix(MODULE) for n in names if n.startswith(MODULE)), None)
        return NOWHERE if path is None else self._places[path]
