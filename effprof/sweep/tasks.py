"""What workers are asked to do besides measuring: find devices, resolve a suite, count costs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from effprof.core.cells import Cell, Precision
from effprof.core.costs import StaticCost, cost_key
from effprof.core.outcomes import Failure, Outcome
from effprof.core.runs import Calibration, Fingerprint, MeasureOptions, Moment, Peak
from effprof.device.examine import Check
from effprof.device.target import Target
from effprof.sweep.suite import Expansion, Suite, expand

Tell = Callable[[Any], None]

#: A function that a worker runs; its last argument is `tell`.
Task = Callable[..., Any]


def find_targets(gpu: str | None, cpu: bool, tell: Tell) -> tuple[tuple[Target, Fingerprint], ...]:
    """Find the device(s) asked for and take their fingerprints.

    Raises `NoDevice` or `BadInput` as `effprof.device.target.choose` does.
    """
    from effprof.device.fingerprint import take_fingerprint
    from effprof.device.nvml import Nvml
    from effprof.device.target import FoundGpus, choose, find_gpus

    found = FoundGpus((), "not looked for") if cpu else find_gpus()
    nvml = Nvml()
    targets = choose(found, gpu, cpu)
    return tuple((target, take_fingerprint(target, nvml)) for target in targets)


def resolve_suite(suite: Suite, tell: Tell) -> Expansion:
    """Expand a suite with the names and sizes that the model libraries know."""
    return expand(suite, LibraryResolver())


class LibraryResolver:
    """Names and sizes from timm, torchvision and the registry of published facts."""

    def canonical(self, name: str) -> str:
        """Return the stable name of an existing model."""
        from effprof.models.build import canonical_name

        return canonical_name(name)

    def resolution(self, name: str, wanted: str | int) -> tuple[int, str | None]:
        """Return pixels; a model without a published size falls back to its native one."""
        from effprof.models.build import native_resolution, paper_resolution

        match wanted:
            case int():
                return wanted, None
            case "paper":
                published = paper_resolution(name)
                if published is not None:
                    return published, None
                native = native_resolution(name)
                return native, f"{name}: no published size is known; its native {native} is used"
            case _:
                return native_resolution(name), None

    def matching(self, pattern: str) -> tuple[str, ...]:
        """Return the networks of timm and torchvision that a glob takes."""
        from effprof.models.build import zoo_models

        return zoo_models(pattern)


@dataclass(frozen=True, slots=True)
class CountedCosts:
    """Static costs of a plan, and for each model that cannot be counted one note why."""

    costs: tuple[StaticCost, ...]
    notes: tuple[str, ...]


def count_costs(cells: tuple[Cell, ...], tell: Tell) -> CountedCosts:
    """Count the static cost of every distinct model, size, mode, batch and element type.

    A model that does not run has none: it is measured without a promise.
    """
    from effprof.cost import count_cost

    wanted = dict.fromkeys(cost_key(cell) for cell in cells)
    costs: list[StaticCost] = []
    notes: dict[str, str] = {}
    for key in wanted:
        try:
            cost = count_cost(*key)
            costs.append(cost)
            if cost.unknown:
                lacks = ", ".join(f"{op} ({why})" for op, why in cost.unknown.items())
                notes.setdefault(key[0], f"FLOPs of {key[0]} are without those of {lacks}")
        except Exception as error:  # noqa: BLE001  # a model's own code may raise anything
            said = str(error).partition("\n")[0] or type(error).__name__
            notes.setdefault(key[0], f"no static cost, so no promise: {key[0]}: {said}")
    return CountedCosts(tuple(costs), tuple(notes.values()))


def take_peaks(
    target: Target, precisions: tuple[Precision, ...], threads: int, tell: Tell
) -> tuple[Peak, ...] | Failure:
    """Measure the peaks of the device on as many bound threads as the cells use."""
    from effprof.device.cpu import pin
    from effprof.device.peaks import measure_peaks
    from effprof.measure.failures import classify

    if target.kind == "cpu":
        pin(threads)
    try:
        return measure_peaks(target, precisions, threads)
    except Exception as error:  # noqa: BLE001  # without peaks a run says less, but it runs
        return classify(error)


def calibrate(target: Target, moment: Moment, tell: Tell) -> tuple[Calibration, ...] | Failure:
    """Time the neutral sentinels of the device on one bound thread."""
    from effprof.device.calibration import calibrate
    from effprof.device.cpu import pin
    from effprof.measure.failures import classify

    if target.kind == "cpu":
        pin(1)
    try:
        return calibrate(target, moment)
    except Exception as error:  # noqa: BLE001  # without them a run says less, but it runs
        return classify(error)


def measure(cell: Cell, target: Target, options: MeasureOptions, tell: Tell) -> Outcome:
    """Measure one cell; `tell` hears (pass, samples so far, relative width).

    Before a profile it is also told the measurement as it stands.
    """
    from effprof.measure.cell import measure_cell
    from effprof.profiling import CellProfiler

    profiler = CellProfiler() if options.profile else None
    return measure_cell(cell, target, options, lambda *progress: tell(progress), profiler, tell)


def profile(
    cell: Cell,
    target: Target,
    options: MeasureOptions,
    method: str | None,
    trace: str | None,
    tell: Tell,
) -> Outcome:
    """Measure one cell and profile it, whatever `options.profile` says.

    `method` is a key of `effprof.core.profiles.METHODS` or None for the one that fits the cell;
    `trace` a file (.json or .json.gz) for a trace of a few steps, which Perfetto opens.
    """
    from effprof.measure.cell import measure_cell
    from effprof.profiling import CellProfiler

    profiler = CellProfiler(method, trace)
    return measure_cell(cell, target, options, lambda *progress: tell(progress), profiler)


def examine_machine(tell: Tell) -> tuple[tuple[Check, ...], tuple[Target, ...]]:
    """Examine what stands between this machine and good numbers; return its GPUs beside that."""
    from effprof.device.examine import examine
    from effprof.device.target import find_gpus

    return examine(), find_gpus().gpus


def examine_gpu(target: Target, asked_at: float, tell: Tell) -> tuple[Check, ...]:
    """Start on a GPU and examine it; the worker was asked for at `asked_at`, monotonic seconds."""
    from effprof.device import examine_gpu as gpu
    from effprof.device.nvml import Nvml

    start = gpu.start_on(target, asked_at)
    return gpu.examine_gpu(target, start, Nvml())
