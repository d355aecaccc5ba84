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


#: How allocators and libraries say that memory is out, where they do not raise torch's own type.
_OOM_WORDS = (
    "can't allocate memory",
    "CUDA error: out of memory",
    "CUDA driver error: out of memory",
    "CUDNN_STATUS_ALLOC_FAILED",
    "CUBLAS_STATUS_ALLOC_FAILED",
)

#: How CUDA and its libraries say that a kernel or the device failed.
_CUDA_WORDS = ("CUDA error", "CUDA driver error", "cuDNN error", "CUBLAS_STATUS", "CUDNN_STATUS")

_Matches = Callable[[BaseException, str], bool]
_Reason = Callable[[BaseException, str], str]


def _is_oom(error: BaseException, text: str) -> bool:
    import torch

    told = any(words in text for words in _OOM_WORDS)
    return told or isinstance(error, (torch.OutOfMemoryError, MemoryError))


def _wanted(error: BaseException, text: str) -> str:
    asked = re.search(r"you tried to allocate (\d+) bytes", text)
    if asked is None:
        return _first_sentence(error, text)
    return f"out of host memory: {int(asked[1]) / 2**30:,.1f} GiB asked for at once"


def _first_sentence(_: BaseException, text: str) -> str:
    return text.split(". ", maxsplit=1)[0][:MAX_REASON]


def _told_by_loader(error: BaseException, _: str) -> str:
    """Leave out the traceback that torch puts before what a process of a loader raised."""
    last = str(error).strip().splitlines()[-1]
    return f"a process of the loader raised {last[:MAX_REASON]}"


def _named(error: BaseException, text: str) -> str:
    return f"{type(error).__name__}: {text[:MAX_REASON]}"


#: Order is meaning; the last row catches all.
_FAILURES: tuple[tuple[FailureKind, _Matches, _Reason], ...] = (
    ("oom", _is_oom, _wanted),
    ("nan", lambda error, _: isinstance(error, NotFinite), _first_sentence),
    (
        "unsupported",
        lambda error, text: (
            isinstance(error, (Unsupported, NotImplementedError)) or "not implemented for '" in text
        ),
        _first_sentence,
    ),
    ("cuda_error", lambda _, text: any(words in text for words in _CUDA_WORDS), _first_sentence),
    (
        "crashed",
        lambda _, text: text.startswith("Caught ") and "in DataLoader worker process" in text,
        _told_by_loader,
    ),
    ("crashed", lambda *_: True, _named),
)
