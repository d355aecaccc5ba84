"""Small made-up runs for tests that need stored outcomes but no device."""

from dataclasses import replace

from effprof.core.cells import Cell
from effprof.core.costs import Cost, OpKind, StaticCost
from effprof.core.outcomes import (
    Conditions,
    Failure,
    Measurement,
    Memory,
    Outcome,
    Repeat,
    Timing,
)
from effprof.core.profiles import OpTime, Profile
from effprof.core.runs import Calibration, Fingerprint, Invocation, Peak, Run
from tests.role_costs import ROLE_COSTS, RoleCost

#: Model: (parameters, MACs per image, activations per image, seconds per image at batch 1).
MODELS = {
    "timm/resnet50": (25_557_032, 4_089_184_256, 11_113_984, 0.080),
    "timm/efficientnet_b0": (5_288_548, 385_814_752, 6_747_036, 0.017),
    "timm/mobilenetv2_100": (3_504_872, 300_774_272, 6_678_112, 0.012),
    "timm/resnet18": (11_689_512, 1_814_073_344, 2_483_712, 0.026),
}

#: Wall time of a worker outside measuring: starting, building the model, handing over.
START_SECONDS = 1.3


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


#: Which kind of CPU a run of today says that it was made on.
IDENTITY = {
    "maker": "AMD",
    "family": "25",
    "model": "17",
    "stepping": "1",
    "instructions": "AVX2, AVX-512 F, AVX-512 BW, AVX-512 VNNI, AVX-512 BF16",
    "caches": "L1d 32 KiB, L1i 32 KiB, L2 1 MiB, L3 32 MiB",
    "usable cores": "2",
    "SMT": "1 thread per core",
}


def identified(
    host: str = "laptop", machine: str = "0123456789abcdef", **gating: str
) -> Fingerprint:
    """Make a fingerprint as machines give it since they are identified; `machine` is its id."""
    device = {"device": "Some CPU, family 25 model 17 (Zen 4), 2 cores", "device kind": "cpu"}
    recorded = {"torch": "2.15.0", "timm": "1.0.31", "cpu": "Some CPU"}
    labels = {"host": host} | ({"machine id": machine} if machine else {})
    return Fingerprint(
        gating=device | {"method": "1"} | IDENTITY | gating, recorded=recorded | labels
    )


def earlier_cpu(**gating: str) -> Fingerprint:
    """Make a fingerprint of a CPU as it was before machines were identified."""
    marks = fingerprint(**{"device kind": "cpu"} | gating)
    return replace(marks, recorded=marks.recorded | {"cpu": marks.gating["device"]})


def static_cost(cell: Cell) -> StaticCost:
    kinds = tuple(
        kind
        for role, each in ROLE_COSTS[cell.model].items()
        for kind in role_kinds(role, each, cell.batch_size)
    )
    by_role: dict[str, Cost] = {}
    for kind in kinds:
        by_role[kind.role] = sum((kind.each,) * kind.count, by_role.get(kind.role, Cost()))
    total = sum(by_role.values(), Cost())
    return StaticCost(
        model=cell.model,
        resolution=cell.resolution,
        mode=cell.mode,
        batch_size=cell.batch_size,
        dtype="float32",
        parameters=MODELS[cell.model][0],
        total=total,
        by_role=by_role,
        by_phase={"forward": total},
        uncounted={"native_batch_norm": by_role["norm"]},
        kinds=kinds,
        counter="effprof static cost 2 (made up)",
    )


def role_kinds(role: str, cost: RoleCost, batch_size: int) -> tuple[OpKind, ...]:
    """Spread the work of a role over its operators: all alike, save one that takes the rest."""
    sums = (
        cost.macs * batch_size,
        cost.activations * batch_size,
        cost.weight_bytes + cost.bytes_read * batch_size,
        cost.bytes_written * batch_size,
    )
    alike = Cost(1, *(each // cost.ops for each in sums))
    rest = Cost(1, *(each // cost.ops + each % cost.ops for each in sums))
    kinds = (OpKind(role, "forward", cost.ops - 1, alike), OpKind(role, "forward", 1, rest))
    return tuple(kind for kind in kinds if kind.count)


#: Time between two operators on a CPU thread, in seconds.
DISPATCH_SECONDS = 6e-6


def profile(cell: Cell, seconds: float, gap: float = DISPATCH_SECONDS) -> Profile:
    """Split a step of `seconds` over its operators, as the dispatch clock would.

    `gap` seconds stand between two operators. Those of one role take equally long; a role is
    counted if it has MACs.
    """
    roles = ROLE_COSTS[cell.model]
    busy = 1 - gap * sum(cost.ops for cost in roles.values()) / seconds
    ops = tuple(
        OpTime(
            role.rpartition(" ")[2],
            "forward",
            role,
            f"blocks.{i}",
            seconds * busy * cost.time_share / cost.ops,
            counted=cost.macs > 0,
        )
        for role, cost in roles.items()
        for i in range(cost.ops)
    )
    op_seconds = sum(op.seconds for op in ops)
    return Profile(
        method="dispatch clock",
        status="profiled",
        steps=5,
        ops=ops,
        wall_seconds=seconds * 1.3,
        plain_seconds=seconds,
        kernel_count=len(ops),
        busy_seconds=op_seconds,
    )


def calibrations(moment="start", factor=1.0, **factors):
    """What neutral sentinels took, each `factor` times as long as on some machine.

    `factors` are those of single works, such as `memory_copy`.
    """
    minute = ("start", "middle", "end").index(moment)
    units = {"square roots": 1.8e-6, "cache copy": 1.6e-6, "memory copy": 18e-3}
    return tuple(
        Calibration(
            work,
            moment,
            f"2026-11-21T08:0{minute}:00.000+00:00",
            tuple(
                unit * factors.get(work.replace(" ", "_"), factor) * (1 + 0.001 * window)
                for window in range(-2, 3)
            ),
        )
        for work, unit in units.items()
    )


def sample_run(
    batch_sizes: tuple[int, ...] = (1, 8),
    repeats: int = 3,
    outcomes: dict[tuple[Cell, int], Outcome] | None = None,
    profiled: bool = True,
    **invocation_fields,
) -> Run:
    """Make a complete run of `MODELS`; `outcomes` replaces single (cell, repeat) outcomes.

    Without `profiled` it looks like a run of before profiles and kinds were stored.
    """
    replaced = outcomes or {}
    cells = tuple(Cell(model, 224, batch_size=b) for b in batch_sizes for model in MODELS)
    rows = []
    for index in range(repeats):
        for cell in cells:
            seconds = MODELS[cell.model][3] * cell.batch_size * (1 + 0.01 * (index - 1))
            taken = profile(cell, seconds) if profiled else None
            outcome = replaced.get((cell, index)) or measurement(seconds, profile=taken)
            spent = getattr(outcome, "measuring_seconds", 0.0) + START_SECONDS
            rows.append(Repeat(cell, index, outcome, f"2026-11-21T08:0{index}:00+00:00", spent))
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
        costs=tuple(
            cost if profiled else replace(cost, kinds=()) for cost in map(static_cost, cells)
        ),
        repeats=tuple(rows),
    )


OUT_OF_MEMORY = Failure("oom", "CUDA out of memory: tried to allocate 2.00 GiB")
CRASHED = Failure("crashed", "SIGKILL; out of host memory?")
