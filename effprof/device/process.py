"""Processes that can be found again: whether what began something is still there."""

import os
import socket
from dataclasses import dataclass

import psutil

#: Seconds by which the start of one process may be told differently at two times.
SAME_START = 1.0


@dataclass(frozen=True, slots=True)
class ProcessMark:
    """A process by its machine, its number there, and when it started (seconds since 1970)."""

    host: str
    pid: int
    started: float

    @property
    def gone(self) -> bool:
        """Whether it is known to be gone: nothing is known of another machine."""
        if self.host != socket.gethostname():
            return False
        try:
            found = psutil.Process(self.pid).create_time()
        except psutil.NoSuchProcess:
            return True
        except psutil.AccessDenied:
            return False
        return abs(found - self.started) > SAME_START


def ended_by_boot(host: str | None, at: float) -> bool:
    """Whether a process of a host that was there at a time (seconds since 1970) is surely gone.

    It is where this is the host, and it was started since.
    """
    return host == socket.gethostname() and psutil.boot_time() > at


def this_process() -> ProcessMark:
    """Mark this process."""
    return ProcessMark(socket.gethostname(), os.getpid(), psutil.Process().create_time())
