"""A machine that is not quiet: said before it is measured, and on a terminal asked about."""

import os
import select
import sys
import time
from collections.abc import Callable

from effprof.cli.output import note
from effprof.device.load import Load

#: Minutes for which a machine is waited for at most.
WAIT_MINUTES = 5

#: Seconds between two looks meanwhile, and looks in a row that must find it quiet.
PAUSE_SECONDS = 2.0
QUIET_LOOKS = 2

#: Seconds for which an answer is waited for: whoever started a run and left wants it measured.
ANSWER_SECONDS = 60


def tell_load(load: Load, look: Callable[[], Load], *, accepted: bool, asks: bool) -> None:
    """Say what keeps the machine busy and what will come of it; where it `asks`, take an answer.

    Raises `KeyboardInterrupt` where the answer is to stop.
    """
    if accepted:
        note(f"{load.text}; samples taken beside them are accepted (--allow-busy)")
        return
    told = (
        f"{load.text}: steps that wait are left out, and cells that never get quiet are marked"
        " rough"
    )
    note(told)
    if not asks:
        return
    answer = _answer(f"[g]o on, [w]ait until it is quiet ({WAIT_MINUTES} min at most), or [s]top? ")
    if answer.startswith("s"):
        raise KeyboardInterrupt
    if answer.startswith("w"):
        _wait(look)


def can_ask() -> bool:
    """Whether somebody can answer: a terminal that belongs to this process, and no CI."""
    if os.environ.get("CI"):
        return False
    try:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            return False
        # A job in the background that reads its terminal is stopped by that.
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (AttributeError, OSError, ValueError):  # there is none, or it is closed
        return False


def _answer(question: str) -> str:
    """Ask for a word; without one within the time, or of another meaning, it is to go on."""
    print(question, end="", file=sys.stderr, flush=True)  # noqa: T201  # a question ends no line
    ready, _, _ = select.select([sys.stdin], [], [], ANSWER_SECONDS)
    if not ready:
        note(f"\nno answer in {ANSWER_SECONDS} s: going on")
        return ""
    return sys.stdin.readline().strip().lower()


def _wait(
    look: Callable[[], Load],
    pause: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Wait until looks in a row find the machine quiet, or the time is over."""
    end = clock() + 60 * WAIT_MINUTES
    quiet = 0
    while quiet < QUIET_LOOKS:
        if clock() >= end:
            note(f"still not quiet after {WAIT_MINUTES} min: going on")
            return
        pause(PAUSE_SECONDS)
        quiet = quiet + 1 if look().quiet else 0
    note("quiet now: going on")
