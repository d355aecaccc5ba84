"""Time by operator from torch.profiler: kernels on a GPU, operators as seen from above on a CPU."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from effprof.core.profiles import Profile
from effprof.models.places import Place, places_of
from effprof.profiling.attribution import TracedStep, read_steps
from effprof.profiling.events import MICROSECOND, Kernel
from effprof.profiling.ops import median_step
from effprof.profiling.record import Trace, keep_trace, record
from effprof.profiling.subject import Subject

NO_DEVICE_EVENTS = (
    "torch.profiler recorded nothing on the device; see `effprof doctor`: CUPTI may be missing,"
    " kept by another profiler, or closed to this user (NVreg_RestrictProfilingToAdminUsers)"
)


def profile_with_profiler(
    subject: Subject, steps: int, plain_seconds: float, kept: Path | None = None
) -> Profile:
    """Profile a step under torch.profiler; `plain_seconds` is the same step without it.

    On a GPU one recording states shapes, gives times and is what is `kept` for people: the device
    writes its times by its own clock, whatever the host does in between, and a second session in a
    process has shifted times and loses its first kernels (pytorch #175790, #192021).

    On a CPU two recordings of as many steps: the first states shapes, the second gives times. With
    a kept heap the events of a recording stand in the way of large activations, so that the heap
    grows and steps fault pages in (B0, batch 4: 55 ms a step become 160). The second recording
    finds that room made: no faults, and operators that sum to the plain step. What is `kept` is a
    recording of its own, of few steps.
    """
    shapes = (True,) if subject.on_gpu else (True, False)
    with subject.named_kernels():
        recordings = [record(subject, steps, shapes=stated) for stated in shapes]
    if kept is not None and subject.on_gpu:
        recordings[0].keep(kept)
    elif kept is not None:
        keep_trace(subject, kept)
    return profile_of_traces(
        [recording.read() for recording in recordings],
        {place.path: place for place in places_of(subject.model).values()},
        plain_seconds,
        on_device=subject.on_gpu,
    )


def profile_of_traces(
    traces: Sequence[Trace],
    places: Mapping[str, Place],
    plain_seconds: float,
    *,
    on_device: bool,
) -> Profile:
    """Make a profile from traces: the first states shapes, times are read from the last.

    One trace may do both. On a device the seconds of an operator are those of the kernels it
    launched, otherwise its own. Raises `NotSteady` when steps do not show the same operators.
    """
    read = [read_steps(trace, places, on_device=on_device) for trace in traces]
    described, steps = read[0], read[-1]
    wall = _wall_seconds(steps, on_device=on_device)
    if not any(step.kernels if on_device else step.ops for step in steps):
        return Profile(
            method="torch.profiler",
            status="no_device_events",
            steps=len(steps),
            ops=(),
            wall_seconds=wall,
            plain_seconds=plain_seconds,
            reason=NO_DEVICE_EVENTS,
        )
    ops = median_step([step.ops for step in steps], described[-1].ops)
    # Operators that launched nothing, such as reads of a shape, took no time of the device.
    ops = tuple(op for op in ops if op.seconds > 0 or not on_device)
    busy = [busy_seconds(step.kernels) for step in steps]
    count = [len(step.kernels) for step in steps]
    return Profile(
        method="torch.profiler",
        status="profiled",
        steps=len(steps),
        ops=ops,
        wall_seconds=wall,
        plain_seconds=plain_seconds,
        kernel_count=round(statistics.median(count)) if on_device else len(ops),
        busy_seconds=statistics.median(busy) if on_device else sum(op.seconds for op in ops),
    )


def busy_seconds(kernels: Iterable[Kernel]) -> float:
    """Time in which the device did anything: the union of its kernels, overlaps once."""
    busy = 0.0
    free_from = float("-inf")
    for kernel in sorted(kernels, key=lambda kernel: kernel.start):
        busy += max(0.0, kernel.end - max(kernel.start, free_from))
        free_from = max(free_from, kernel.end)
    return busy * MICROSECOND


def _wall_seconds(steps: list[TracedStep], *, on_device: bool) -> float:
    """Seconds of a profiled step; steps queued on a device share the time to its last kernel."""
    if not on_device:
        return statistics.median(step.end - step.start for step in steps) * MICROSECOND
    ends = [kernel.end for step in steps for kernel in step.kernels]
    end = max([*ends, steps[-1].end])
    return (end - steps[0].start) * MICROSECOND / len(steps)
