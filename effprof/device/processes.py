"""Whose processes compute on a GPU: ours, or those of others that disturb what we time."""

import os
from collections.abc import Sequence
from pathlib import Path

import psutil

#: What a process that uses CUDA holds open: /dev/nvidiactl, /dev/nvidia-uvm, /dev/nvidia0 ...
DEVICES = "/dev/nvidia"


def count_foreign(listed: Sequence[int]) -> int:
    """Count the processes that are not ours among those that NVML lists on a GPU.

    `listed` are process ids; this process is taken to compute on that GPU. Ours are this process,
    those that descend from it, such as the helpers of torch.compile, and those of the session that
    it leads. A worker leads one, and a helper that was orphaned stays in it; in a session that
    somebody else leads, as of a terminal, others may compute too. The cases:

    - This process is listed: ids are those of our namespace, and each one is looked up. One that
      has ended, or 0, which stands for a process of another namespace, is foreign.
    - Others are listed, but not this process: ids are those of the host, and we are in a container.
      They cannot be looked up, so as many are counted off as ours hold the device open, and this
      one at least.
    - None is listed: the driver hides processes from containers. Raises `LookupError`, for an empty
      list is no proof that nobody else is there.
    - NVML refuses the list (a MIG instance, WSL): its own error says so, and nothing is counted.

    An id of the host that happens to be ours changes nothing: one is counted off in either case.
    """
    if not listed:
        raise LookupError("no process is listed, not even this one")
    own = os.getpid()
    if own in listed:
        return sum(pid != own and not _started_by(own, pid) for pid in listed)
    if len(listed) == 1:
        return 0
    return max(0, len(listed) - 1 - _helpers_on_a_device(own))


def _started_by(own: int, pid: int) -> bool:
    """Whether a process descends from this one, `own`, or is in a session that this one leads."""
    if pid <= 0:  # os.getsid(0) would be our own session
        return False
    try:
        if os.getsid(pid) == own:
            return True
        return own in (parent.pid for parent in psutil.Process(pid).parents())
    except (OSError, psutil.Error):  # it has ended, or may not be looked at
        return False


def _helpers_on_a_device(own: int) -> int:
    """Count the other processes of ours that hold a GPU open and may compute on it.

    A plain fork of this process, such as one that loads images, inherits what is open but cannot
    use CUDA; it still runs under our command line.
    """
    ours = psutil.Process(own)
    command = ours.cmdline()
    count = 0
    for process in psutil.process_iter():
        try:
            if process.pid == own or not _started_by(own, process.pid):
                continue
            count += process.cmdline() != command and _holds_device(process.pid)
        except (OSError, psutil.Error):  # it has ended meanwhile
            continue
    return count


def _holds_device(pid: int) -> bool:
    links = Path(f"/proc/{pid}/fd").iterdir()
    return any(str(link.readlink()).startswith(DEVICES) for link in links)
