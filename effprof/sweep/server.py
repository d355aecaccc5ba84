"""The fork servers that workers come from: our own, whatever else this program starts.

That of `multiprocessing` is shared by all that a process starts: one that somebody else has started
would lack what ours loads and sets. And its processes run the program that they come from, so that
a script without `if __name__ == "__main__"` would begin anew in each of them.

There is one for each policy of the allocator: the C library reads the policy when a program starts,
and once told to keep memory it never again adapts to a program as it does by default.
"""

import multiprocessing.forkserver
import multiprocessing.spawn
from collections.abc import Callable, Mapping
from multiprocessing import popen_forkserver
from multiprocessing.context import ForkServerProcess
from multiprocessing.forkserver import ForkServer
from types import FunctionType, SimpleNamespace
from typing import Any

from effprof.core.cells import ALLOCATORS, Allocator

#: The servers of this process by the policy of their workers. They serve every call, each from the
#: first that asks for its policy, and end with the process.
SERVERS: Mapping[Allocator, ForkServer] = {policy: ForkServer() for policy in ALLOCATORS}

#: Beginning of what a process is told of the program that it comes from, so as to run it.
_PROGRAM = "init_main"


def _told(name: str) -> dict[str, Any]:
    """Tell a worker what every process is told, but for the program that it comes from."""
    told = multiprocessing.spawn.get_preparation_data(name)
    return {key: value for key, value in told.items() if not key.startswith(_PROGRAM)}


def _launching(server: ForkServer, told: Callable[[str], dict[str, Any]]) -> Callable[..., None]:
    """Launch processes as the standard library does, from a server of ours, telling them `told`."""
    stock = popen_forkserver.Popen._launch  # type: ignore[attr-defined]  # its stubs lack it
    connect = {"connect_to_new_process": server.connect_to_new_process}
    names = {
        "forkserver": SimpleNamespace(**vars(multiprocessing.forkserver) | connect),
        "spawn": SimpleNamespace(**vars(multiprocessing.spawn) | {"get_preparation_data": told}),
    }
    return FunctionType(stock.__code__, vars(popen_forkserver) | names)


class ServedProcess(ForkServerProcess):
    """A fresh process, forked from our server of a policy of the allocator.

    It does not run this program, unless what it is to call stands there: `home` is the module of
    that. `args` are those of `target`.
    """

    def __init__(
        self, home: str, target: Callable[..., None], args: tuple[Any, ...], allocator: Allocator
    ) -> None:
        """Prepare it; `start` forks it."""
        super().__init__(target=target, args=args, daemon=False)
        self.runs_program = home == "__main__"
        self.allocator = allocator

    @staticmethod
    def _Popen(process_obj: "ServedProcess") -> "_Popen":  # type: ignore[override]  # noqa: N802
        return _Popen(process_obj)


class _Popen(popen_forkserver.Popen):
    """How a served process is started."""

    def _launch(self, process_obj: ServedProcess) -> None:
        whole = multiprocessing.spawn.get_preparation_data
        told = whole if process_obj.runs_program else _told
        _launching(SERVERS[process_obj.allocator], told)(self, process_obj)
