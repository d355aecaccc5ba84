"""Made-up runs for what is told of several: changed invocations, other devices, other networks."""

from collections.abc import Callable
from dataclasses import replace

from effprof.core.cells import Cell
from effprof.core.outcomes import Energy, Measurement
from effprof.core.runs import Run
from tests.report.zoo import zoo_run
from tests.runs import fingerprint


def named(run: Run, **fields) -> Run:
    """Change the invocation of a run."""
    return replace(run, invocation=replace(run.invocation, **fields))


def moved(run: Run, cell_of: Callable[[Cell], Cell]) -> Run:
    """Say that what was measured of a cell was that of another."""

    def cost(each):
        there = cell_of(Cell(each.model, each.resolution))
        return replace(each, model=there.model, resolution=there.resolution)

    return named(
        replace(
            run,
            costs=tuple(map(cost, run.costs)),
            repeats=tuple(replace(each, cell=cell_of(each.cell)) for each in run.repeats),
        ),
        cells=tuple(map(cell_of, run.invocation.cells)),
    )


def on_gpu(run: Run) -> Run:
    """Say that the run was made on a GPU, whose energy was read."""
    marks = fingerprint(**{"device kind": "cuda", "device": "Some GPU"})
    taken = Energy(joules=50.0, seconds=5.0, images=100)
    repeats = tuple(
        replace(each, outcome=replace(each.outcome, energy=taken))
        if isinstance(each.outcome, Measurement)
        else each
        for each in run.repeats
    )
    return named(replace(run, repeats=repeats), device="Some GPU", fingerprint=marks)


def published_run(run: Run) -> Run:
    """Say that timm published the numbers of a run."""
    marks = fingerprint(**{"device kind": "cuda", "method": "timm-benchmark 1"})
    return named(run, device="RTX", fingerprint=marks)


def designs_run() -> Run:
    """A run about one network built from a description, and the same with twice the expansion."""
    names = {
        "timm/resnet50": "effprof:efficientnet",
        "timm/resnet18": "effprof:efficientnet?phi=-1",
    }
    run = moved(
        zoo_run((1, 8)), lambda cell: replace(cell, model=names.get(cell.model, cell.model))
    )
    return named(
        run, id="20261121-100000-400000", suite="designs", reference="effprof:efficientnet"
    )


def with_variant(run: Run, model: str = "effprof:efficientnet?se=off") -> Run:
    """Add a variant of B0 that is as fast as B0."""
    b0 = "timm/efficientnet_b0"
    beside = {cell: replace(cell, model=model) for cell in run.invocation.cells if cell.model == b0}
    twice = tuple(
        replace(each, cell=beside[each.cell]) for each in run.repeats if each.cell in beside
    )
    costs = tuple(replace(cost, model=model) for cost in run.costs if cost.model == b0)
    run = replace(run, repeats=(*run.repeats, *twice), costs=(*run.costs, *costs))
    return named(run, cells=(*run.invocation.cells, *beside.values()))


def with_v2(run: Run, resolution: int = 384) -> Run:
    """Say that ConvNeXt-S was EfficientNetV2-S, whose accuracy is quoted for 384 px."""

    def v2(cell: Cell) -> Cell:
        if cell.model != "timm/convnext_small":
            return cell
        return replace(cell, model="timm/efficientnetv2_s", resolution=resolution)

    return moved(run, v2)


def with_ways(run: Run, *ways: dict[str, object], faster: Callable[[Cell], float]) -> Run:
    """Add every cell in further ways of running, `faster(cell)` times as fast as it was."""
    cells, repeats, costs = list(run.invocation.cells), list(run.repeats), list(run.costs)
    for way in ways:
        cells += [replace(cell, **way) for cell in run.invocation.cells]
        costs += [replace(each, **_of_cost(way)) for each in run.costs if _of_cost(way)]
        for each in run.repeats:
            cell, done = replace(each.cell, **way), each.outcome
            steps = tuple(
                seconds * cell.batch_size / each.cell.batch_size / faster(cell)
                for seconds in done.timing.throughput
            )
            outcome = replace(done, timing=replace(done.timing, throughput=steps))
            repeats.append(replace(each, cell=cell, outcome=outcome))
    return named(
        replace(run, repeats=tuple(repeats), costs=tuple(costs)), cells=tuple(dict.fromkeys(cells))
    )


def _of_cost(way: dict[str, object]) -> dict[str, object]:
    """What of a way of running static costs depend on."""
    return {axis: way[axis] for axis in ("resolution", "batch_size") if axis in way}
