"""The quantities that claims are about, made from choices of networks: a row per part needs one."""

import math
from collections.abc import Sequence
from dataclasses import replace

from effprof.claims.choices import Choice, Found, measured_alike
from effprof.claims.claim import (
    MARGIN,
    PUBLISHED_REPEATS,
    Answer,
    NotMeasured,
    Part,
    Statistic,
)
from effprof.claims.contrasts import Reading, Term, contrast, from_logs
from effprof.claims.counts import exact
from effprof.claims.evidence import DeviceKind, Evidence, Wanted
from effprof.claims.ratios import speed_ratio
from effprof.core.cells import SYNTHETIC, Execution, Mode, Precision

#: Precision in which GPUs are judged, as in the published measurements; CPUs are in fp32.
GPU_PRECISION: Precision = "amp-fp16"
CPU_PRECISION: Precision = "fp32"

#: Kind of device, unit, least number of processes and margin of a ratio of times, by the kind.
ON_GPU: tuple[DeviceKind, str, int, float] = ("cuda", "x", PUBLISHED_REPEATS, MARGIN)
ON_CPU: tuple[DeviceKind, str, int, float] = ("cpu", "x", PUBLISHED_REPEATS, MARGIN)
ANYWHERE: tuple[None, str, int, float] = (None, "x", PUBLISHED_REPEATS, MARGIN)


def on_gpu(
    *names: str,
    size: int,
    batch: int | None = None,
    mode: Mode = "infer",
    execution: Execution = "eager",
    profile: bool = False,
    loader: str = SYNTHETIC,
) -> Choice:
    """Want a network by one of its names on a GPU; without `batch`, the largest is taken."""
    return tuple(
        Wanted(
            name,
            size,
            mode=mode,
            batch_size=batch,
            precision=GPU_PRECISION,
            execution=execution,
            profile=profile,
            loader=loader,
        )
        for name in names
    )


def on_cpu(
    *names: str, size: int, executions: tuple[Execution, ...] = ("eager", "compile")
) -> Choice:
    """Want a network by one of its names on a CPU, one image at a time; compiled if not eager."""
    return tuple(
        Wanted(name, size, batch_size=1, precision=CPU_PRECISION, execution=execution)
        for name in names
        for execution in executions
    )


def speed(above: Choice, below: Choice, smallest_batch: int = 1) -> Statistic:
    """Divide images/s of the network `above` by those of `below`, measured alike."""

    def statistic(evidence: Evidence) -> Answer | NotMeasured:
        found = measured_alike(evidence, (above, below), smallest_batch)
        if isinstance(found, NotMeasured):
            return found
        return with_settings(speed_ratio(*found), found, (above, below))

    return statistic


def ratio_of(
    read: Reading, what: str, above: Choice, below: Choice, smallest_batch: int = 1
) -> Statistic:
    """Divide what `read` gives for `above` by that for `below`; `what` names it."""
    return product(read, what, ((1.0, above), (-1.0, below)), smallest_batch)


def product(
    read: Reading, what: str, powers: Sequence[tuple[float, Choice]], smallest_batch: int = 1
) -> Statistic:
    """Multiply what `read` gives for each choice, raised to its power; `what` names it."""
    choices = tuple(choice for _, choice in powers)

    def statistic(evidence: Evidence) -> Answer | NotMeasured:
        found = measured_alike(evidence, choices, smallest_batch)
        if isinstance(found, NotMeasured):
            return found
        terms = [Term(power, each) for (power, _), each in zip(powers, found, strict=True)]
        answer = contrast(terms, read)
        if answer is None:
            return NotMeasured(f"no {what} was taken", tuple(wish for wish, *_ in choices))
        return with_settings(answer, found, choices)

    return statistic


def each_process(read: Reading, what: str, of: Choice) -> Statistic:
    """Take what `read` gives for each process of one network; `what` names it."""

    def statistic(evidence: Evidence) -> Answer | NotMeasured:
        found = measured_alike(evidence, (of,))
        if isinstance(found, NotMeasured):
            return found
        done = (done for each in found[0] for done in each.pooled.valid.values())
        numbers = [number for each in done if (number := read(each))]
        if not numbers:
            return NotMeasured(f"no {what} was taken", of[:1])
        return with_settings(from_logs([math.log(number) for number in numbers]), found, (of,))

    return statistic


def macs_ratio(above: Wanted, below: Wanted) -> Statistic:
    """Divide the MACs of one image of `above` by those of `below`: counted, so exact."""

    def statistic(evidence: Evidence) -> Answer | NotMeasured:
        costs = [evidence.cost(each.model, each.resolution) for each in (above, below)]
        per_image = [cost.total.macs / cost.batch_size for cost in costs if cost is not None]
        if len(per_image) < len(costs):
            wanted = tuple(replace(each, batch_size=1, static=True) for each in (above, below))
            names = " and ".join(each.model for each in wanted)
            return NotMeasured(f"no static cost of {names}", wanted)
        ratio = per_image[0] / per_image[1]
        return exact(ratio, 1, "static cost")

    return statistic


def by_kind(cuda: Statistic, cpu: Statistic) -> Statistic:
    """Judge GPUs and CPUs by the same quantity in different settings."""

    def statistic(evidence: Evidence) -> Answer | NotMeasured:
        return (cuda if evidence.kind == "cuda" else cpu)(evidence)

    return statistic


def with_settings(answer: Answer, found: Sequence[Found], choices: Sequence[Choice]) -> Answer:
    """Say in the note at which batch it was measured, and under which name if a second one."""
    batches = list(dict.fromkeys(str(each[0].cell.batch_size) for each in found))
    cells = [each[0].cell for each in found]
    other = [
        cell.model
        for cell, choice in zip(cells, choices, strict=True)
        if cell.model != choice[0].model
    ]
    notes = [f"batch {' and '.join(batches)}"]
    notes += [f"{' and '.join(dict.fromkeys(other))}"] if other else []
    compiled = {cell.execution for cell in cells} - {choice[0].execution for choice in choices}
    notes += sorted(compiled)
    return replace(answer, note="; ".join(filter(None, [answer.note, ", ".join(notes)])))


def wanted_of(parts: Sequence[Part]) -> tuple[Wanted, ...]:
    """Name every cell that the parts of a claim ask for: what they lack where nothing is known."""
    kinds: tuple[DeviceKind, ...] = ("cuda", "cpu", "none")
    answers = [
        part.statistic(Evidence("", kind, False, ()))
        for part in parts
        for kind in kinds
        if part.kind in (None, kind)
    ]
    lacking = (w for answer in answers if isinstance(answer, NotMeasured) for w in answer.wanted)
    return tuple(dict.fromkeys(lacking))
