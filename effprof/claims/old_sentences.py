"""The sentences by which documents named parts of claims before these had ids.

Every `effprof claims --json` since then gives ids, so the table is closed: a sentence that is
reworded today needs no row, and no row changes. Parts that are only counted are not in it, as
nobody quotes them.
"""

from collections.abc import Mapping

#: Claim -> sentence -> ids of its parts; two where a GPU's and a CPU's were said alike.
OLD_SENTENCES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "C5": {
        "speed of B1 over ResNet-152, as published": ("speed_as_published",),
        "speed of B1 over ResNet-152, direction": ("speed_direction",),
    },
    "C6": {
        "MAC/s of B1 over those of ResNet-152": ("macs_per_second",),
    },
    "C7": {
        "R² of FLOPs less R² of activations": ("r_squared",),
    },
    "C8": {
        "share of activations in the operators' time of effprof:efficientnet?act=silu_unfused": (
            "activation_unfused",
        ),
        "share of sigmoid in the operators' time of effprof:efficientnet?act=silu_unfused": (
            "sigmoid_unfused",
        ),
        "share of multiplication in the operators' time of effprof:efficientnet?act=silu_unfused": (
            "multiplication_unfused",
        ),
        "share of activations in the operators' time of timm/efficientnet_b0": ("activation_b0",),
        "share of activations in the operators' time of timm/mnasnet_100": ("activation_mnasnet",),
        "share of activations in the operators' time of timm/mobilenetv3_large_100": (
            "activation_mobilenetv3",
        ),
    },
    "C9": {
        "B0 over ResNet-50, images/s, eager": ("speed_eager",),
        "B0 over ResNet-50, images/s, compiled": ("speed_compiled",),
    },
    "C10": {
        "B0 over ResNet-50, images/s in training": ("training_speed_b0",),
        "B1 at 240 px over ResNet-50, images/s in training": ("training_speed_b1",),
    },
    "C11": {
        "B0 over ResNet-50, images/s at batch 1": ("speed_batch_1",),
        "batch from which on B0 is faster than ResNet-50": ("crossover_batch",),
        "B0 over ResNet-50, images/s at batch 1 with CUDA graphs": ("speed_batch_1_cudagraph",),
    },
    "C12": {
        "latency of B0 at batch 64 over that at batch 1": ("latency_batch_64",),
        "share of B0's step at batch 1 in which the device is busy": ("busy_share",),
    },
    "C13": {
        "B4 at 380 px over ResNet-50, images/s": ("speed",),
    },
    "C14": {
        "B4 at 380 px over ResNeXt-101 32x8d, images/s": ("speed_gpu", "speed_cpu"),
    },
    "C15": {
        "RegNetY-8GF over B5 at 456 px, images/s": ("speed_regnety_8gf",),
        "RegNetY-400MF over B0, images/s": ("speed_regnety_400mf",),
    },
    "C16": {
        "B0 over ResNet-50, images/s fed from JPEG files by two workers": ("speed_jpeg",),
        "B0 over ResNet-50, images/s of images on the device": ("speed_synthetic",),
    },
    "C17": {
        "memory of B1 over ResNet-50 by NVML, inference": ("memory_nvml",),
        "memory of B1 over ResNet-50 by the allocator, inference": ("memory_allocator",),
    },
    "C18": {
        "EfficientNet's share of the accuracy/speed front over that of the accuracy/MACs front": (
            "front_share",
        ),
    },
    "C19": {
        "R² of activations less R² of FLOPs": ("r_squared",),
    },
    "C20": {
        "lower end of R² of activations less R² of FLOPs, without depthwise networks": (
            "r_squared_without_depthwise",
        ),
        "R² of activations less R² of FLOPs, all networks": ("r_squared",),
    },
    "C21": {
        "power of activations less power of MACs": ("power_gpu",),
        "power of MACs less power of activations": ("power_cpu",),
    },
    "C22": {
        "B4 fused in stages 1-3 over B4, images/s in training": ("training_speed_fused_1_3",),
        "B4 fused in all stages over B4 fused in stages 1-5, images/s in training": (
            "training_speed_fused_1_7",
        ),
        "time per MAC of B4's stages 1-3 over that of stages 4-7": ("seconds_per_mac",),
    },
    "C23": {
        "EfficientNetV2-S over B4, images/s": ("speed_gpu", "speed_cpu"),
    },
    "C24": {
        "slow-down by SE (main effect)": ("slowdown_se",),
        "slow-down by SE and SiLU, compiled over eager": ("slowdown_compiled",),
        "slow-down by SiLU against ReLU6 (main effect)": ("slowdown_silu",),
        "lite0 over B0, images/s": ("speed_lite0_gpu", "speed_lite0_cpu"),
        "lite0 over B0, images/s, compiled": ("speed_lite0_compiled",),
        "lite0 over B0, images/s in training": ("training_speed_lite0",),
    },
    "C25": {
        "B0 over B0 with SAME padding, images/s": ("speed_padding",),
        "training memory with recomputed SiLU over x * sigmoid(x)": ("memory_recomputed_silu",),
        "training memory with fused SiLU over recomputed SiLU": ("memory_fused_silu",),
    },
}
