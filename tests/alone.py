"""Turns on a machine: tests side by side in worker processes, those that measure on their own."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Machine:
    """A machine that many processes may use at the same time, or one alone.

    `folder` is what they share. Whoever waits at the gate to be alone goes before those who come
    later, or they would never let it in.
    """

    folder: Path

    @contextmanager
    def turn(self, *, alone: bool) -> Iterator[None]:
        """Wait for a turn, and keep it until the context is left, also by death."""
        with (self.folder / "room.lock").open("a") as room:
            with (self.folder / "gate.lock").open("a") as gate:
                fcntl.flock(gate, fcntl.LOCK_EX)
                fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
            yield
