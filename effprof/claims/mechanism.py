"""Group E: why, by variants that change one thing: fused stages, SE, SiLU, padding."""

from functools import partial

from effprof.claims.choices import LARGE_BATCH, Choice
from effprof.claims.claim import Claim, Part, Published, Statistic, Threshold
from effprof.claims.contrasts import step_seconds
from effprof.claims.evidence import DeviceKind, Wanted
from effprof.claims.gpu import B0, B4, TIMM_AUTHOR, allocated
from effprof.claims.part_statistics import (
    ANYWHERE,
    ON_CPU,
    ON_GPU,
    by_kind,
    each_process,
    macs_ratio,
    on_cpu,
    on_gpu,
    product,
    ratio_of,
    speed,
    wanted_of,
)
from effprof.claims.stages import early_over_late
from effprof.core.cells import Execution, Mode
from effprof.models.scaling import Coefficients

#: B4 as published: scaled by hand, not by the formula.
B4_SCALE = Coefficients(depth=1.8, width=1.4, resolution=380)
_B4 = f"effprof:efficientnet?width={B4_SCALE.width}&depth={B4_SCALE.depth}&resolution=380"

#: Images per training step of the fused variants: the largest has 7.6x the FLOPs of B4.
FUSED_BATCH = 32

#: Corners of the 2x2 factorial at equal MACs but for SE's: (SE, SiLU) -> names.
CORNERS: dict[tuple[bool, bool], tuple[str, ...]] = {
    (True, True): ("effprof:efficientnet", *B0),
    (True, False): ("effprof:efficientnet?act=relu6",),
    (False, True): ("effprof:efficientnet?se=off",),
    (False, False): ("effprof:efficientnet?se=off&act=relu6",),
}
LITE0 = ("timm/efficientnet_lite0",)

#: B0 beside networks of timm: timm's own first, ours, which is the same network, if only that is.
PLAIN_B0 = (*B0, "effprof:efficientnet")

_VARIANT = "EfficientNetV2 paper (Tan and Le 2021), Table 3, V100"
_TIMM = "timm's benchmark files"
_LITE = "lite0 against B0, timm's benchmark files"


def _fused(stages: str = "", profile: bool = False) -> Choice:
    name = f"{_B4}&fused={stages}" if stages else _B4
    return on_gpu(name, size=380, batch=FUSED_BATCH, mode="train", profile=profile)


def _corner(names: tuple[str, ...], kind: DeviceKind, execution: Execution = "eager") -> Choice:
    if kind == "cpu":
        return on_cpu(*names, size=224)
    return on_gpu(*names, size=224, execution=execution)


def _main_effect(factor: int) -> Statistic:
    """Slow-down by a factor of the factorial: 0 is SE, 1 is SiLU; mean of both conditional ones."""

    def on(kind: DeviceKind) -> Statistic:
        powers = [
            (0.5 if corner[factor] else -0.5, _corner(names, kind))
            for corner, names in CORNERS.items()
        ]
        return product(step_seconds, "step", powers, LARGE_BATCH if kind == "cuda" else 1)

    return by_kind(cuda=on("cuda"), cpu=on("cpu"))


def _gap(execution: Execution) -> list[tuple[float, Choice]]:
    """Step time of B0 over that without SE and SiLU, as powers."""
    ends = ((1.0, CORNERS[True, True]), (-1.0, CORNERS[False, False]))
    return [(power, _corner(names, "cuda", execution)) for power, names in ends]


def _compiled_over_eager_gap() -> Statistic:
    eager = [(-power, choice) for power, choice in _gap("eager")]
    return product(step_seconds, "step", [*_gap("compile"), *eager], LARGE_BATCH)


def _lite0(mode: Mode = "infer", execution: Execution = "eager") -> Statistic:
    """Images/s of lite0 over those of B0 on a GPU."""
    lite, b0 = (
        on_gpu(*names, size=224, mode=mode, execution=execution) for names in (LITE0, PLAIN_B0)
    )
    return speed(lite, b0, LARGE_BATCH)


def _memory(above: str, below: str) -> Statistic:
    """Allocated memory of a training step of B0 with one implementation of SiLU over another."""
    one, other = (
        on_gpu(_silu(act), size=224, batch=LARGE_BATCH, mode="train") for act in (above, below)
    )
    return ratio_of(allocated, "peak of the allocator", one, other)


def _silu(act: str) -> str:
    return "effprof:efficientnet" if act == "silu" else f"effprof:efficientnet?act={act}"


_C22 = (
    Part(
        "training_speed_fused_1_3",
        "B4 fused in stages 1-3 over B4, images/s in training",
        speed(_fused("1-3"), _fused()),
        Threshold(low=1.2),
        *ON_GPU,
        published=(Published(216 / 155, _VARIANT),),
    ),
    Part(
        "training_speed_fused_1_7",
        "B4 fused in all stages over B4 fused in stages 1-5, images/s in training",
        speed(_fused("1-7"), _fused("1-5")),
        Threshold(high=1.0),
        *ON_GPU,
        published=(Published(206 / 223, _VARIANT),),
    ),
    Part(
        "seconds_per_mac",
        "time per MAC of B4's stages 1-3 over that of stages 4-7",
        each_process(partial(early_over_late, B4_SCALE), "profile", _fused(profile=True)),
        Threshold(low=2.0),
        *ON_GPU,
    ),
    Part(
        "flops",
        "FLOPs of B4 fused in stages 1-3 over those of B4",
        macs_ratio(Wanted(f"{_B4}&fused=1-3", 380), Wanted(_B4, 380)),
        Threshold(low=1.0),
        "none",
        published=(Published(7.5 / 4.5, _VARIANT),),
        beside=True,
    ),
)
_V2_GPU = speed(
    on_gpu("timm/efficientnetv2_s", "timm/tf_efficientnetv2_s", size=384),
    on_gpu(*B4, size=380),
    LARGE_BATCH,
)
_V2_CPU = speed(
    on_cpu("timm/efficientnetv2_s", "timm/tf_efficientnetv2_s", size=384), on_cpu(*B4, size=380)
)
_C23 = (
    Part(
        "speed_gpu",
        "EfficientNetV2-S over B4, images/s",
        _V2_GPU,
        Threshold(low=1.15),
        *ON_GPU,
        published=(Published(1.24, _TIMM, high=1.65),),
        author=TIMM_AUTHOR,
    ),
    Part(
        "speed_cpu",
        "EfficientNetV2-S over B4, images/s",
        _V2_CPU,
        Threshold(high=1.15),
        *ON_CPU,
        published=(Published(0.92, f"{_TIMM}, two Intel CPUs", high=1.07),),
        author=TIMM_AUTHOR,
    ),
)
_C24 = (
    Part(
        "slowdown_se",
        "slow-down by SE (main effect)",
        _main_effect(0),
        Threshold(low=1.08),
        *ANYWHERE,
    ),
    Part(
        "slowdown_compiled",
        "slow-down by SE and SiLU, compiled over eager",
        _compiled_over_eager_gap(),
        Threshold(low=1.0),
        *ON_GPU,
        published=(Published(1.49 / 1.16, _LITE, high=1.84 / 1.12),),
        author=TIMM_AUTHOR,
    ),
    Part(
        "slowdown_silu",
        "slow-down by SiLU against ReLU6 (main effect)",
        _main_effect(1),
        Threshold(low=1.0),
        *ANYWHERE,
        beside=True,
    ),
    Part(
        "speed_lite0_gpu",
        "lite0 over B0, images/s",
        _lite0(),
        Threshold(low=1.0),
        *ON_GPU,
        published=(Published(1.12, _TIMM, high=1.16),),
        author=TIMM_AUTHOR,
        beside=True,
    ),
    Part(
        "speed_lite0_compiled",
        "lite0 over B0, images/s, compiled",
        _lite0(execution="compile"),
        Threshold(low=1.0),
        *ON_GPU,
        published=(Published(1.49, _TIMM, high=1.84),),
        author=TIMM_AUTHOR,
        beside=True,
    ),
    Part(
        "training_speed_lite0",
        "lite0 over B0, images/s in training",
        _lite0(mode="train"),
        Threshold(low=1.0),
        *ON_GPU,
        published=(Published(1.20, _TIMM),),
        author=TIMM_AUTHOR,
        beside=True,
    ),
    Part(
        "speed_lite0_cpu",
        "lite0 over B0, images/s",
        speed(on_cpu(*LITE0, size=224), on_cpu(*PLAIN_B0, size=224)),
        Threshold(low=1.0),
        *ON_CPU,
        published=(Published(1.26, _TIMM, high=1.62),),
        author=TIMM_AUTHOR,
        beside=True,
    ),
)
_TF_B0 = ("timm/tf_efficientnet_b0",)
_C25 = (
    Part(
        "speed_padding",
        "B0 over B0 with SAME padding, images/s",
        by_kind(
            cuda=speed(on_gpu(*PLAIN_B0, size=224), on_gpu(*_TF_B0, size=224), LARGE_BATCH),
            cpu=speed(on_cpu(*PLAIN_B0, size=224), on_cpu(*_TF_B0, size=224)),
        ),
        Threshold(low=1.05),
        *ANYWHERE,
        published=(Published(1.10, _TIMM, high=1.21),),
        author=TIMM_AUTHOR,
    ),
    Part(
        "memory_recomputed_silu",
        "training memory with recomputed SiLU over x * sigmoid(x)",
        _memory("silu_recompute", "silu_unfused"),
        Threshold(high=0.9),
        *("cuda", "x"),
        published=(Published(0.7, "reports of memory-efficient SiLU", high=0.8),),
    ),
    Part(
        "memory_fused_silu",
        "training memory with fused SiLU over recomputed SiLU",
        _memory("silu", "silu_recompute"),
        Threshold(0.97, 1.03),
        *("cuda", "x"),
    ),
)

CLAIMS = (
    Claim(
        *("C22", "E"),
        "Fusing B4's stages 1-3 adds FLOPs and makes training faster; fusing all is too much.",
        _VARIANT,
        *(_C22, wanted_of(_C22)),
    ),
    Claim(
        *("C23", "E"),
        "With twice B4's FLOPs EfficientNetV2-S is faster on a GPU, and hardly or not on a CPU.",
        _TIMM,
        *(_C23, wanted_of(_C23)),
    ),
    Claim(
        *("C24", "E"),
        "SE and SiLU cost B0 much time at equal MACs, and more so compiled than eager.",
        _LITE,
        *(_C24, wanted_of(_C24)),
    ),
    Claim(
        *("C25", "E"),
        "SAME padding is slow, and recomputing SiLU saves memory that a fused SiLU saves as well.",
        "timm's benchmark files; reports of memory-efficient SiLU",
        *(_C25, wanted_of(_C25)),
    ),
)
