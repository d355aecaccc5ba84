"""Bars of text: blocks whose length is in proportion to what they show."""

#: Blocks of zero to seven eighths of a character.
_EIGHTHS = " ▏▎▍▌▋▊▉"


def bar(value: float | None, largest: float, width: int) -> str:
    """Draw a value as blocks; the largest one is `width` characters long.

    >>> bar(0.5, 0.5, 3), bar(0.03, 0.5, 20), bar(0.0001, 0.5, 20), bar(None, 0.5, 20)
    ('███', '█▎', '▏', '')
    """
    if not value or not largest:
        return ""
    eighths = max(1, round(value / largest * width * 8))
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).rstrip()
