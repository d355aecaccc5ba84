"""One run at a time on a device: two side by side would measure each other."""

import fcntl
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from effprof.core.errors import NoDevice
from effprof.device.target import Target

#: Everybody may take a turn, whoever made the file.
SHARED = 0o666


@contextmanager
def take_turn(target: Target, *, share: bool) -> Iterator[None]:
    """Hold the device of a run until the context is left, also by death.

    Raises `NoDevice` naming the process that measures it now, unless `share` allows that.
    """
    if share:
        yield
        return
    path = lock_path(target)
    with _open(path) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = lock.read().strip() or "unknown"
            raise NoDevice(
                f"{target.line} is being measured by another effprof (process {holder});"
                " wait for it, or measure beside it with --allow-busy"
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def lock_path(target: Target) -> Path:
    """Return the file that stands for the device on this machine."""
    name = re.sub(r"[^A-Za-z0-9-]", "", target.uuid or "cpu")
    return Path(tempfile.gettempdir()) / f"effprof-{name}.lock"


def _open(path: Path) -> TextIO:
    """Open the file, made where it is missing, with its contents kept."""
    try:
        # Without creating: the kernel lets nobody re-create a file of another user in /tmp.
        return path.open("r+", encoding="utf-8")
    except FileNotFoundError:
        path.touch(mode=SHARED)
        path.chmod(SHARED)
        return path.open("r+", encoding="utf-8")
