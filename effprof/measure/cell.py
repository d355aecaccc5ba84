"""Measuring one cell in a fresh worker: build, warm up, time, weigh, and look at the machine."""

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from effprof.core.cells import Cell
from effprof.core.outcomes import (
    MEMORY_NUMBERS,
    Energy,
    Measurement,
    Memory,
    Outcome,
    Timing,
)
from effprof.core.profiles import Profile
from effprof.core.runs import MeasureOptions
from effprof.device.cpu import pin
from effprof.device.nvml import Nvml
from effprof.device.precision import set_precision
from effprof.device.target import Target
from effprof.measure.compiling import CompileCounts
from effprof.measure.conditions import POWER_CAP, CpuWatch, GpuWatch, Watch, Watched
from effprof.measure.energy import measure_energy
from effprof.measure.failures import NotFinite, classify
from effprof.measure.feed import NO_PROFILE, SKIPPED, start_loader
from effprof.measure.loop import Listen, Sampled, WarmedUp, take_samples, warm_up
from effprof.measure.memory import MemoryPass
from effprof.measure.passes import Attempts
from effprof.measure.steps import BuiltStep, build_step, refuse_impossible
from effprof.measure.timers import Timer, timer_for
from effprof.measure.troubles import OF_OTHERS, ROUGH, trouble
from effprof.models.build import build_model

if TYPE_CHECKING:
    import torch

#: A disturbed timing pass is taken so often before the cell is flagged.
TIMING_ATTEMPTS = 2

#: Steps of the latency pass: the 90th percentile needs 64 samples; slow steps stop earlier.
LATENCY_SAMPLES = 64
MIN_LATENCY_SAMPLES = 10
LATENCY_SECONDS = 5.0

#: Training steps whose phases are timed apart; slow steps stop earlier.
SPLIT_SAMPLES = 10
MIN_SPLIT_SAMPLES = 3
SPLIT_SECONDS = 5.0


#: Is given a measurement whose worker goes on.
Keep = Callable[[Measurement], None]


class Profiler(Protocol):
    """Says where the time of a step goes, in passes of its own after all others."""

    def __call__(
        self,
        model: "torch.nn.Module",
        step: BuiltStep,
        device: "torch.device",
        cell: Cell,
        plain_seconds: float,
        spent_seconds: float,
    ) -> Profile:
        """Profile `step`, which took `plain_seconds` when timed, and with waits `spent_seconds`."""


def measure_cell(
    cell: Cell,
    target: Target,
    options: MeasureOptions,
    listen: Listen,
    profiler: Profiler | None = None,
    keep: Keep = lambda done: None,
) -> Outcome:
    """Measure `cell` on `target`; every way to fail is an outcome. Call it in a worker.

    With a `profiler` the measurement has a profile; when that pass fails, the reason why not.
    `keep` is given the measurement as it stands before that pass, which may take the worker down.
    """
    try:
        try:
            return _measure(cell, target, options, listen, profiler, keep)
        except Exception as error:  # noqa: BLE001  # a failure is a value: classified, never lost
            return classify(error)
    except Exception as error:  # noqa: BLE001  # meanwhile the death of a loader was told, once
        return classify(error)


def _measure(
    cell: Cell,
    target: Target,
    options: MeasureOptions,
    listen: Listen,
    profiler: Profiler | None,
    keep: Keep,
) -> Measurement:
    import torch

    refuse_impossible(cell, target.kind)
    began = time.perf_counter()
    device = torch.device(target.torch_name)
    if device.type == "cuda":
        torch.cuda.set_device(device)
        torch.cuda.synchronize(device)
    loader = start_loader(cell, target.kind)
    feeding = loader.pids if loader else ()
    torch.set_num_threads(cell.threads)
    affinity = pin(cell.threads) if target.kind == "cpu" else ()
    settings = set_precision(cell.precision) | {"threads": str(torch.get_num_threads())}
    settings |= loader.settings if loader else {}
    memory_pass = MemoryPass(device, cell.execution)
    torch.manual_seed(0)
    model = build_model(cell.model, device=target.torch_name)
    step = build_step(model, cell, device, loader)
    settings |= step.settings
    built = time.perf_counter()
    watch: CpuWatch | GpuWatch = (
        GpuWatch(target, Nvml(), feeding)
        if device.type == "cuda"
        else CpuWatch(cell.threads, affinity, feeding, cell.allocator)
    )
    timer = timer_for(device, cell.threads, len(feeding))
    pace = loader.scaled(options) if loader else options
    passes = _passes(step, timer, watch, memory_pass, pace, listen)
    timing, missing = _timing(passes, cell)
    attempts, plain_seconds = passes.attempts, statistics.median(timing.throughput)
    energy: Energy | None = None
    if options.energy_repeats == 0:
        missing["energy"] = "measured in the first repeats of a cell only"
    else:
        # By single steps, also where a loader feeds them in rounds.
        taken, failed = attempts.take(
            lambda: _energy(
                step, timer_for(device, cell.threads), watch, cell.batch_size, plain_seconds
            ),
            ("energy",),
        )
        energy, no_energy = taken or (None, failed)
        missing |= no_energy
    judged = _judge(passes, options, target.kind)
    done = Measurement(
        timing=timing,
        memory=passes.memory,
        energy=energy,
        conditions=replace(passes.watched.conditions, clean_share=_clean_share(passes.sampled)),
        invalid_reasons=judged.invalid,
        rough_reasons=judged.rough,
        notes=step.notes + judged.notes,
        missing=missing | passes.missing,
        settings=settings,
        measuring_seconds=time.perf_counter() - passes.began,
        build_seconds=built - began,
    )
    if profiler is None:
        return done
    if step.fed:
        return replace(done, missing=done.missing | {"profile": NO_PROFILE})
    # Tracing a device can hang or end the process: what is known goes before it.
    keep(done)
    listen("profile", 0, None)
    profile, no_profile = attempts.take(
        lambda: profiler(model, step, device, cell, plain_seconds, passes.sampled.spent_seconds),
        ("profile",),
    )
    return replace(
        done,
        profile=profile,
        missing=done.missing | no_profile,
        measuring_seconds=time.perf_counter() - passes.began,
    )


@dataclass(frozen=True, slots=True)
class _Passes:
    """What the passes over one step brought home; `began` is the clock after the first step."""

    began: float
    first_step_seconds: float
    warm: WarmedUp
    sampled: Sampled
    latency: tuple[float, ...]
    split: tuple[tuple[float, ...], ...]
    memory: Memory
    missing: dict[str, str]
    watched: Watched
    compiled: CompileCounts
    recompiled: int
    attempts: Attempts


def _passes(
    step: BuiltStep,
    timer: Timer,
    watch: Watch,
    memory_pass: MemoryPass,
    options: MeasureOptions,
    listen: Listen,
) -> _Passes:
    """Run the passes in order: first step, warm-up, timing, latency, phases, memory.

    Batches would gather while the device is looked at between steps that wait for a loader: it is
    looked at once, when they are over.
    """
    listen("first step", 0, None)
    first = timer.latency(step.run, 1)[0]
    began = time.perf_counter()
    _require_finite(step.output())
    listen("warm-up", 1, None)
    warm = warm_up(step.run, timer, options)
    step_seconds = statistics.median(warm.samples)
    compiled = CompileCounts.now()

    def heard(stage: str, samples: int, width: float | None) -> None:
        if not step.fed:
            watch.glance()
        listen(stage, samples, width)

    sampled, watched = _undisturbed(
        lambda: take_samples(step.run, timer, options, step_seconds, heard),
        *(watch, options, timer.steps_per_sample),
    )
    recompiled = CompileCounts.now().graphs - compiled.graphs
    _require_finite(step.output())
    queued = sampled.samples
    attempts = Attempts()
    latency, no_latency = attempts.take(lambda: _latency(step, timer, queued), ("latency",))
    split, no_split = attempts.take(lambda: _split(step, timer, statistics.median(queued)), _PHASES)
    memory, no_memory = _memory(step, memory_pass, attempts)
    missing = watched.missing | no_latency | no_split | no_memory
    return _Passes(
        began, first, warm, sampled, latency or (), split or NO_SPLIT, memory, missing, watched,
        compiled, recompiled, attempts,
    )  # fmt: skip


def _require_finite(output: "torch.Tensor") -> None:
    import torch

    if not bool(torch.isfinite(output).all()):
        raise NotFinite("the output holds NaN or infinity")


def _undisturbed(
    take: Callable[[], Sampled], watch: Watch, options: MeasureOptions, steps_per_sample: int
) -> tuple[Sampled, Watched]:
    """Take the timing pass again if the machine disturbed it and does so no more; keep the last."""
    for attempt in range(TIMING_ATTEMPTS):
        sampled, watched = watch.during(
            *(take, lambda result: len(result.taken) * steps_per_sample),
            lambda result: result.cpu_share,
        )
        calm = sampled.quiet and not watched.troubles
        if calm or options.allow_busy or attempt + 1 == TIMING_ATTEMPTS or watch.disturbed_now():
            break
    return sampled, watched


def _memory(
    step: BuiltStep, memory_pass: MemoryPass, attempts: Attempts
) -> tuple[Memory, dict[str, str]]:
    if step.fed:
        return Memory(), SKIPPED
    taken, failed = attempts.take(lambda: memory_pass.measure(step.run), MEMORY_NUMBERS)
    return taken or (Memory(), failed)


def _latency(step: BuiltStep, timer: Timer, queued: tuple[float, ...]) -> tuple[float, ...]:
    """Time steps that are each waited for; none of a step that waits for a loader."""
    if step.fed:
        return ()
    if timer.waits:
        return queued
    affordable = math.floor(LATENCY_SECONDS / statistics.median(queued))
    count = min(LATENCY_SAMPLES, max(MIN_LATENCY_SAMPLES, affordable))
    return tuple(timer.latency(step.run, count))


def _split(step: BuiltStep, timer: Timer, step_seconds: float) -> tuple[tuple[float, ...], ...]:
    """Time the phases of some training steps: (forward, backward, optimizer) samples."""
    if not step.phases:
        return NO_SPLIT
    affordable = math.floor(SPLIT_SECONDS / step_seconds)
    count = min(SPLIT_SAMPLES, max(MIN_SPLIT_SAMPLES, affordable))
    rows = [timer.phases(step.phases) for _ in range(count)]
    return tuple(zip(*rows, strict=True))


#: The numbers of a training step by phase, and the samples of a step that is not split.
_PHASES = ("forward_seconds", "backward_seconds", "optimizer_seconds")
NO_SPLIT: tuple[tuple[float, ...], ...] = ((), (), ())

#: Why the phases of a training step are not known, by whether it is a CUDA graph.
_NO_PHASES = {
    True: "a CUDA graph replays the whole step at once",
    False: "the parts of a step that waits for a loader are not timed",
}


def _timing(passes: _Passes, cell: Cell) -> tuple[Timing, dict[str, str]]:
    median = statistics.median(passes.sampled.samples)
    missing: dict[str, str] = {}
    if cell.mode == "train" and passes.split == NO_SPLIT:
        missing["forward_seconds"] = _NO_PHASES[cell.execution == "cudagraph"]
    compile_seconds = None
    if cell.execution == "compile":
        if passes.compiled.cache_hits:
            missing["compile_seconds"] = "an earlier process had left the kernels in a cache"
        else:
            compile_seconds = max(0.0, passes.first_step_seconds - median)
    forward, backward, optimizer = passes.split
    taken = passes.sampled.taken
    timing = Timing(
        throughput=passes.sampled.samples,
        taken=tuple(each.seconds for each in taken if each.cpu is not None),
        waited=tuple(each.waited for each in taken if each.waited is not None),
        cpu=tuple(each.cpu for each in taken if each.cpu is not None),
        switches=tuple(float(each.switches) for each in taken if each.switches is not None),
        latency=passes.latency,
        warmup=passes.warm.samples,
        first_step_seconds=passes.first_step_seconds,
        compile_seconds=compile_seconds,
        forward=forward,
        backward=backward,
        optimizer=optimizer,
        converged=passes.sampled.converged,
        relative_width=passes.sampled.relative_width,
    )
    return timing, missing


def _energy(
    step: BuiltStep,
    timer: Timer,
    watch: CpuWatch | GpuWatch,
    batch_size: int,
    step_seconds: float,
) -> tuple[Energy | None, dict[str, str]]:
    if isinstance(watch, CpuWatch):
        return None, {"energy": "no energy counter of the CPU is read"}

    energy, reason = measure_energy(step.run, timer, watch.joules, batch_size, step_seconds)
    return energy, {} if reason is None else {"energy": reason}


@dataclass(frozen=True, slots=True)
class _Judged:
    """What was noticed: reasons against the samples, why they are rough, and mere notes."""

    invalid: tuple[str, ...]
    rough: tuple[str, ...]
    notes: tuple[str, ...]


def _judge(passes: _Passes, options: MeasureOptions, device_kind: str) -> _Judged:
    """Sort what was noticed."""
    troubles = list(passes.watched.troubles)
    if not passes.sampled.quiet:
        troubles.insert(0, trouble("waited", share=1 - passes.sampled.clean_share))
    if passes.recompiled:
        troubles.append(trouble("recompiled", count=passes.recompiled))
    allowed = OF_OTHERS if options.allow_busy else frozenset()
    answered = ROUGH - allowed if device_kind == "cpu" else frozenset()
    notes = [each.text for each in troubles if each.id in allowed]
    if (gone := passes.attempts.gone) is not None:
        notes.append(f"CUDA failed after the timing: {gone.reason}")
    if POWER_CAP in (passes.watched.conditions.throttle_reasons or ()):
        notes.append("power-capped: the power limit held the clocks down")
    if passes.sampled.quiet and not passes.sampled.converged:
        notes.append(_not_converged(passes.sampled, options))
    if not passes.warm.settled:
        notes.append("the warm-up did not settle before its cap")
    if passes.compiled.graph_breaks:
        notes.append(f"torch.compile broke the graph {passes.compiled.graph_breaks} times")
    return _Judged(
        tuple(each.text for each in troubles if each.id not in allowed | answered),
        tuple(each.text for each in troubles if each.id in answered),
        tuple(notes),
    )


def _clean_share(sampled: Sampled) -> float | None:
    """Give the share of clean steps, where the system tells which are."""
    told = any(each.waited is not None for each in sampled.taken)
    return sampled.clean_share if told else None


def _not_converged(sampled: Sampled, options: MeasureOptions) -> str:
    width = sampled.relative_width
    reached = "no interval" if width is None else f"+-{width:.1%}"
    return (
        f"not_converged: {reached} after {len(sampled.samples)} samples"
        f" in {options.time_cap_seconds:g} s (target +-{options.target_width:.1%})"
    )
