"""What a step raises becomes a failure with its reason."""

import pytest
import torch

from effprof.measure.failures import NotFinite, classify
from effprof.measure.steps import Unsupported


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (
            torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB. GPU 0 has..."),
            "oom",
            "CUDA out of memory",
        ),
        (MemoryError(), "oom", "MemoryError"),
        (
            RuntimeError(
                "[enforce fail] can't allocate memory: you tried to allocate 3221225472 bytes."
            ),
            "oom",
            "out of host memory: 3.0 GiB asked for at once",
        ),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), "oom", "ALLOC_FAILED"),
        (RuntimeError("CUDA error: out of memory"), "oom", "out of memory"),
        (RuntimeError("CUDA driver error: out of memory"), "oom", "out of memory"),
        (RuntimeError("cublas: CUBLAS_STATUS_EXECUTION_FAILED"), "cuda_error", "EXECUTION"),
        (RuntimeError("\"conv\" not implemented for 'Half'"), "unsupported", "Half"),
        (NotFinite("the output holds NaN"), "nan", "the output holds NaN"),
        (Unsupported("TF32 is a mode"), "unsupported", "TF32 is a mode"),
        (NotImplementedError("no kernel"), "unsupported", "no kernel"),
        (RuntimeError("CUDA error: device-side assert triggered"), "cuda_error", "device-side"),
        (ValueError("a model's own mistake"), "crashed", "ValueError: a model's own mistake"),
    ],
)
def test_the_table_of_failures(error, kind, reason):
    failure = classify(error)
    assert failure.kind == kind
    assert reason in failure.reason
    assert type(error).__name__ in failure.detail
