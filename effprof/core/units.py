"""Numbers for people: SI prefixes, binary sizes and times, applied only where text is made."""

import math
from collections.abc import Callable

from effprof.core.estimates import Estimate

#: What stands where there is no number; never a zero.
MISSING = "–"

_DECIMAL = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""))
_SMALL = ((1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"))
_TIMES = ((3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_BINARY = ((2.0**40, "TiB"), (2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB"), (1.0, "B"))

#: Times from this on are told in minutes, in seconds: "90 s" reads better than "1.5 min".
_MINUTES_FROM = 120.0


def is_missing(value: float | None) -> bool:
    """Whether there is no number: None, NaN or an infinity."""
    return value is None or not math.isfinite(value)


def significant(value: float | None, digits: int = 3) -> str:
    """Write `value` with `digits` significant digits and no exponent.

    >>> significant(4.7139), significant(1234.5), significant(0.001234), significant(None)
    ('4.71', '1234', '0.00123', '–')
    """
    if value is None or is_missing(value):
        return MISSING
    if value == 0:
        return "0"
    magnitude = math.floor(math.log10(abs(_rounded(value, digits))))
    return f"{value:.{max(0, digits - 1 - magnitude)}f}"


def si(value: float | None, unit: str = "", digits: int = 3) -> str:
    """Write `value` with a decimal prefix.

    >>> si(385_814_752), si(237e9, "FLOP/s"), si(0.0123, "J"), si(999_999)
    ('386 M', '237 GFLOP/s', '12.3 mJ', '1.00 M')
    """
    if value is None or is_missing(value):
        return MISSING
    scales = _DECIMAL if abs(_rounded(value, digits)) >= 1 or value == 0 else _SMALL
    return _scaled(value, tuple((size, prefix + unit) for size, prefix in scales), digits)


def duration(seconds: float | None, digits: int = 3) -> str:
    """Write a time with the unit that suits it.

    >>> duration(0.0171), duration(90), duration(300), duration(2.5e-6)
    ('17.1 ms', '90.0 s', '5.00 min', '2.50 µs')
    """
    if seconds is None or is_missing(seconds):
        return MISSING
    scales = _TIMES if abs(seconds) >= _MINUTES_FROM else _TIMES[2:]
    return _scaled(seconds, scales, digits)


def byte_size(count: float | None, digits: int = 3) -> str:
    """Write a number of bytes with a binary prefix.

    >>> byte_size(1.5 * 2**30), byte_size(512)
    ('1.50 GiB', '512 B')
    """
    if count is None or is_missing(count):
        return MISSING
    return _scaled(count, _BINARY, digits)


def times(value: float | None, digits: int = 3) -> str:
    """Write a ratio.

    >>> times(10.598)
    '10.6x'
    """
    return MISSING if value is None or is_missing(value) else f"{significant(value, digits)}x"


def percent(share: float | None, digits: int = 2) -> str:
    """Write a share of one as a percentage.

    >>> percent(0.434), percent(0.0123), percent(1.2)
    ('43 %', '1.2 %', '120 %')
    """
    if share is None or is_missing(share):
        return MISSING
    return f"{significant(share * 100, digits)} %"


def hundredths(value: float | None) -> str:
    """Write a number with two decimals, as shares of variance and powers are told.

    >>> hundredths(0.8149), hundredths(-0.004)
    ('0.81', '-0.00')
    """
    return MISSING if value is None or is_missing(value) else f"{value:.2f}"


def estimate_text(
    estimate: Estimate, unit: str = "", write: Callable[[float | None], str] = significant
) -> str:
    """Write an estimate with its 95 % interval in brackets, where there is one to write.

    What is exact needs none, and one that is open to a side is not told.

    >>> estimate_text(Estimate(1.4, 1.3, 1.5, "paired", 5), "x")
    '1.40x [1.30, 1.50]'
    >>> estimate_text(Estimate.exact(8.0)), estimate_text(Estimate.bare(2.0, 1), "x")
    ('8.00', '2.00x')
    """
    told = f"{write(estimate.value)}{unit}"
    if estimate.interval is None or any(map(is_missing, estimate.interval)):
        return told
    return f"{told} [{', '.join(map(write, estimate.interval))}]"


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits - 1}e}")


def _scaled(value: float, scales: tuple[tuple[float, str], ...], digits: int) -> str:
    rounded = abs(_rounded(value, digits))
    size, unit = next((row for row in scales if rounded >= row[0]), scales[-1])
    return f"{significant(value / size, digits)} {unit}".rstrip()
