"""What stops a sweep early: it ends in order, and what is finished is kept."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Terminated(KeyboardInterrupt):
    """SIGTERM, raised where the sweep is at work."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C while a run was measured: what is finished is stored under `run_id`."""

    def __init__(self, run_id: str, text: str) -> None:
        """`text` says what is kept and how to go on."""
        super().__init__(text)
        self.run_id = run_id


@contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM raise `Terminated` meanwhile, where it would kill this process unasked.

    Handlers of others stay. Signals come to the main thread: elsewhere nothing is done.
    """
    if not _would_kill():
        yield
        return

    def terminate(signum: int, frame: FrameType | None) -> None:
        raise Terminated

    signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _would_kill() -> bool:
    in_main = threading.current_thread() is threading.main_thread()
    return in_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
