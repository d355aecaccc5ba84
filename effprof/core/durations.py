"""Durations as people write and read them: `90s`, `2min`, `1h30m`; `3 min 20 s`."""

import re

from effprof.core.errors import BadInput

#: Seconds of a unit, by what people call it.
UNITS = {
    **dict.fromkeys(("h", "hour", "hours"), 3600.0),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60.0),
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1.0),
}

#: Longest duration that can be meant, in seconds: thirty days.
LONGEST = 30 * 24 * 3600.0

_PART = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*([a-z]+)")


def read_duration(text: str) -> float:
    """Read a duration in seconds; raises `BadInput` for what is none or is not above 0.

    >>> read_duration("90s"), read_duration("2min"), read_duration("1h30m"), read_duration("1.5 h")
    (90.0, 120.0, 5400.0, 5400.0)
    """
    plain = "".join(text.split()).lower()
    parts = _PART.findall(plain)
    units = [UNITS.get(unit, 0.0) for _, unit in parts]
    falling = units == sorted(set(units), reverse=True)
    if "".join(map("".join, parts)) != plain or not parts or 0.0 in units or not falling:
        raise BadInput(f"{text!r} is not a duration; write one like 90s, 2min or 1h30m")
    seconds = sum(float(number) * unit for (number, _), unit in zip(parts, units, strict=True))
    if not 0 < seconds <= LONGEST:
        raise BadInput(f"{text!r} is {seconds:g} s; give more than 0 s, and 720 h at most")
    return seconds


def duration_text(seconds: float) -> str:
    """Write a duration for people, e.g. `3 min 20 s`.

    >>> duration_text(200.4), duration_text(42), duration_text(120), duration_text(7300)
    ('3 min 20 s', '42 s', '2 min', '2 h 1 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{rest} s"
