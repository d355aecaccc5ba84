"""Other processes that keep a machine busy, for tests and benchmarks of what that does."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

#: Seconds of one turn of work and rest.
TURN = 0.1


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Another process that keeps a share of a core busy, wherever the system puts it.

    One that `follows` goes to the core that a worker of effprof is bound to.
    """

    share: float
    follows: bool

    @property
    def name(self) -> str:
        """Say it in a few words."""
        return f"{self.share:g} core, {'on the core of the worker' if self.follows else 'anywhere'}"


@contextmanager
def disturbed(by: Disturbance) -> Iterator[None]:
    """Have another process work meanwhile; it follows workers that this process started."""
    root = str(os.getpid() if by.follows else 0)
    process = subprocess.Popen([sys.executable, "-m", "tests.disturbance", str(by.share), root])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def main() -> None:
    """Work for a share of each turn until killed."""
    share, root = float(sys.argv[1]), int(sys.argv[2])
    while True:
        if root:
            _follow(root)
        end = time.perf_counter() + share * TURN
        while time.perf_counter() < end:
            pass
        time.sleep((1 - share) * TURN)


def _follow(root: int) -> None:
    """Move to the core that a process somewhere below `root` is bound to."""
    own = os.getpid()
    for process in psutil.Process(root).children(recursive=True):
        try:
            cores = process.cpu_affinity()
        except psutil.Error:
            continue
        if len(cores) == 1 and process.pid != own:
            psutil.Process().cpu_affinity(cores)
            return


if __name__ == "__main__":
    main()
