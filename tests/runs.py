"""Small made-up runs for tests that need stored outcomes but no device."""

from effprof.core.cells import Cell
from effprof.core.costs import Cost, StaticCost
from effprof.core.outcomes import (
    Conditions,
    Failure,
    Measurement,
    Memory,
    Outcome,
    Repeat,
    Timing,
)
from effprof.core.runs import Fingerprint, Invocation, Peak, Run

#: Model: (parameters, MACs per image, activations per image, seconds per image at batch 1).
MODELS = {
    "timm/resnet50": (25_557_032, 4_089_184_256, 11_110_000, 0.080),
    "timm/efficientnet_b0": (5_288_548, 385_814_752, 6_747_036, 0.017),
    "timm/mobilenetv2_100": (3_504_872, 300_774_272, 6_677_000, 0.012),
    "timm/resnet18": (11_689_512, 1_814_073_344, 2_480_000, 0.026),
}


def measurement(seconds: float, samples: int = 40, **fields) -> Measurement:
    """Build a measurement whose samples spread 1 % around `seconds`."""
    steps = tuple(seconds * (1 + 0.01 * ((i * 7) % 5 - 2) / 2) for i in range(samples))
    return Measurement(
        timing=Timing(
            throughput=steps,
            latency=steps,
            warmup=(seconds * 1.5,) * 10,
            first_step_seconds=seconds * 2,
            relative_width=0.004,
        ),
        memory=Memory(peak_rss_bytes=120 * 2**20),
        conditions=Conditions(cpu_share=0.99, foreign_cpu=0.01, minor_faults_per_step=0.0),
        missing={"peak_allocated_bytes": "the CPU allocator keeps no peak"},
        settings={"precision": "fp32"},
        measuring_seconds=seconds * (samples + 10),
        build_seconds=0.2,
        **fields,
    )


def fingerprint(**gating: str) -> Fingerprint:
    return Fingerprint(
        gating={"device": "Some CPU", "host": "laptop", "method": "1"} | gating,
        recorded={"torch": "2.15.0", "timm": "1.0.31"},
        missing={"driver": "no NVIDIA driver"},
    )


def static_cost(cell: Cell) -> StaticCost:
    params, macs, activations, _ = MODELS[cell.model]
    n = cell.batch_size
    conv = Cost(50, macs * n, activations * n, 8 * activations * n, 4 * activations * n)
    norm = Cost(49, 0, 0, 4 * activations * n, 4 * activations * n)
    return StaticCost(
        model=cell.model,
        resolution=cell.resolution,
        mode=cell.mode,
        batch_size=n,
        dtype="float32",
        parameters=params,
        total=conv + norm,
        by_role={"dense conv": conv, "norm": norm},
        by_phase={"forward": conv + norm},
        uncounted={"native_batch_norm": norm},
        counter="effprof 0.1.0, torch 2.15.0",
    )


def sample_run(
    batch_sizes: tuple[int, ...] = (1, 8),
    repeats: int = 3,
    outcomes: dict[tuple[Cell, int], Outcome] | None = None,
    **invocation_fields,
) -> Run:
    """Make a complete run of `MODELS`; `outcomes` replaces single (cell, repeat) outcomes."""
    replaced = outcomes or {}
    cells = tuple(Cell(model, 224, batch_size=b) for b in batch_sizes for model in MODELS)
    rows = []
    for index in range(repeats):
        for cell in cells:
            seconds = MODELS[cell.model][3] * cell.batch_size * (1 + 0.01 * (index - 1))
            outcome = replaced.get((cell, index), measurement(seconds))
            rows.append(Repeat(cell, index, outcome, f"2026-11-21T08:0{index}:00+00:00", 3.5))
    invocation = Invocation(
        **{
            "id": "20261121-080000-abc123",
            "started_at": "2026-11-21T08:00:00+00:00",
            "command": "effprof run quick --cpu",
            "suite": "quick",
            "suite_hash": "0" * 64,
            "reference": "timm/resnet50",
            "device": "Some CPU, 1 thread",
            "fingerprint": fingerprint(),
            "cells": cells,
            "repeats": repeats,
        }
        | invocation_fields
    )
    return Run(
        invocation=invocation,
        status="complete",
        finished_at="2026-11-21T08:05:00+00:00",
        peaks=(
            Peak("matmul", "fp32", "1024", 99e9),
            Peak("conv3x3", "fp32", "256x14x14 b16", 237e9),
            Peak("copy", "fp32", "256 MiB", 36.6e9),
        ),
        costs=tuple(static_cost(cell) for cell in cells),
        repeats=tuple(rows),
    )


OUT_OF_MEMORY = Failure("oom", "CUDA out of memory: tried to allocate 2.00 GiB")
CRASHED = Failure("crashed", "SIGKILL; out of host memory?")
