"""Variants of EfficientNet by parameters: `efficientnet?phi=1&se=off&act=relu6`."""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from effprof.core.errors import BadInput, suggestion
from effprof.models.scaling import ALPHA, BETA, DIVISOR, GAMMA, Coefficients, coefficients

#: Activations by the name used in `act=`; the builder maps each to a module.
ACTIVATIONS = (
    "gelu",
    "hard_swish",
    "mish",
    "relu",
    "relu6",
    "silu",
    "silu_recompute",
    "silu_unfused",
)

#: `symmetric` pads both sides alike, `same` as TensorFlow: a padding operator before the conv.
PADDINGS = ("same", "symmetric")

#: Kernel of a fused conv: 3 as in EfficientNetV2, or that of the depthwise conv it replaces.
FUSED_KERNELS = ("3", "keep")

#: MBConv stages are counted 1 to 7 here, as in EfficientNetV2's Table 3 ("fused stage 1-3").
MBCONV_STAGES = 7

#: Beyond |phi| = 20 the powers leave every machine's memory (1.92^20 = 460,000 x B0).
MAX_PHI = 20.0


@dataclass(frozen=True, slots=True)
class EfficientNetVariant:
    """An EfficientNet: how it is scaled and which parts it is made of; the defaults are B0.

    `width`, `depth` (multipliers) and `resolution` (pixels) override what `phi` gives. `se` is the
    squeeze ratio against the block's input channels, 0 for none. `fused` is the first and last
    MBConv stage (1 to 7) whose expansion and depthwise conv are fused into one dense conv, 3x3 or
    of the depthwise conv's own size (`fused_kernel=keep`).
    """

    phi: float = 0.0
    alpha: float = ALPHA
    beta: float = BETA
    gamma: float = GAMMA
    width: float | None = None
    depth: float | None = None
    resolution: int | None = None
    se: float = 0.25
    act: str = "silu"
    fused: tuple[int, int] | None = None
    fused_kernel: str = "3"
    divisor: int = DIVISOR
    expand: int = 6
    pad: str = "symmetric"

    @property
    def coefficients(self) -> Coefficients:
        """Depth and width multipliers and the image size, explicit ones first."""
        scaled = coefficients(self.phi, self.alpha, self.beta, self.gamma)
        return Coefficients(
            depth=self.depth or scaled.depth,
            width=self.width or scaled.width,
            resolution=self.resolution or scaled.resolution,
        )

    @property
    def text(self) -> str:
        """The parameters that differ from B0 in a fixed order: `phi=1&se=off`, or nothing."""
        return "&".join(
            f"{field.name}={_write(field.name, getattr(self, field.name))}"
            for field in fields(self)
            if getattr(self, field.name) != field.default
        )

    @classmethod
    def parse(cls, text: str) -> "EfficientNetVariant":
        """Read `phi=1&se=off`; raises `BadInput` naming every parameter that is wrong.

        >>> EfficientNetVariant.parse("se=off&phi=1.0").text
        'phi=1&se=off'
        """
        values: dict[str, Any] = {}
        problems = []
        for part in filter(None, text.split("&")):
            name, _, value = part.partition("=")
            if name not in _READERS:
                problems.append(f"no parameter {name!r}{suggestion(name, _READERS)}")
            elif name in values:
                problems.append(f"{name} is given twice")
            else:
                try:
                    values[name] = _READERS[name](value)
                except ValueError as error:
                    problems.append(f"{name}={value}: {error}")
        if problems:
            known = ", ".join(_READERS)
            raise BadInput(f"efficientnet?{text}: {'; '.join(problems)} (parameters: {known})")
        return cls(**values)


def _number(low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise ValueError("not a number") from None
        if not (math.isfinite(value) and low <= value <= high):
            raise ValueError(f"not between {low:g} and {high:g}")
        return value + 0.0  # -0.0 becomes 0.0

    return read


def _integer(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise ValueError(f"not a whole number from {low} to {high}")
        return int(text)

    return read


def _choice(allowed: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"not one of {', '.join(allowed)}")
        return text

    return read


def _off_or(read: Callable[[str], Any], off: Any) -> Callable[[str], Any]:  # noqa: ANN401
    return lambda text: off if text == "off" else read(text)


def _stage_range(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    read = _integer(1, MBCONV_STAGES)
    try:
        pair = read(first), read(last or first)
    except ValueError:
        pair = (1, 0)
    if pair[0] > pair[1]:
        raise ValueError(f"not off, a stage or a range of stages from 1 to {MBCONV_STAGES}")
    return pair


_READERS: dict[str, Callable[[str], Any]] = {
    "phi": _number(-MAX_PHI, MAX_PHI),
    "alpha": _number(0.1, 10),
    "beta": _number(0.1, 10),
    "gamma": _number(0.1, 10),
    "width": _number(0.01, 100),
    "depth": _number(0.01, 100),
    "resolution": _integer(1, 10_000),
    "se": _off_or(_number(0, 1), 0.0),
    "act": _choice(ACTIVATIONS),
    "fused": _off_or(_stage_range, None),
    "fused_kernel": _choice(FUSED_KERNELS),
    "divisor": _integer(1, 1024),
    "expand": _integer(1, 64),
    "pad": _choice(PADDINGS),
}


def _write(name: str, value: Any) -> str:  # noqa: ANN401  # the type depends on the parameter
    match value:
        case 0.0 if name == "se":
            return "off"
        case (first, last):
            return f"{first}" if first == last else f"{first}-{last}"
        case float():
            return repr(value).removesuffix(".0")
        case _:
            return str(value)
