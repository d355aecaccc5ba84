"""The early and the late stages of an EfficientNet: their MACs, and the time they take."""

import re

from effprof.core.outcomes import Measurement
from effprof.models.scaling import Coefficients, Stage, stages

#: MBConv stages are counted from 1, as in EfficientNetV2's Table 3; timm's paths count from 0.
EARLY_STAGES = (1, 2, 3)

_STAGE_PATH = re.compile(r"blocks\.(\d+)(\..*)?")

#: Squeeze ratio of EfficientNet, against the input channels of a block.
_SQUEEZE = 0.25


def stage_macs(scale: Coefficients) -> tuple[int, ...]:
    """Count the MACs of one image in each of the seven MBConv stages of a scaled EfficientNet."""
    stem, *rest = stages(scale)
    macs, channels = [], stem.channels
    for stage in rest:
        if stage.operator == "mbconv":
            macs.append(_macs(stage, channels))
            channels = stage.channels
    return tuple(macs)


def early_over_late(scale: Coefficients, done: Measurement) -> float | None:
    """Divide the time per MAC in the early stages by that in the late ones, of one profiled step.

    The backward pass counts where its forward operator stands, with equally many times the MACs in
    all stages; what stands in no MBConv stage is left out. None without a profile.
    """
    if done.profile is None:
        return None
    seconds: dict[int, float] = {}
    for op in done.profile.ops:
        if found := _STAGE_PATH.fullmatch(op.module):
            number = int(found[1]) + 1
            seconds[number] = seconds.get(number, 0.0) + op.seconds
    macs = dict(enumerate(stage_macs(scale), start=1))
    if seconds.keys() != macs.keys():
        return None
    early, late = (
        sum(seconds[n] for n in macs if (n in EARLY_STAGES) is side)
        / sum(macs[n] for n in macs if (n in EARLY_STAGES) is side)
        for side in (True, False)
    )
    return early / late


def _macs(stage: Stage, channels: int) -> int:
    """Count one stage: expansion, depthwise conv, squeeze-and-excitation and projection."""
    total = 0
    inputs, size = channels, stage.resolution
    for _ in range(stage.layers):
        wide, out = inputs * stage.expand, stage.out_resolution
        expansion = inputs * wide * size**2 if stage.expand > 1 else 0
        squeezed = max(1, round(inputs * _SQUEEZE))
        total += expansion + wide * stage.kernel**2 * out**2
        total += 2 * wide * squeezed + wide * stage.channels * out**2
        inputs, size = stage.channels, out
    return total
