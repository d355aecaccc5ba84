"""How long counting one model takes, beside fvcore's counters, for 30 models.

fvcore counts FLOPs in one pass and activations in another; effprof counts both, bytes and roles in
one. Both ratios are printed: against FLOPs alone, and against FLOPs and activations.

Goals: the median model ten times faster than fvcore, and EfficientNet-B7 in under a second with
building it. Usage: python cost_vs_fvcore.py [ROUNDS]
"""

import logging
import os
import statistics
import sys
import time
import warnings
from collections.abc import Callable

import torch
from fvcore.nn import ActivationCountAnalysis, FlopCountAnalysis

from effprof.cost import count_cost, count_ops
from effprof.models.build import build_model

GOAL = 10
ROUNDS = 3
MODELS = (
    ("efficientnet_b0", 224),
    ("efficientnet_b1", 240),
    ("efficientnet_b2", 260),
    ("efficientnet_b3", 300),
    ("efficientnet_b4", 380),
    ("tf_efficientnetv2_s", 300),
    ("efficientnet_lite0", 224),
    ("mobilenetv2_100", 224),
    ("mobilenetv3_small_100", 224),
    ("mobilenetv3_large_100", 224),
    ("mnasnet_100", 224),
    ("semnasnet_100", 224),
    ("fbnetc_100", 224),
    ("spnasnet_100", 224),
    ("ghostnet_100", 224),
    ("resnet18", 224),
    ("resnet34", 224),
    ("resnet50", 224),
    ("resnet101", 224),
    ("seresnet50", 224),
    ("resnext50_32x4d", 224),
    ("regnetx_004", 224),
    ("regnetx_032", 224),
    ("regnety_004", 224),
    ("regnety_032", 224),
    ("densenet121", 224),
    ("vgg11", 224),
    ("convnext_tiny", 224),
    ("deit_tiny_patch16_224", 224),
    ("xception41", 299),
)


def seconds(step: Callable[[], object]) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def ours(name: str, resolution: int) -> Callable[[], object]:
    model = build_model(name, device="meta")
    images = torch.empty(1, 3, resolution, resolution, device="meta")
    return lambda: count_ops(model, (images,))


def fvcores(name: str, resolution: int) -> tuple[Callable[[], object], ...]:
    """Count FLOPs, and FLOPs and activations, each of which traces the model anew."""
    model = build_model(name).eval()
    images = torch.randn(1, 3, resolution, resolution)

    def flops() -> float:
        return FlopCountAnalysis(model, images).total()

    def activations() -> float:
        return ActivationCountAnalysis(model, images).total()

    return flops, lambda: (flops(), activations())


def main() -> None:
    torch.set_num_threads(1)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    warnings.simplefilter("ignore")  # tracing warns about every Python number of a model
    logging.getLogger("fvcore").setLevel(logging.ERROR)
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    print(f"{'':<24}{'':>12}{'fvcore: FLOPs':>20}{'FLOPs and activations':>26}")
    print(
        f"{'model':<24}{'effprof ms':>12}{'ms':>12}{'ratio':>8}{'ms':>18}{'ratio':>8}   n={rounds}"
    )
    times, ratios, both_ratios = [], [], []
    for name, resolution in MODELS:
        counters = ours(name, resolution), *fvcores(name, resolution)
        rows = [[seconds(counter) for counter in counters] for _ in range(rounds)]  # interleaved
        mine, flops, both = (statistics.median(column) for column in zip(*rows, strict=True))
        times.append(mine)
        ratios.append(flops / mine)
        both_ratios.append(both / mine)
        print(
            f"{name:<24}{mine * 1e3:>12.1f}{flops * 1e3:>12.1f}{flops / mine:>8.1f}"
            f"{both * 1e3:>18.1f}{both / mine:>8.1f}"
        )
    print(f"median: {statistics.median(times) * 1e3:.1f} ms per model, times faster than fvcore:")
    print(f"  {statistics.median(ratios):.1f} than its FLOPs alone (goal: {GOAL})")
    print(f"  {statistics.median(both_ratios):.1f} than its FLOPs and activations")
    largest = statistics.median(seconds(lambda: count_cost("efficientnet_b7", 600)) for _ in "123")
    print(f"efficientnet_b7 at 600 px, built and counted: {largest:.2f} s (goal: under 1)")


if __name__ == "__main__":
    main()
