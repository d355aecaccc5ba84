"""The fork server that workers come from: our own, whatever else this program starts.

The one of `multiprocessing` is shared by all that a process starts: a server that somebody else has
started would lack what ours loads and sets. And its processes import the program that they come
from, so that a script without `if __name__ == "__main__"` would begin anew in each of them.
"""

import multiprocessing.forkserver
import multiprocessing.spawn
from multiprocessing import popen_forkserver
from multiprocessing.context import ForkServerProcess
from multiprocessing.forkserver import ForkServer
from multiprocessing.process import BaseProcess
from types import FunctionType, SimpleNamespace
from typing import Any

#: The server of this process: it ends with it, and serves every call until then.
SERVER = ForkServer()

#: What a process is told of the program that it comes from, and shall not import.
_PROGRAM = "init_main"


def _told(name: str) -> dict[str, Any]:
    """Tell a worker all that a process is told, but for the program that it comes from."""
    told = multiprocessing.spawn.get_preparation_data(name)
    return {key: value for key, value in told.items() if not key.startswith(_PROGRAM)}


#: How the standard library launches a process, with our server and what we tell it.
_launch = FunctionType(
    popen_forkserver.Popen._launch.__code__,  # type: ignore[attr-defined]  # not in its stubs
    vars(popen_forkserver)
    | {
        "forkserver": SimpleNamespace(
            **vars(multiprocessing.forkserver)
            | {"connect_to_new_process": SERVER.connect_to_new_process}
        ),
        "spawn": SimpleNamespace(**vars(multiprocessing.spawn) | {"get_preparation_data": _told}),
    },
)


class _Popen(popen_forkserver.Popen):
    """A process that is forked from our server."""

    def _launch(self, process_obj: BaseProcess) -> None:
        _launch(self, process_obj)


class ServedProcess(ForkServerProcess):
    """A fresh process, forked from our server, that knows nothing of this program's `__main__`."""

    @staticmethod
    def _Popen(process_obj: BaseProcess) -> _Popen:  # noqa: N802  # the name of the library
        return _Popen(process_obj)
