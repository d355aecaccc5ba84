"""Steps under torch.profiler, written as a trace: one file format for reading and for keeping."""

import gzip
import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from torch.profiler import ProfilerActivity, profile, record_function

from effprof.models.places import Place, watched_modules
from effprof.profiling.subject import Subject

#: Beginnings of the names of our ranges in a trace; what follows is the number of a step (so named
#: in torch.profiler's own traces, and looked for by analysers), a phase or a module's path. Not
#: "##": inductor begins its own ranges so.
STEP = "ProfilerStep#"
PHASE = "effprof phase: "
MODULE = "effprof module: "

#: Steps of a trace that is kept for people: the second shows the steady state.
KEPT_STEPS = 2

#: Steps that run under the profiler before those that count: the first one starts the tracer.
WARM_UP_STEPS = 1

Trace = dict[str, Any]


def record(subject: Subject, steps: int, *, shapes: bool) -> Trace:
    """Run steps under torch.profiler and return the trace, a Chrome trace document.

    With `shapes` it states the operands of every operator, which takes time in between them.
    """
    with tempfile.TemporaryDirectory(prefix="effprof-") as folder:
        path = Path(folder) / "trace.json"
        _write(subject, steps, path, shapes=shapes)
        trace: Trace = json.loads(path.read_bytes())
    return trace


def keep_trace(subject: Subject, path: Path) -> None:
    """Write a trace of a few steps for people; it opens in Perfetto and in Holistic Trace Analysis.

    A name that ends in .gz is compressed. The trace states shapes and module ranges.
    """
    with tempfile.TemporaryDirectory(prefix="effprof-") as folder:
        plain = Path(folder) / "trace.json"
        _write(subject, KEPT_STEPS, plain, shapes=True)
        content = plain.read_bytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def _write(subject: Subject, steps: int, path: Path, *, shapes: bool) -> None:
    activities = [ProfilerActivity.CPU]
    if subject.device.type == "cuda":
        activities.append(ProfilerActivity.CUDA)
    # One cycle, whose events nothing clears: told so, torch 2.11 does not warn that it clears them.
    recording = profile(activities=activities, record_shapes=shapes, acc_events=True)
    with _module_ranges(subject), recording as profiler:
        for _ in range(WARM_UP_STEPS):
            subject.run()
        subject.wait()
        for number in range(steps):
            with record_function(f"{STEP}{number}"):
                for phase, run in subject.phases:
                    with record_function(PHASE + phase):
                        run()
        subject.wait()
        # Holistic Trace Analysis names a trace by its rank.
        profiler.add_metadata_json("distributedInfo", json.dumps({"rank": 0, "world_size": 1}))
    profiler.export_chrome_trace(str(path))


@contextmanager
def _module_ranges(subject: Subject) -> Iterator[None]:
    """Open a range around every module call; compiled and captured steps would not run hooks."""
    if subject.execution != "eager":
        yield
        return
    with ExitStack() as outer:
        ranges: list[ExitStack] = []

        def enter(place: Place) -> None:
            ranges.append(ExitStack())
            ranges[-1].enter_context(record_function(MODULE + place.path))

        def leave() -> None:
            ranges.pop().close()

        outer.enter_context(watched_modules(subject.model, enter, leave))
        yield
