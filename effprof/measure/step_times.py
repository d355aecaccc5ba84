"""The time of a step and how long it waited for a core: what tells clean steps from others.

Linux counts for every thread how long it was ready to run and another one had its core (the second
field of /proc/PID/task/TID/schedstat). A step that waited was slowed down by others. Reading the
clocks costs some three microseconds, between two steps.
"""

import os
import resource
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

#: A step is clean if it waited for less than this share of its time. What the kernel itself has to
#: do on a core takes about a thousandth; a time slice of another process takes milliseconds.
CLEAN_SHARE = 0.01

#: Whose switches are counted where one thread runs the steps: its own, where the system tells.
_ONE_THREAD = getattr(resource, "RUSAGE_THREAD", resource.RUSAGE_SELF)

_TASKS = Path("/proc/self/task")


class StepTime(NamedTuple):
    """One timed step in seconds, and what is known of its threads meanwhile.

    `waited` is how long they were ready and had no core, `cpu` their CPU time, `switches` how often
    they were put off a core; None where the system does not tell it. Where one thread ran the step,
    the step itself waited so long: it is `alone`.
    """

    seconds: float
    waited: float | None = None
    cpu: float | None = None
    switches: int | None = None
    alone: bool = False

    @property
    def clean(self) -> bool:
        """Whether nothing is known to have held it up."""
        return self.waited is None or self.waited <= CLEAN_SHARE * self.seconds


class Reading(NamedTuple):
    """What the clocks of the threads show: seconds, and a count."""

    waited: float | None
    cpu: float
    switches: int


class TaskClocks:
    """The clocks of the threads that run the steps of this process.

    Of one thread it is that which made them; of more, all threads of the process.
    """

    def __init__(self, threads: int) -> None:
        """`threads` run the steps."""
        self._alone = threads == 1
        self._files: list[int] = []

    def __enter__(self) -> Self:
        """Open the files of the threads that there are now."""
        names = ["/proc/thread-self/schedstat"] if self._alone else _schedstats()
        try:
            self._files = [os.open(name, os.O_RDONLY) for name in names]
        except OSError:  # not Linux, or a thread that ended meanwhile
            self._close()
        return self

    def __exit__(self, *_: object) -> None:
        """Close them."""
        self._close()

    def now(self) -> Reading:
        """Read all clocks."""
        who = _ONE_THREAD if self._alone else resource.RUSAGE_SELF
        cpu = time.thread_time() if self._alone else time.process_time()
        return Reading(self._waited(), cpu, resource.getrusage(who).ru_nivcsw)

    def _waited(self) -> float | None:
        """Sum up what the threads waited; None where the kernel does not count it."""
        told = [os.pread(file, 96, 0).split() for file in self._files]
        if not told or not int(told[0][0]):  # a thread that runs this has been on a core
            return None
        return sum(int(fields[1]) for fields in told) / 1e9

    def _close(self) -> None:
        for file in self._files:
            os.close(file)
        self._files = []


def between(seconds: float, before: Reading, after: Reading, alone: bool) -> StepTime:
    """Make the time of a step of two readings around it.

    Where the kernel does not count waiting, one thread alone waited for as long as it had no core.
    """
    cpu = after.cpu - before.cpu
    if before.waited is not None and after.waited is not None:
        waited: float | None = after.waited - before.waited
    else:
        waited = max(0.0, seconds - cpu) if alone else None
    return StepTime(seconds, waited, cpu, after.switches - before.switches, alone)


def undelayed(taken: Sequence[StepTime]) -> tuple[float, ...]:
    """Give the seconds of steps without what they waited, where one thread ran them.

    How long several threads waited does not tell how long the step did: those stay as they are.
    """
    return tuple(
        max(each.seconds - (each.waited or 0.0), min(each.cpu or 0.0, each.seconds))
        if each.alone
        else each.seconds
        for each in taken
    )


def _schedstats() -> list[str]:
    try:
        return [f"{task}/schedstat" for task in _TASKS.iterdir()]
    except OSError:
        return []
