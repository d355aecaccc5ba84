"""What each precision mode sets, explicitly: TF32, autocast and the backend flags."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from effprof.core.cells import Precision

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class PrecisionMode:
    """The flags of one precision: `autocast` names the half type, `tf32` allows rounding."""

    tf32: bool
    autocast: str | None

    @property
    def dtype_name(self) -> str:
        """Name of the type that convolutions and products are computed in."""
        return self.autocast or "float32"


PRECISION_MODES: dict[Precision, PrecisionMode] = {
    "fp32": PrecisionMode(tf32=False, autocast=None),
    "tf32": PrecisionMode(tf32=True, autocast=None),
    "amp-fp16": PrecisionMode(tf32=False, autocast="float16"),
    "amp-bf16": PrecisionMode(tf32=False, autocast="bfloat16"),
}


def unsupported_reason(precision: Precision, device_kind: str) -> str | None:
    """Say why a precision does not exist on a kind of device, or None where it does."""
    if precision == "tf32" and device_kind == "cpu":
        return "TF32 is a mode of NVIDIA tensor cores; measure fp32 on a CPU"
    return None


def set_precision(precision: Precision) -> dict[str, str]:
    """Set every flag that changes arithmetic or algorithm choice; return them as recorded."""
    import torch

    mode = PRECISION_MODES[precision]
    torch.set_float32_matmul_precision("high" if mode.tf32 else "highest")
    torch.backends.cuda.matmul.allow_tf32 = mode.tf32
    torch.backends.cudnn.allow_tf32 = mode.tf32
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.deterministic = False
    return {
        "precision": precision,
        "autocast": mode.autocast or "off",
        "float32_matmul_precision": torch.get_float32_matmul_precision(),
        "cuda.matmul.allow_tf32": str(mode.tf32),
        "cudnn.allow_tf32": str(mode.tf32),
        "cudnn.benchmark": "True",
        "cudnn.deterministic": "False",
        "deterministic_algorithms": str(torch.are_deterministic_algorithms_enabled()),
    }


def autocast(precision: Precision, device_kind: str) -> "torch.autocast":
    """Return the autocast context of a precision; a context that does nothing without one."""
    import torch

    mode = PRECISION_MODES[precision]
    dtype = getattr(torch, mode.autocast) if mode.autocast else torch.bfloat16
    return torch.autocast(device_kind, dtype=dtype, enabled=mode.autocast is not None)
