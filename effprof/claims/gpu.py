"""Group C: EfficientNet against other networks on a GPU, at small and at large batches."""

from effprof.analysis.statistics import median
from effprof.claims.choices import LARGE_BATCH, Choice
from effprof.claims.claim import (
    PUBLISHED_REPEATS,
    Claim,
    Part,
    Published,
    Threshold,
)
from effprof.claims.crossover import Span, crossover_batch
from effprof.claims.evidence import Wanted
from effprof.claims.fronts import share_of_front
from effprof.claims.part_statistics import (
    ON_CPU,
    ON_GPU,
    each_process,
    macs_ratio,
    on_cpu,
    on_gpu,
    ratio_of,
    speed,
    wanted_of,
)
from effprof.claims.predictors import MIN_NETWORKS, ZOO
from effprof.claims.zoo import GPU_POOL
from effprof.core import formats
from effprof.core.cells import Execution
from effprof.core.outcomes import Measurement

#: Canonical names; ports from TensorFlow (`tf_`) differ in padding and stand in where the other
#: was not measured at the paper's size.
B0 = ("timm/efficientnet_b0",)
B1 = ("timm/efficientnet_b1", "timm/tf_efficientnet_b1")
B4 = ("timm/efficientnet_b4", "timm/tf_efficientnet_b4")
B5 = ("timm/efficientnet_b5", "timm/tf_efficientnet_b5")
RESNET_50 = ("timm/resnet50",)
RESNEXT_101 = ("timm/resnext101_32x8d",)

#: Batches between which the crossover is looked for.
CROSSOVER = Span(batches=(1, 4, 8, 16, 32, 64, 128, 256), first=4, last=128)

#: Images per step in the notebook whose memory and loader are claimed about, rounded.
NOTEBOOK_BATCH = 128

#: What fed it: two processes that decode JPEG files.
NOTEBOOK_LOADER = "jpeg-2w"

NOTEBOOK = "EfficientNet vs ResNet notebook, 2019 (timm's author)"
TIMM = "timm's benchmark files"
#: Who states what stands in them: in these files it is replicated, not tested.
TIMM_AUTHOR = formats.TIMM.author


def latency(done: Measurement) -> float | None:
    """Read the median time of a step that was waited for, in seconds."""
    return median(done.timing.latency) if done.timing.latency else None


def busy_share(done: Measurement) -> float | None:
    """Read the share of the plain step in which the device ran a kernel."""
    profile = done.profile
    if profile is None or profile.busy_seconds is None:
        return None
    return profile.busy_seconds / median(done.timing.throughput)


def device_held(done: Measurement) -> float | None:
    """Read the memory that the device lost, the allocator's cache included: what NVML shows."""
    return done.memory.device_held_bytes


def allocated(done: Measurement) -> float | None:
    """Read the peak of what the allocator gave out, in bytes."""
    return done.memory.peak_allocated_bytes


def _at(batch: int, names: tuple[str, ...], size: int, execution: Execution = "eager") -> Choice:
    return on_gpu(*names, size=size, batch=batch, execution=execution)


def _on_one(names: tuple[str, ...], execution: Execution) -> Choice:
    return on_cpu(*names, size=224, executions=(execution,))


_B0, _R50 = on_gpu(*B0, size=224), on_gpu(*RESNET_50, size=224)
_B0_FED, _R50_FED = (on_gpu(*names, size=224, loader=NOTEBOOK_LOADER) for names in (B0, RESNET_50))
_B4_GPU, _B5 = on_gpu(*B4, size=380), on_gpu(*B5, size=456)
_B0_COMPILED, _R50_COMPILED = (
    on_gpu(*names, size=224, execution="compile") for names in (B0, RESNET_50)
)
_B0_TRAINED, _R50_TRAINED = (on_gpu(*names, size=224, mode="train") for names in (B0, RESNET_50))
_B1_TRAINED = on_gpu(*B1, size=240, mode="train")

_C9 = (
    Part(
        "speed_eager",
        "B0 over ResNet-50, images/s, eager",
        speed(_B0, _R50, LARGE_BATCH),
        Threshold(high=3.0),
        *ON_GPU,
        published=(Published(1.8, TIMM, high=2.35),),
        author=TIMM_AUTHOR,
    ),
    Part(
        "speed_compiled",
        "B0 over ResNet-50, images/s, compiled",
        speed(_B0_COMPILED, _R50_COMPILED, LARGE_BATCH),
        Threshold(high=3.0),
        *ON_GPU,
        published=(Published(1.4, f"{TIMM}, RTX 4090"),),
        author=TIMM_AUTHOR,
    ),
    Part(
        "speed_cpu_compiled",
        "B0 over ResNet-50, images/s on a CPU, compiled",
        speed(_on_one(B0, "compile"), _on_one(RESNET_50, "compile")),
        Threshold(high=3.0),
        *ON_CPU,
        published=(Published(1.49, f"{TIMM}, two Intel CPUs", high=3.07),),
        author=TIMM_AUTHOR,
    ),
    Part(
        "speed_cpu",
        "B0 over ResNet-50, images/s on a CPU, eager",
        speed(_on_one(B0, "eager"), _on_one(RESNET_50, "eager")),
        Threshold(high=3.0),
        *ON_CPU,
        beside=True,
    ),
    Part(
        "flops",
        "FLOPs of ResNet-50 over those of B0",
        macs_ratio(Wanted(*RESNET_50, 224), Wanted(*B0, 224)),
        Threshold(low=10.0),
        "none",
        published=(Published(11, "Tan and Le 2019 (EfficientNet), Table 2"),),
        beside=True,
    ),
)
_C10 = (
    Part(
        "training_speed_b0",
        "B0 over ResNet-50, images/s in training",
        speed(_B0_TRAINED, _R50_TRAINED, LARGE_BATCH),
        Threshold(high=1.5),
        *ON_GPU,
        published=(
            Published(1.01, "NVIDIA, A100"),
            Published(1.08, "NVIDIA, V100"),
            Published(1.44, f"{TIMM}, RTX 3090"),
        ),
    ),
    Part(
        "training_speed_b1",
        "B1 at 240 px over ResNet-50, images/s in training",
        speed(_B1_TRAINED, _R50_TRAINED, LARGE_BATCH),
        Threshold(high=1.1),
        *ON_GPU,
        published=(Published(0.55, "Ridnik et al. 2020 (TResNet), V100"),),
    ),
)
_C11 = (
    Part(
        "speed_batch_1",
        "B0 over ResNet-50, images/s at batch 1",
        speed(_at(1, B0, 224), _at(1, RESNET_50, 224)),
        Threshold(high=1.0),
        *ON_GPU,
        published=(Published(0.59, "published latencies at batch 1", high=0.86),),
    ),
    Part(
        "crossover_batch",
        "batch from which on B0 is faster than ResNet-50",
        crossover_batch(_B0, _R50, CROSSOVER),
        Threshold(low=4.0, high=128.0),
        *("cuda", "images", PUBLISHED_REPEATS),
    ),
    Part(
        "speed_batch_1_cudagraph",
        "B0 over ResNet-50, images/s at batch 1 with CUDA graphs",
        speed(_at(1, B0, 224, "cudagraph"), _at(1, RESNET_50, 224, "cudagraph")),
        Threshold(low=1.0),
        *ON_GPU,
    ),
)
_C12 = (
    Part(
        "latency_batch_64",
        "latency of B0 at batch 64 over that at batch 1",
        ratio_of(latency, "latency", _at(64, B0, 224), _at(1, B0, 224)),
        Threshold(high=1.5),
        *ON_GPU,
        published=(Published(12.7 / 11.2, "NVIDIA, A100, AMP: 11.2 and 12.7 ms"),),
    ),
    Part(
        "busy_share",
        "share of B0's step at batch 1 in which the device is busy",
        each_process(busy_share, "device time", on_gpu(*B0, size=224, batch=1, profile=True)),
        Threshold(high=0.5),
        *("cuda", "", PUBLISHED_REPEATS),
    ),
)
_C13 = (
    Part(
        "speed",
        "B4 at 380 px over ResNet-50, images/s",
        speed(_B4_GPU, _R50, LARGE_BATCH),
        Threshold(high=0.35),
        *ON_GPU,
        published=(Published(0.16, TIMM, high=0.28),),
        author=TIMM_AUTHOR,
    ),
)
_C14 = (
    Part(
        "speed_gpu",
        "B4 at 380 px over ResNeXt-101 32x8d, images/s",
        speed(_B4_GPU, on_gpu(*RESNEXT_101, size=224), LARGE_BATCH),
        Threshold(high=1.0),
        *ON_GPU,
        published=(Published(0.48, TIMM, high=0.91),),
        author=TIMM_AUTHOR,
    ),
    Part(
        "speed_cpu",
        "B4 at 380 px over ResNeXt-101 32x8d, images/s",
        speed(on_cpu(*B4, size=380), on_cpu(*RESNEXT_101, size=224)),
        Threshold(low=1.0),
        *ON_CPU,
        published=(Published(1.2, f"{TIMM}, two Intel CPUs", high=1.7),),
        author=TIMM_AUTHOR,
    ),
)
_C15 = (
    Part(
        "speed_regnety_8gf",
        "RegNetY-8GF over B5 at 456 px, images/s",
        speed(on_gpu("timm/regnety_080", size=224), _B5, LARGE_BATCH),
        Threshold(low=3.0),
        *ON_GPU,
        published=(Published(3.6, TIMM, high=5.1),),
        author=TIMM_AUTHOR,
    ),
    Part(
        "speed_regnety_400mf",
        "RegNetY-400MF over B0, images/s",
        speed(on_gpu("timm/regnety_004", size=224), _B0, LARGE_BATCH),
        Threshold(low=1.3),
        *ON_GPU,
        published=(
            Published(1.8, "Radosavovic et al. 2020 (RegNet), V100"),
            Published(1.45, TIMM, high=2.4),
        ),
    ),
    Part(
        "flops_regnety_8gf",
        "FLOPs of B5 at 456 px over those of RegNetY-8GF",
        macs_ratio(Wanted(B5[0], 456), Wanted("timm/regnety_080", 224)),
        Threshold(low=1.0),
        "none",
        published=(Published(9.9 / 8.0, "Tan and Le 2019, Table 2; RegNet, Table 4"),),
        beside=True,
    ),
    Part(
        "flops_regnety_400mf",
        "FLOPs of B0 over those of RegNetY-400MF",
        macs_ratio(Wanted(*B0, 224), Wanted("timm/regnety_004", 224)),
        Threshold(0.9, 1.1),
        "none",
        beside=True,
    ),
)
_C16 = (
    Part(
        "speed_jpeg",
        "B0 over ResNet-50, images/s fed from JPEG files by two workers",
        speed(_B0_FED, _R50_FED, LARGE_BATCH),
        Threshold(0.9, 1.15),
        *ON_GPU,
        published=(Published(1.04, NOTEBOOK),),
    ),
    Part(
        "speed_synthetic",
        "B0 over ResNet-50, images/s of images on the device",
        speed(_B0, _R50, LARGE_BATCH),
        Threshold(low=1.5),
        *ON_GPU,
        published=(Published(1.8, TIMM, high=2.35),),
    ),
)
_C17 = (
    Part(
        "memory_nvml",
        "memory of B1 over ResNet-50 by NVML, inference",
        ratio_of(
            device_held,
            "memory that the device lost",
            _at(NOTEBOOK_BATCH, B1, 240),
            _at(NOTEBOOK_BATCH, RESNET_50, 224),
        ),
        Threshold(low=1.5),
        *("cuda", "x"),
        published=(Published(2.2, NOTEBOOK),),
    ),
    Part(
        "memory_allocator",
        "memory of B1 over ResNet-50 by the allocator, inference",
        ratio_of(
            allocated,
            "peak of the allocator",
            _at(NOTEBOOK_BATCH, B1, 240),
            _at(NOTEBOOK_BATCH, RESNET_50, 224),
        ),
        Threshold(high=1.2),
        *("cuda", "x"),
        beside=True,
    ),
)
_C18 = (
    Part(
        "front_share",
        "EfficientNet's share of the accuracy/speed front over that of the accuracy/MACs front",
        share_of_front("EfficientNet", GPU_POOL, ZOO, MIN_NETWORKS),
        Threshold(high=0.5),
        *("cuda", "x", MIN_NETWORKS),
        published=(Published(0.0, f"{TIMM}: 0 of 29 points by speed, 8 of 22 by MACs"),),
        author=TIMM_AUTHOR,
    ),
)

CLAIMS = (
    Claim(
        *("C9", "C"),
        "B0 has over ten times fewer FLOPs than ResNet-50 but is less than 3x as fast: eager and "
        "compiled on a GPU, compiled on a CPU.",
        TIMM,
        *(_C9, wanted_of(_C9)),
    ),
    Claim(
        *("C10", "C"),
        "In mixed-precision training B0 is hardly faster than ResNet-50, and B1 no faster.",
        "NVIDIA Deep Learning Examples; TResNet; timm's benchmark files",
        *(_C10, wanted_of(_C10)),
    ),
    Claim(
        *("C11", "C"),
        "B0 is slower than ResNet-50 at batch 1, overtakes it by batch 128, and is faster at batch "
        "1 once CUDA graphs take the launches away.",
        "users' reports of B0 on GPUs",
        *(_C11, wanted_of(_C11)),
    ),
    Claim(
        *("C12", "C"),
        "B0 is launch-bound on a GPU: 64 images take hardly longer than one.",
        "NVIDIA Deep Learning Examples, EfficientNet, A100",
        *(_C12, wanted_of(_C12)),
    ),
    Claim(
        *("C13", "C"),
        "On a GPU B4, of ResNet-50's FLOPs, runs at about a third of its speed or less.",
        TIMM,
        *(_C13, wanted_of(_C13)),
    ),
    Claim(
        *("C14", "C"),
        "B4 is slower than ResNeXt-101 32x8d, of 3.7x its MACs, on a GPU, and faster on a CPU.",
        TIMM,
        *(_C14, wanted_of(_C14)),
    ),
    Claim(
        *("C15", "C"),
        "On a GPU RegNetY is faster than EfficientNet: 400MF 1.3x and more than B0 at equal FLOPs, "
        "8GF 3x and more than B5, which has 1.3x its FLOPs.",
        "Radosavovic et al. 2020 (RegNet), Table 4; timm's benchmark files",
        *(_C15, wanted_of(_C15)),
    ),
    Claim(
        *("C16", "C"),
        "That B0 was once seen to be as fast as ResNet-50 came from the loader, not from the GPU.",
        NOTEBOOK,
        *(_C16, wanted_of(_C16)),
    ),
    Claim(
        *("C17", "C"),
        "B1 uses far more GPU memory than ResNet-50 in inference although activations are equal.",
        NOTEBOOK,
        *(_C17, wanted_of(_C17)),
    ),
    Claim(
        *("C18", "C"),
        "EfficientNet's share of the accuracy/GPU-speed front is less than half its share of the "
        "accuracy/MACs front.",
        "timm's results and benchmark files",
        *(_C18, wanted_of(_C18)),
    ),
)
