"""Work for worker processes: things that return, raise, hang and die."""

import ctypes
import os
import signal
import subprocess
import time
from pathlib import Path

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensor
from torch.utils._python_dispatch import _get_current_dispatch_mode

from effprof.core.errors import BadInput
from effprof.device import processes
from effprof.device.processes import count_foreign


def add(a, b, tell):
    tell(("adding", a, b))
    return a + b


def refuse(tell):
    raise BadInput("no such thing")


def hang(tell):
    time.sleep(600)


def leave(status, tell):
    os._exit(status)


def kill_itself(name, tell):
    os.kill(os.getpid(), getattr(signal, name))


def segfault(tell):
    ctypes.string_at(0)


def start_child(tell):
    """Leave a child behind in the same process group; return both process ids."""
    child = subprocess.Popen(["sleep", "600"])
    return os.getpid(), child.pid


def announce_and_hang(path, tell):
    child = subprocess.Popen(["sleep", "600"])
    Path(path).write_text(f"{os.getpid()} {child.pid}")
    time.sleep(600)


def environment(tell):
    return dict(os.environ), os.getsid(0) == os.getpid(), torch.cuda.is_initialized()


def stdout_is_stderr(tell):
    """Whether what a model prints goes where messages go."""
    return os.path.sameopenfile(1, 2)


def mapped_again(size, tell):
    """Ask the C library for `size` bytes twice: whether it maps memory for them each time."""
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    mapped = []
    for _ in range(2):
        place = libc.malloc(ctypes.c_size_t(size))
        # The word before a chunk holds its size; its second bit says that it was mapped.
        mapped.append(bool(ctypes.c_size_t.from_address(place - 8).value & 2))
        libc.free(ctypes.c_void_p(place))
    return mapped


def count_foreign_beside(pid, tell):
    return count_foreign((os.getpid(), pid))


def count_foreign_with_orphan(stranger, tell):
    """Count beside a process of this session whose parent is gone, and beside a stranger."""
    said = subprocess.run(
        ["sh", "-c", "sleep 600 >&- & echo $!"], stdout=subprocess.PIPE, text=True, check=True
    )
    orphan = int(said.stdout)
    own = os.getpid()
    return count_foreign((own, orphan)), count_foreign((own, orphan, stranger))


def count_foreign_with_fork(folder, listed, tell):
    """Count with a fork beside us that inherited an open device."""
    device = Path(folder) / "nvidia0"
    processes.DEVICES = str(device)
    with device.open("w"):
        child = os.fork()
        if child == 0:
            time.sleep(600)
        return count_foreign(listed)


class Tiny(nn.Module):
    """A convolution, a pool and a classifier: a millisecond a step."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 16, 3, stride=2), nn.BatchNorm2d(16), nn.SiLU(), nn.AdaptiveAvgPool2d(1)
        )
        self.head = nn.Linear(16, 10)

    def forward(self, x):
        return self.head(self.body(x).flatten(1))


def tiny():
    return Tiny()


class Broken(Tiny):
    """Returns what `outcome` says: NaN, an exception, a dead process, or no end."""

    def __init__(self, outcome):
        super().__init__()
        self.outcome = outcome

    def forward(self, x):
        # Counting static cost by shapes must go well: only real data breaks it.
        return super().forward(x) if isinstance(x, FakeTensor) else self.outcome(super().forward(x))


def not_a_number():
    return Broken(lambda y: y * float("nan"))


def raising():
    def fail(_):
        raise ValueError("this model is broken")

    return Broken(fail)


def killed():
    return Broken(lambda _: kill_itself("SIGKILL", None))


def endless():
    return Broken(lambda _: hang(None))


def out_of_memory():
    """Asks for 64 TiB where a batch has more than two images."""
    return Broken(lambda y: y if len(y) <= 2 else torch.empty(2**46))


def _when_profiled(outcome):
    def look(y):
        return outcome(y) if _get_current_dispatch_mode() is not None else y

    return Broken(look)


def killed_when_profiled():
    return _when_profiled(lambda _: kill_itself("SIGKILL", None))


def endless_when_profiled():
    return _when_profiled(lambda _: hang(None))


class TwoHeads(Tiny):
    """Returns its scores in a dictionary, with an auxiliary head beside them."""

    def forward(self, x):
        scores = super().forward(x)
        return {"main": scores, "auxiliary": (scores * 2, None)}


def two_heads():
    return TwoHeads()


def uncountable():
    """Runs, but not where somebody looks at its operators."""

    class Shy(Tiny):
        def forward(self, x):
            if _get_current_dispatch_mode() is not None:
                raise RuntimeError("somebody looks")
            return super().forward(x)

    return Shy()


def fatal_to_count():
    """Takes the process down where it is given a tensor without contents."""

    class Fatal(Tiny):
        def forward(self, x):
            return os._exit(9) if isinstance(x, FakeTensor) else super().forward(x)

    return Fatal()
