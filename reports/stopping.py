"""A command that is shown, kept, and stopped in order when its time is over, or by trouble."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path

from budget import STOP_SECONDS

#: Seconds that a stopped command gets to end by itself, less than `STOP_SECONDS`: the export and
#: the summary come after it. What it had finished by then is kept in any case.
GRACE_SECONDS = STOP_SECONDS - 10


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit status, the seconds it took, whether it was stopped.

    `trouble` is why its output could not be shown or kept, if it was stopped for that.
    """

    status: int
    seconds: float
    stopped: bool
    trouble: str | None = None


def run_until(
    command: Sequence[str],
    seconds: float,
    log: Path,
    environment: dict[str, str],
    folder: Path | None = None,
) -> Ended:
    """Run a command, showing and keeping what it prints; stop it in order after `seconds`.

    SIGTERM first, and SIGKILL to it and all that it started when it takes longer than
    `GRACE_SECONDS`. Interrupts of this program stop it in the same way, however many there are;
    so does output that can be shown or kept no more. Raises `OSError` where the log cannot be
    written; nothing is started then.
    """
    start = time.monotonic()
    with log.open("ab", buffering=0) as kept:
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            cwd=folder,
            env=os.environ | {"PYTHONUNBUFFERED": "1", "HF_HUB_OFFLINE": "1"} | environment,
            start_new_session=True,
        )
        assert process.stdout is not None, "it is a pipe"
        # Taken and never given back: of a limit, interrupts and trouble only the first one stops.
        stopped = threading.Lock()

        def stop() -> None:
            if stopped.acquire(blocking=False):
                process.terminate()
                killer.start()

        killer = threading.Timer(GRACE_SECONDS, lambda: os.killpg(process.pid, signal.SIGKILL))
        stopper = threading.Timer(max(seconds, 0), stop)
        killer.daemon = stopper.daemon = True
        before = {
            number: signal.signal(number, lambda *_: stop())
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        stopper.start()
        try:
            trouble = _show(process.stdout, kept, stop)
        except BaseException:
            stop()
            raise
        finally:
            # Closed before the wait: nobody reads the pipe any more, and a full one would block.
            process.stdout.close()
            status = process.wait()
            stopper.cancel()
            killer.cancel()
            for number, handler in before.items():
                signal.signal(number, handler)
    return Ended(status, time.monotonic() - start, stopped.locked(), trouble)


def _show(lines: Iterable[str], kept: RawIOBase, stop: Callable[[], None]) -> str | None:
    """Print and keep lines, to the last, since who writes them waits for a reader.

    At the first that cannot be shown or kept `stop` is called; returns why.
    """
    trouble = None
    for line in lines:
        if trouble is None:
            try:
                kept.write(line.encode())
                print(line, end="", flush=True)
            except (OSError, ValueError) as error:  # ValueError: closed, or not in its encoding
                trouble = str(error)
                stop()
    return trouble
