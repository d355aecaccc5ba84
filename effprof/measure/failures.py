"""What a step raised, turned into the failure that the store keeps, by one table."""

import re
import traceback
from collections.abc import Callable

from effprof.core.outcomes import Failure, FailureKind
from effprof.measure.steps import Unsupported

#: Longest reason kept, in characters; the traceback in `detail` has the rest.
MAX_REASON = 300


class NotFinite(Exception):  # an outcome of a cell, not an error of the program
    """The model returned NaN or infinity."""


def classify(error: BaseException) -> Failure:
    """Turn what a step raised into a failure with its reason."""
    text = " ".join(str(error).split()) or type(error).__name__
    detail = "".join(traceback.format_exception(error))
    for kind, matches, reason in _FAILURES:
        if matches(error, text):
            return Failure(kind, reason(error, text), detail)
    raise AssertionError("the last row matches everything")


_Matches = Callable[[BaseException, str], bool]
_Reason = Callable[[BaseException, str], str]


def _is_oom(error: BaseException, text: str) -> bool:
    import torch

    return (
        isinstance(error, (torch.OutOfMemoryError, MemoryError))
        or "can't allocate memory" in text
        or "CUDNN_STATUS_ALLOC_FAILED" in text
        or "CUBLAS_STATUS_ALLOC_FAILED" in text
    )


def _wanted(error: BaseException, text: str) -> str:
    asked = re.search(r"you tried to allocate (\d+) bytes", text)
    if asked is None:
        return _first_sentence(error, text)
    return f"out of host memory: {int(asked[1]) / 2**30:,.1f} GiB asked for at once"


def _first_sentence(_: BaseException, text: str) -> str:
    return text.split(". ", maxsplit=1)[0][:MAX_REASON]


def _named(error: BaseException, text: str) -> str:
    return f"{type(error).__name__}: {text[:MAX_REASON]}"


#: Order is meaning; the last row catches all.
_FAILURES: tuple[tuple[FailureKind, _Matches, _Reason], ...] = (
    ("oom", _is_oom, _wanted),
    ("nan", lambda error, _: isinstance(error, NotFinite), _first_sentence),
    (
        "unsupported",
        lambda error, _: isinstance(error, (Unsupported, NotImplementedError)),
        _first_sentence,
    ),
    ("cuda_error", lambda _, text: "CUDA error" in text or "cuDNN error" in text, _first_sentence),
    ("crashed", lambda *_: True, _named),
)
