"""Fresh worker processes, forked from a preloaded server; they may die, the parent never does.

A worker runs one call, sends what it returns, and ends. It owns the device: the parent neither
imports torch nor initialises CUDA. Its process group is killed when it ends or overstays, and it
kills itself when the parent is gone.
"""

import contextlib
import multiprocessing
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from typing import Any

from effprof.core.cells import Allocator
from effprof.core.errors import BadInput
from effprof.core.outcomes import Failure
from effprof.device.allocator import policy_variables
from effprof.models.objects import Sent, receiving
from effprof.sweep.server import SERVERS, ServedProcess

#: Environment of the fork servers and so of every worker, beside the policy of its allocator; what
#: the user has set stays.
#: Quiet: the CUDA build of torch warns about a missing GPU. OpenBLAS: its threads would start
#: before the fork. PCI order: GPU 0 is nvidia-smi's GPU 0. CUPTI stays: torch would take it down
#: after a recording, in later CUDA calls, which breaks CUDA graphs and further recordings (pytorch
#: #112507, #175790; kineto #1554).
WORKER_ENVIRONMENT = {
    "KINETO_LOG_LEVEL": "99",
    "OPENBLAS_NUM_THREADS": "1",
    "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
    "TEARDOWN_CUPTI": "0",
}

#: Seconds a worker that is killed or dies gets to be gone. The kernel first tears down what it held
#: of a GPU, which takes long where that is tens of gigabytes, and the next cell would not get them.
REAP_SECONDS = 30.0

Listener = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class _Raised:
    """An exception that crossed the process boundary."""

    error: Exception


@dataclass(frozen=True, slots=True)
class _Returned:
    value: Any


class Workers:
    """Fork servers with torch loaded, and calls in fresh processes forked from them."""

    def __init__(self, preload: str = "effprof.sweep.preload", objects: Sent | None = None) -> None:
        """`preload` is the module that a server imports; tests name a lighter one.

        `objects` are the models that calls find by name though they are objects of this process.
        """
        self.objects = objects or Sent()
        for server in SERVERS.values():
            server.set_forkserver_preload([preload])
        self._started = set[Allocator]()

    def start(self, allocator: Allocator = "kept") -> None:
        """Begin loading in the background what serves a policy; its first call waits for it.

        Raises `BadInput` where the temporary folder does not let the server start.
        """
        # Deaf only while there is no server yet: a Ctrl-C between two calls must not get lost.
        started = allocator in self._started
        deaf = contextlib.nullcontext() if started else _deaf_to_interrupts()
        variables = WORKER_ENVIRONMENT | policy_variables(allocator, os.environ)
        try:
            with _environment(variables), deaf:
                SERVERS[allocator].ensure_running()
        except OSError as error:  # such as a path that is too long for the server's socket
            folder = tempfile.gettempdir()
            raise BadInput(
                f"workers cannot be started in the temporary folder {folder}: {error}; name "
                "another one with TMPDIR, of at most 70 characters"
            ) from error
        self._started.add(allocator)

    def call(
        self,
        function: Callable[..., Any],
        *arguments: Any,  # noqa: ANN401  # whatever `function` takes
        timeout: float,
        listener: Listener = lambda message: None,
        allocator: Allocator = "kept",
    ) -> Any | Failure:  # noqa: ANN401
        """Run `function(*arguments, tell)` in a fresh worker and return what it returns.

        `tell` sends messages to `listener`; `allocator` is the policy of the worker. Exceptions of
        the function are raised here. A worker that dies or overstays `timeout` seconds gives a
        `Failure` of kind crashed or timeout.
        """
        self.start(allocator)
        ours, theirs = multiprocessing.Pipe()
        # The worker watches the reading end: it closes when this process is gone.
        lifeline, held = multiprocessing.Pipe(duplex=False)
        process = ServedProcess(
            function.__module__,
            target=_serve,
            args=(theirs, lifeline, function, arguments, dict(self.objects.files)),
            allocator=allocator,
        )
        process.start()
        theirs.close()
        lifeline.close()
        try:
            reply = _await_reply(process, ours, timeout, listener)
        finally:
            _end(process)
            held.close()
            ours.close()
        match reply:
            case _Raised(error):
                raise error
            case _Returned(value):
                return value
            case _:
                return reply


def _await_reply(
    process: ForkServerProcess, connection: Connection, timeout: float, listener: Listener
) -> _Returned | _Raised | Failure:
    deadline = time.monotonic() + timeout
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            return Failure("timeout", f"no result after {timeout:g} s")
        ready = wait([connection, process.sentinel], timeout=left)
        if connection in ready:
            try:
                message = connection.recv()
            except EOFError:
                return _death(process)
            if isinstance(message, (_Returned, _Raised)):
                return message
            listener(message)
        elif ready:
            return _death(process)


def _death(process: ForkServerProcess) -> Failure:
    process.join(REAP_SECONDS)
    code = process.exitcode
    if code is None or code >= 0:
        return Failure("crashed", f"the worker ended with exit status {code} and no result")
    name = signal.Signals(-code).name
    guess = "; out of host memory?" if name == "SIGKILL" else ""
    return Failure("crashed", f"{name}{guess}")


def _end(process: ForkServerProcess) -> None:
    """Leave nothing behind: neither the worker nor anything that it started."""
    if process.pid is not None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.join(REAP_SECONDS)


def _serve(
    connection: Connection,
    lifeline: Connection,
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    objects: dict[str, str],
) -> None:
    """Body of a worker: its own process group, a watch on the parent, one call, one reply."""
    os.setsid()
    # Stdout is for answers: what a model prints goes with the messages.
    os.dup2(2, 1)
    threading.Thread(target=_die_with_parent, args=(lifeline,), daemon=True).start()
    try:
        with receiving(objects):
            reply: _Returned | _Raised = _Returned(function(*arguments, connection.send))
    except Exception as error:  # noqa: BLE001  # it is raised again in the parent
        reply = _Raised(error)
    connection.send(reply)
    connection.close()
    # Skips the teardown of torch and CUDA, which can hang or crash after the result is safe.
    os._exit(0)


def _die_with_parent(lifeline: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        lifeline.recv()
    os.killpg(0, signal.SIGKILL)


@contextlib.contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Have processes that are started meanwhile ignore the terminal's Ctrl-C; it is for us."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Set the variables that are not set yet, for the processes started meanwhile."""
    added = {name: value for name, value in variables.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]
