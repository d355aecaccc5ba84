"""A made-up run that looks like a real one: twelve networks, batches, noise, faults."""

import math
import random

from effprof.core.cells import Cell
from effprof.core.costs import Cost, StaticCost
from effprof.core.outcomes import Failure, Measurement, Memory, Repeat, Timing
from effprof.core.runs import Invocation, Peak, Run
from tests.runs import fingerprint

#: Model: size, parameters, MACs per image, activations per image, FLOP/s reached at large batch.
ZOO = {
    "timm/efficientnet_b0": (224, 5_288_548, 385_814_752, 6_747_036, 45e9),
    "timm/efficientnet_b1": (240, 7_794_184, 686_840_000, 10_900_000, 48e9),
    "timm/efficientnet_b2": (260, 9_109_994, 993_560_000, 13_800_000, 50e9),
    "timm/efficientnet_b4": (380, 19_341_616, 4_393_800_000, 49_500_000, 55e9),
    "timm/resnet18": (224, 11_689_512, 1_814_073_344, 2_480_000, 150e9),
    "timm/resnet50": (224, 25_557_032, 4_089_184_256, 11_110_000, 120e9),
    "timm/resnet152": (224, 60_192_808, 11_514_000_000, 22_560_000, 135e9),
    "timm/mobilenetv2_100": (224, 3_504_872, 300_774_272, 6_677_000, 50e9),
    "timm/mobilenetv3_large_100": (224, 5_483_032, 216_600_000, 4_400_000, 42e9),
    "timm/densenet121": (224, 7_978_856, 2_834_000_000, 6_900_000, 70e9),
    "timm/regnety_032": (224, 19_440_000, 3_176_000_000, 11_300_000, 90e9),
    "timm/convnext_small": (224, 50_220_000, 8_684_000_000, 21_600_000, 130e9),
}


def zoo_run(
    batch_sizes: tuple[int, ...] = (1, 8, 32, 128),
    modes: tuple[str, ...] = ("infer",),
    memory_formats: tuple[str, ...] = ("nchw",),
    repeats: int = 3,
    gpu: bool = False,
) -> Run:
    cells = tuple(
        Cell(model, ZOO[model][0], mode, batch, "fp32", layout)
        for mode in modes
        for layout in memory_formats
        for batch in batch_sizes
        for model in ZOO
    )
    noise = random.Random(7)
    rows = [
        Repeat(cell, index, _outcome(cell, gpu, noise), "2026-11-21T08:00:00+00:00", _wall(noise))
        for index in range(repeats)
        for cell in cells
    ]
    invocation = Invocation(
        id="20261121-080000-200000",
        started_at="2026-11-21T08:00:00+00:00",
        command="effprof run paper --cpu",
        suite="paper",
        suite_hash="1" * 64,
        reference="timm/resnet50",
        device="NVIDIA H100 80GB HBM3" if gpu else "AMD EPYC 9R14, 1 thread",
        fingerprint=fingerprint(),
        cells=cells,
        repeats=repeats,
    )
    return Run(
        invocation=invocation,
        status="complete",
        finished_at="2026-11-21T09:00:00+00:00",
        peaks=(Peak("matmul", "fp32", "1024", 99e9), Peak("conv3x3", "fp32", "256", 237e9)),
        costs=tuple({(c.model, c.mode, c.batch_size): _cost(c) for c in cells}.values()),
        repeats=tuple(rows),
    )


def _wall(noise: random.Random) -> float:
    return 4 + noise.random()


def _cost(cell: Cell) -> StaticCost:
    _, params, macs, activations, _ = ZOO[cell.model]
    n = cell.batch_size * (3 if cell.mode == "train" else 1)
    return StaticCost(
        cell.model,
        cell.resolution,
        cell.mode,
        cell.batch_size,
        "float32",
        params,
        Cost(100, macs * n, activations * n, 8 * activations * n, 4 * activations * n),
        counter="effprof static cost 2 (made up)",
    )


def _outcome(cell: Cell, gpu: bool, noise: random.Random) -> Measurement | Failure:
    _, params, macs, activations, speed = ZOO[cell.model]
    factor = 3 if cell.mode == "train" else 1
    needed = 4 * params + 4 * activations * cell.batch_size * factor
    if needed > 12e9:
        return Failure("oom", f"CUDA out of memory: tried to allocate {needed / 2**30:.2f} GiB")
    faster = 1.4 if cell.memory_format == "nhwc" and "eff" in cell.model else 1.0
    reached = speed * faster * (1 - 0.5 / math.sqrt(cell.batch_size)) * (100 if gpu else 1)
    overhead = 4e-3 if gpu else 5e-4
    step = 2 * macs * factor * cell.batch_size / reached + overhead
    step *= math.exp(noise.gauss(0, 0.015))
    samples = tuple(step * math.exp(noise.gauss(0, 0.01)) for _ in range(70))
    parts = {"forward": 0.33, "backward": 0.62, "optimizer": 0.05} if factor == 3 else {}
    return Measurement(
        timing=Timing(
            throughput=samples,
            latency=samples,
            warmup=samples[:10],
            first_step_seconds=step * 2,
            **{name: tuple(s * share for s in samples) for name, share in parts.items()},
        ),
        memory=Memory(needed, int(needed * 1.2), int(needed * 1.3) + 400 * 2**20)
        if gpu
        else Memory(peak_rss_bytes=needed),
        measuring_seconds=3.0,
    )
