"""Steps under torch.profiler, written as a trace: one file format for reading and for keeping."""

import gzip
import json
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch.profiler import ProfilerActivity, profile, record_function

from effprof.core.cells import BY_OPERATOR
from effprof.models.places import Place, watched_modules
from effprof.profiling.subject import Subject

#: Beginnings of the names of our ranges in a trace; what follows is the number of a step (so named
#: in torch.profiler's own traces, and looked for by analysers), a phase or a module's path. Not
#: "##": inductor begins its own ranges so.
STEP = "ProfilerStep#"
PHASE = "effprof phase: "
MODULE = "effprof module: "

#: Steps of a trace that is recorded for people only: the second shows the steady state.
KEPT_STEPS = 2

#: Steps that run under the profiler before those that count: the first one starts the tracer.
WARM_UP_STEPS = 1

#: What torch 2.10 and 2.11 say of every recording; ours has no cycles (pytorch #180348).
_NO_CYCLES = r"(Warning: )?Profiler clears events at the end of each cycle"

Trace = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recording:
    """Steps that ran under torch.profiler; `content` is a Chrome trace document in JSON."""

    content: bytes

    def read(self) -> Trace:
        """Parse the document."""
        trace: Trace = json.loads(self.content)
        return trace

    def keep(self, path: Path) -> None:
        """Write it for people: it opens in Perfetto and in Holistic Trace Analysis.

        A name that ends in .gz is compressed.
        """
        compressed = path.suffix == ".gz"
        path.write_bytes(gzip.compress(self.content) if compressed else self.content)


def record(subject: Subject, steps: int, *, shapes: bool) -> Recording:
    """Run steps under torch.profiler: one session of it.

    With `shapes` the trace states the operands of every operator, which takes time in between them.
    """
    with tempfile.TemporaryDirectory(prefix="effprof-") as folder:
        path = Path(folder) / "trace.json"
        _write(subject, steps, path, shapes=shapes)
        return Recording(path.read_bytes())


def keep_trace(subject: Subject, path: Path) -> None:
    """Record a few steps for people, with shapes and module ranges; see `Recording.keep`."""
    record(subject, KEPT_STEPS, shapes=True).keep(path)


def _write(subject: Subject, steps: int, path: Path, *, shapes: bool) -> None:
    activities = [ProfilerActivity.CPU]
    if subject.on_gpu:
        activities.append(ProfilerActivity.CUDA)
    with (
        _module_ranges(subject),
        _silence_about_cycles(),
        profile(activities=activities, record_shapes=shapes) as profiler,
    ):
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
def _silence_about_cycles() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", _NO_CYCLES, UserWarning)
        yield


@contextmanager
def _module_ranges(subject: Subject) -> Iterator[None]:
    """Open a range around every module call; compiled and captured steps would not run hooks."""
    if subject.execution not in BY_OPERATOR:
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
