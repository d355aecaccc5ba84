"""Made-up evidence: cells with the median step that each process took, or with whole outcomes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from effprof.claims.evidence import Evidence, evidence_of
from effprof.core.cells import Cell
from effprof.core.costs import Cost, StaticCost, cost_key
from effprof.core.outcomes import Measurement, Repeat, Timing
from effprof.core.runs import Run
from effprof.study.study import Study
from tests.runs import fingerprint, sample_run

STARTED = "2026-11-21T08:00:00+00:00"

#: What one process found out: its median step in seconds, a whole measurement, or None for nothing.
Process = float | Measurement | None

CUDA, CPU = "cuda", "cpu"


def took(seconds: float, **fields) -> Measurement:
    """A measurement whose steps all took `seconds`; `latency` is a field too."""
    latency = (fields.pop("latency", seconds),)
    timing = Timing((seconds,), latency, (), seconds)
    return Measurement(timing, settings={"precision": "fp32"}, **fields)


def cost(cell: Cell, macs: float, activations: float, roles: Iterable[str] = ()) -> StaticCost:
    """Static cost of a cell, given MACs and activations of one image."""
    batch = cell.batch_size
    total = Cost(1, round(macs) * batch, round(activations) * batch, 1, 1)
    by_role = {role: Cost(1) for role in roles}
    counter = "effprof static cost 2 (made up)"
    return StaticCost(*cost_key(cell), 1_000_000, total, by_role, counter=counter)


def run_of(
    cells: Mapping[Cell, Sequence[Process]],
    costs: Sequence[StaticCost] = (),
    kind: str = CUDA,
    run_id: str = "20261121-080000-aaaaaa",
    **gating: str,
) -> Run:
    """A run of these cells, one number or measurement for each fresh process."""
    repeats = tuple(
        Repeat(
            cell, index, outcome if isinstance(outcome, Measurement) else took(outcome), STARTED, 1
        )
        for cell, processes in cells.items()
        for index, outcome in enumerate(processes)
        if outcome is not None
    )
    made = sample_run(
        repeats=max((len(each) for each in cells.values()), default=1),
        cells=tuple(cells),
        id=run_id,
        device=f"Some {kind}",
        fingerprint=fingerprint(**{"device kind": kind} | gating),
    )
    return replace(made, costs=tuple(costs), peaks=(), repeats=repeats)


def evidence(
    cells: Mapping[Cell, Sequence[Process]],
    costs: Sequence[StaticCost] = (),
    kind: str = CUDA,
    **gating: str,
) -> Evidence:
    """Evidence of one device from one run."""
    (found,) = evidence_of([Study(run_of(cells, costs, kind, **gating))])
    return found


def around(seconds: float, processes: int = 5, spread: float = 0.01) -> tuple[float, ...]:
    """Steps of processes that lie evenly within `spread` of `seconds`."""
    middle = (processes - 1) / 2
    return tuple(seconds * (1 + spread * (i - middle) / max(middle, 1)) for i in range(processes))
