"""Passes that come after the timing: what they fail to tell costs nothing that is known already."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from effprof.core.outcomes import Failure
from effprof.measure.failures import classify

T = TypeVar("T")


class Attempts:
    """Takes passes one after the other; a failure is the reason for the numbers of its pass.

    After an error of CUDA the context is gone: no further pass is taken, and all of their numbers
    are missing for the same reason, which `gone` keeps.
    """

    def __init__(self) -> None:
        """Begin with a device that works."""
        self.gone: Failure | None = None

    def take(
        self, work: Callable[[], T], numbers: Sequence[str]
    ) -> tuple[T | None, dict[str, str]]:
        """Take a pass; where it fails, return None and why each of its `numbers` is missing."""
        if self.gone is not None:
            return None, dict.fromkeys(numbers, self.gone.reason)
        try:
            return work(), {}
        except Exception as error:  # noqa: BLE001  # the reason is kept with the measurement
            failure = classify(error)
            if failure.kind == "cuda_error":
                self.gone = failure
            return None, dict.fromkeys(numbers, failure.reason)
