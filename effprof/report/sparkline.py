"""A series of nights as one line of text, with its step marked."""

from collections.abc import Sequence

from effprof.core.units import is_missing

#: From the lowest to the highest value.
BLOCKS = "▁▂▃▄▅▆▇█"

#: Stands for a night without a value, and before the first night of a step.
GAP = "·"
STEP = "┃"

#: Nights that fit a line of a page; of more the newest are drawn, or those around the step.
MOST_NIGHTS = 45


def sparkline(values: Sequence[float | None], step: int | None = None) -> str:
    """Draw values between their least and their largest; `step` is the index of the first bad one.

    >>> sparkline([1.0, 1.1, None, 2.0, 1.9], step=3)
    '▁▂·┃█▇'
    """
    start = _start(len(values), step)
    window = values[start : start + MOST_NIGHTS]
    there = [value for value in window if value is not None and not is_missing(value)]
    low, high = min(there, default=0.0), max(there, default=0.0)
    drawn = [_block(value, low, high) for value in window]
    if step is not None and 0 < step - start < len(drawn):
        drawn.insert(step - start, STEP)
    return "".join(drawn)


def _start(nights: int, step: int | None) -> int:
    """Find the first night to draw: the newest ones, earlier if the step would not be seen."""
    newest = max(0, nights - MOST_NIGHTS)
    return newest if step is None else max(0, min(newest, step - MOST_NIGHTS // 2))


def _block(value: float | None, low: float, high: float) -> str:
    if value is None or is_missing(value):
        return GAP
    share = (value - low) / (high - low) if high > low else 0.0
    return BLOCKS[round(share * (len(BLOCKS) - 1))]
