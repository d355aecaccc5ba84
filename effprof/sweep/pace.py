"""The pace of a sweep: how long the rest of it will take, told by what has been measured."""

import math
from collections.abc import Iterable

from effprof.core.cells import Cell
from effprof.core.durations import duration_text
from effprof.core.outcomes import Failure, Repeat
from effprof.sweep.runner import LASTING

#: What the first cells say of all others is shrunk towards the estimate as if so many cells had
#: been as estimated: one odd cell must not multiply hours (an estimate of 9.5 min once became 2 h
#: 57 min). What a cell says of itself is shrunk towards the others much less. Both from replays of
#: the published runs.
ESTIMATED_CELLS = 3.0
ESTIMATED_REPEATS = 0.5

#: The time left is told anew, with the reason, when it is off by this factor and these seconds.
MOVE, MOVE_SECONDS = 1.25, 10.0

#: Shortest time that a repeat takes, in seconds: ratios of times are taken.
SHORTEST = 1e-3


class Pace:
    """The seconds left of a sweep: estimates, corrected by what repeats took.

    A cell that was measured tells its next repeats, all cells together tell those that were not.
    """

    def __init__(self, pending: Iterable[tuple[Cell, int, float]], besides: float = 0.0) -> None:
        """`pending` are (cell, repeat, estimated seconds), in measuring order.

        `besides` are seconds of what else is to be done: the sweep notes that it ends.
        """
        self._pending = list(pending)
        self._besides = besides
        self._own: dict[Cell, list[float]] = {}
        self._ended = set[Cell]()
        self._guessed = self._spent = 0.0
        self._told = self.seconds_left

    def done(self, repeat: Repeat) -> None:
        """Note what the next pending repeat took. What fails for good is not measured again."""
        cell, _, guess = self._pending.pop(0)
        self._told -= repeat.seconds
        kind = repeat.outcome.kind if isinstance(repeat.outcome, Failure) else None
        if kind == "skipped" or kind in LASTING:
            self._ended.add(cell)
            return
        self._guessed += guess
        self._spent += repeat.seconds
        ratio = math.log(max(SHORTEST, repeat.seconds) / max(SHORTEST, guess))
        self._own.setdefault(cell, []).append(ratio)

    def passed(self, seconds: float) -> None:
        """Note that so much of what else is to be done is done."""
        self._besides = max(0.0, self._besides - seconds)

    @property
    def seconds_left(self) -> float:
        """Estimated seconds of all that is to be done."""
        return self._besides + sum(self._seconds(self._pending))

    @property
    def next_round(self) -> tuple[float, float]:
        """Estimated seconds of the repeats up to the end of this round, and of the longest."""
        seconds = self._seconds(each for each in self._pending if each[1] == self._pending[0][1])
        return self._besides + sum(seconds), max(seconds)

    def moved(self) -> str | None:
        """Say why the time left is not what was told before, where it is far off; else None.

        It is told with that: the next time it is held against what was told then.
        """
        left, told = self.seconds_left, max(self._told, 0.0)
        high, low = max(left, told), min(left, told)
        if high < low * MOVE or high - low < MOVE_SECONDS:
            return None
        self._told = left
        factor = self._spent / self._guessed if self._guessed else 1.0
        return (
            f"{duration_text(left)}, not {duration_text(told)}:"
            f" cells take {factor:.1f}x as long as estimated"
        )

    def _seconds(self, pending: Iterable[tuple[Cell, int, float]]) -> list[float]:
        others = _shrunk([ratio for own in self._own.values() for ratio in own], ESTIMATED_CELLS)
        return [
            0.0
            if cell in self._ended
            else guess * math.exp(_shrunk(self._own.get(cell, []), ESTIMATED_REPEATS, others))
            for cell, _, guess in pending
        ]


def _shrunk(ratios: list[float], weight: float, towards: float = 0.0) -> float:
    return (sum(ratios) + weight * towards) / (len(ratios) + weight)
