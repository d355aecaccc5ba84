"""Passes that come after the timing: what they fail to tell costs nothing that is known already."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from effprof.measure.failures import classify

T = TypeVar("T")


def attempt(take: Callable[[], T], numbers: Sequence[str]) -> tuple[T | None, dict[str, str]]:
    """Take a pass; where it fails, return None and why each of its `numbers` is missing."""
    try:
        return take(), {}
    except Exception as error:  # noqa: BLE001  # the reason is kept with the measurement
        return None, dict.fromkeys(numbers, classify(error).reason)
