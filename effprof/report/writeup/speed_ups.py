"""Speed-ups: a network over its reference wherever it is known, here and from others, as rows."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from effprof.claims.claim import Published
from effprof.claims.told_parts import ToldPart, quoted_parts, told_parts
from effprof.core.units import estimate_text, times
from effprof.report.claims import device_text
from effprof.report.variations import Pair
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.names import device_name, reference_title, title, way_text
from effprof.study.collection import is_imported
from effprof.study.variations import Variation, ways

#: Who knows a speed-up: this project measured it, others measured it and it was computed from
#: their files, or others state it and their files are not at hand.
By = Literal["here", "by others", "stated by others"]

#: What the quoted quantities are about.
QUOTED_PAIR = Pair("EfficientNet-B0", "ResNet-50")

#: The claim and the quantity of it that tells the promise of that pair.
_PROMISE = ("C9", "flops")

#: Claim and part -> mode and way of running of a quoted speed of that pair.
QUOTED_WAYS: Mapping[tuple[str, str], tuple[str, str]] = {
    ("C9", "speed_eager"): ("infer", "16-bit (amp), eager, large batch"),
    ("C9", "speed_compiled"): ("infer", "16-bit (amp), compiled, large batch"),
    ("C9", "speed_cpu_compiled"): ("infer", "fp32, compiled, many threads"),
    ("C10", "training_speed_b0"): ("train", "16-bit (amp), large batch"),
}


@dataclass(frozen=True, slots=True)
class SpeedUp:
    """How many times as fast a network is as its reference in one way of running.

    `ends` are the same number twice, unless others state a range; `text` is it with its interval.
    `promise` is how many times fewer FLOPs the network needs, None where nobody counted.
    """

    pair: Pair
    by: By
    device: str
    mode: str
    way: str
    ends: tuple[float, float]
    text: str
    promise: float | None


def speed_ups(basis: Basis) -> tuple[SpeedUp, ...]:
    """List them: own measurements, those of others, and what others state."""
    own = [
        _measured(rows, each) for rows in ways(basis.collection) for each in _worth_telling(rows)
    ]
    return (*own, *(_quoted(basis) if basis.quotations else ()))


def _worth_telling(rows: tuple[Variation, ...]) -> Collection[Variation]:
    """Keep the base point, or what stands for it, and the ends of the range over all ways."""
    ordered = sorted(rows, key=lambda each: each.ratio.value)
    kept = {id(each): each for each in (rows[0], ordered[0], ordered[-1])}
    return kept.values()


def _measured(rows: tuple[Variation, ...], told: Variation) -> SpeedUp:
    pair = Pair(title(told.result).partition("@")[0], reference_title(told.study))
    by: By = "by others" if is_imported(told.study) else "here"
    return SpeedUp(
        *(pair, by, device_name(told.study), told.result.mode, _way(rows, told)),
        *((told.ratio.value, told.ratio.value), estimate_text(told.ratio, "x"), told.promise),
    )


def _way(rows: tuple[Variation, ...], told: Variation) -> str:
    """Call a way of running, and say where it is an end of a range over more than are listed."""
    if told is rows[0] or len(rows) == len(_worth_telling(rows)):
        return way_text(told)
    lowest = min(rows, key=lambda each: each.ratio.value)
    return f"{way_text(told)} ({'lowest' if told is lowest else 'highest'} of {len(rows)} ways)"


def _quoted(basis: Basis) -> Iterator[SpeedUp]:
    """Yield what others measured of the pair, and what they state of other devices."""
    known = {(each.claim, each.part.id): each for each in told_parts(basis.verdicts)}
    promise = known[_PROMISE].answer.estimate.value if _PROMISE in known else None
    for judged in basis.verdicts:
        for part in (found.part for found in judged.parts):
            if way := QUOTED_WAYS.get((judged.claim.id, part.id)):
                there = [
                    each
                    for each in quoted_parts([judged], basis.quotations)
                    if each.part.id == part.id
                ]
                yield from (_computed(each, way, promise) for each in there)
                for value in part.published:
                    if value.high or not any(each.row.author in value.where for each in there):
                        yield _stated(value, way, promise)


def _computed(found: ToldPart, way: tuple[str, str], promise: float | None) -> SpeedUp:
    estimate = found.answer.estimate
    text = estimate_text(estimate, found.part.unit)
    device = device_text(found.row)
    ends = (estimate.value, estimate.value)
    return SpeedUp(QUOTED_PAIR, "by others", device, *way, ends, text, promise)


def _stated(value: Published, way: tuple[str, str], promise: float | None) -> SpeedUp:
    """Take a value over as it is stated; of several devices it is a range."""
    high = value.value if value.high is None else value.high
    text = times(value.value) if value.high is None else f"{times(value.value)} to {times(high)}"
    return SpeedUp(
        *(QUOTED_PAIR, "stated by others", value.where, *way),
        *((value.value, high), text, promise),
    )
