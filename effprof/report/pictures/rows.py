"""What the interactive charts are drawn from: rows of the same views as the pictures.

A row has the `batch` and the `network` it belongs to, what its chart places, and `said`, the text
that is shown when it is pointed at.
"""

import math
from collections.abc import Iterable, Iterator, Mapping

from effprof.analysis.correlation import PREDICTORS
from effprof.analysis.profiles import seconds_by_role
from effprof.analysis.regimes import Regime
from effprof.analysis.role_points import flop_shares, role_points, time_shares
from effprof.analysis.roofline import Ceilings, Roofline
from effprof.analysis.waterfall import CAUSES, Waterfall
from effprof.core.profiles import Profile
from effprof.core.units import byte_size, duration, estimate_text, percent, si, significant, times
from effprof.report.groups import ROLE_GROUPS, group_of, grouped
from effprof.report.phrases import (
    CAUSE_WORDS,
    MEMORY_WORDS,
    STATISTIC_WORDS,
    factor_text,
    roles_text,
    top_roles,
)
from effprof.report.view import RIVALS, View, chosen, memory_of
from effprof.study.front import contenders
from effprof.study.predictors import PERFECT, predictions
from effprof.study.results import Result, known
from effprof.study.setting import (
    arrived_of,
    flops_of,
    measured_speed,
    promise_of,
    reach_of,
    realised_of,
    seconds_of,
    with_flops,
)

Value = str | float | int | bool | None
Row = dict[str, Value]

#: Names of the first and the last step of a waterfall; the causes stand between them.
PROMISED, REALISED = "promised by FLOPs", "realised"

#: Networks besides the reference whose roles are drawn; a picture, which cannot be pointed at, has
#: fewer, the table has all.
MAX_NETWORKS = 11

#: What the bars of `flops_beside_time` are shares of.
SHARES = ("share of FLOPs", "share of time")


def promise(view: View) -> Iterator[Row]:
    """Give promised and realised speed-up of every network but the reference, as ratios."""

    def place(each: Result) -> tuple[float, str]:
        return promise_of(each), each.label

    for each in sorted(view.setting.compared, key=place, reverse=True):
        arrived, realised = percent(arrived_of(each)), realised_of(each)
        yield _cell(each) | {
            "promise": promise_of(each),
            "realised": realised.value,
            "low": realised.low,
            "high": realised.high,
            "reach": max(1.0, reach_of(each)),
            "short": f"{times(realised.value, 2)}, {arrived}",
            "said": f"promised {times(promise_of(each))}, realised "
            f"{estimate_text(realised, 'x')}: {arrived} arrives",
        }


def waterfall(view: View) -> Iterator[Row]:
    """Give the steps from promise to realised of every cell with a waterfall, as ratios."""
    for each in view.results:
        steps = _steps(each.fall) if isinstance(each.fall, Waterfall) else ()
        for step, start, end, short in steps:
            yield _who(each) | {
                "step": step,
                "start": start,
                "end": end,
                "reach": max(1.0, start, end),
                "short": short,
                "said": f"{step}: {short}",
            }


def role_time(view: View) -> Iterator[Row]:
    """Give the operators' time per image in seconds, and the share of it, by group of roles."""
    for each, profile in _profiled(view):
        total, size = profile.op_seconds, each.batch_size
        for name, seconds in grouped(seconds_by_role(profile)).items():
            share = seconds / total
            yield _who(each) | {
                "group": name,
                "place": _PLACES[name],
                "seconds": seconds / size,
                "share": share,
                "said": f"{name}: {duration(seconds / size)} per image, {percent(share)} of "
                f"{duration(total / size)}",
            }


def flops_beside_time(view: View) -> Iterator[Row]:
    """Give the shares of FLOPs and of time of every group of roles."""
    for each, profile in _profiled(view):
        if each.part.cost is None:
            continue
        both = grouped(flop_shares(each.part.cost)), grouped(time_shares(profile))
        for name in (group.name for group in ROLE_GROUPS if group.name in both[1]):
            for kind, shares in zip(SHARES, both, strict=True):
                share = shares.get(name, 0.0)
                text = percent(share) if share else "none"
                yield _who(each) | {
                    "group": name,
                    "kind": kind,
                    "share": share,
                    "short": text,
                    "said": f"{name}, {kind}: {text}",
                }


def regimes(view: View) -> Iterator[Row]:
    """Give the regime of every cell, or what became of it."""
    for each in view.results:
        regime = each.part.regime
        if isinstance(regime, Regime):
            launching, seen = regime.name == "launch-bound", regime.evidence
            shown = seen.busy_share if launching else seen.memory_share
            yield _cell(each) | {
                "regime": regime.name,
                "borderline": regime.borderline,
                "short": f"{'busy' if launching else 'memory'} {percent(shown)}",
                "said": f"{regime.name}: {regime.why}",
            }


def roofline(view: View) -> Iterator[Row]:
    """Give the roles that count FLOPs, as points, and the ceilings above them, as a line."""
    for each, ceilings, profile in _roofed(view):
        points = [p for p in role_points(profile, each.part.cost) if p.intensity]
        for point in points:
            yield _who(each) | {
                "part": "role",
                "group": group_of(point.role),
                "intensity": point.intensity,
                "speed": point.flops_per_second,
                "share": point.share,
                "said": f"{point.role}: {si(point.flops_per_second, 'FLOP/s')} at "
                f"{significant(point.intensity)} FLOPs per byte, {percent(point.share)} of the "
                "operators' time",
            }
        spots = [*(point.intensity for point in points), ceilings.ridge]
        for at in (min(spots) / 3, ceilings.ridge, max(spots) * 4):
            yield _who(each) | {
                "part": "ceiling",
                "intensity": at,
                "speed": min(at * ceilings.bytes_per_second, ceilings.flops_per_second),
                "said": f"ceilings: {si(ceilings.flops_per_second, 'FLOP/s')}, "
                f"{si(ceilings.bytes_per_second, 'B/s')}",
            }


def bandwidth(view: View) -> Iterator[Row]:
    """Give the roles without FLOPs: their only ceiling is the bandwidth, in bytes/s."""
    for each, ceilings, profile in _roofed(view):
        for point in role_points(profile, each.part.cost):
            if not point.intensity:
                yield _who(each) | {
                    "role": point.role,
                    "group": group_of(point.role),
                    "speed": point.bytes_per_second,
                    "ceiling": ceilings.bytes_per_second,
                    "share": point.share,
                    "said": f"{point.role}: {si(point.bytes_per_second, 'B/s')}, "
                    f"{percent(point.share)} of the operators' time; a copy reaches "
                    f"{si(ceilings.bytes_per_second, 'B/s')}",
                }


def time_flops(view: View) -> Iterator[Row]:
    """Give time per image in seconds against FLOPs, and lines of equal FLOP/s in the same span."""
    there = with_flops(view.results)
    for each in there:
        flops, seconds = flops_of(each), seconds_of(each)
        yield _cell(each) | {
            "part": "network",
            "family": each.family,
            "flops": flops,
            "seconds": seconds,
            "said": f"{si(flops, 'FLOP')} in {duration(seconds)} per image: "
            f"{si(known(each.flops_per_second), 'FLOP/s')}",
        }
    for size in sorted({each.batch_size for each in there}):
        own = [each for each in there if each.batch_size == size]
        yield from _equal_speeds(size, own, view.peak)


def front(view: View) -> Iterator[Row]:
    """Give quoted top-1 in per cent against images per second, and who is on the front."""
    for each in contenders(view.results):
        elsewhere = "" if each.same_size else f", quoted at {each.facts.resolution} px"
        yield _cell(each.result) | {
            "family": each.result.family,
            "speed": each.speed.value,
            "top1": each.top1,
            "same_size": each.same_size,
            "on_front": each.on_front,
            "said": f"{significant(each.top1)} % top-1{elsewhere} ({each.facts.source}), "
            f"{estimate_text(each.speed)} images/s"
            f"{', on the front' if each.on_front else ''}",
        }


def throughput(view: View) -> Iterator[Row]:
    """Give images per second over batch size, where there are several."""
    if len(view.batch_sizes) < 2:
        return
    largest: dict[str, int] = {}
    for each in view.results:
        largest[each.label] = max(each.batch_size, largest.get(each.label, 0))
    for each in view.results:
        speed = measured_speed(each)
        yield _cell(each) | {
            "family": each.family,
            "speed": speed.value,
            "last": each.batch_size == largest[each.label],
            "said": f"{estimate_text(speed)} images/s",
        }


def memory(view: View) -> Iterator[Row]:
    """Give every kind of peak memory in bytes."""
    there = [(each, memory_of(each)) for each in view.results]
    # The largest first, by the first number that tells two apart; what is not known comes last.
    there.sort(key=lambda pair: [-pair[1].get(name, -math.inf) for name in MEMORY_WORDS])
    for each, found in there:
        for name, value in found.items():
            kind = MEMORY_WORDS[name]
            yield _cell(each) | {
                "kind": kind,
                "mib": value / 2**20,
                "said": f"{kind}: {byte_size(value)}",
            }


def predictors(view: View) -> Iterator[Row]:
    """Give how well each static cost predicts time, with its interval."""
    for found in predictions(view.results):
        cost = PREDICTORS[found.predictor]
        for statistic, title in STATISTIC_WORDS.items():
            told = found.statistics[statistic]
            yield {
                "batch": found.batch_size,
                "statistic": title,
                "predictor": cost,
                "value": told.value,
                "low": told.low,
                "high": told.high,
                "perfect": PERFECT,
                "said": f"{cost}, {title}: {estimate_text(told)}, over {found.models} networks",
            }


_PLACES = {group.name: place for place, group in enumerate(ROLE_GROUPS)}


def _who(result: Result) -> Row:
    return {"batch": result.batch_size, "network": result.label}


def _cell(result: Result) -> Row:
    return _who(result) | {"cell": result.cell.key}


def _steps(fall: Waterfall) -> Iterator[tuple[str, float, float, str]]:
    """Name each step of a waterfall with the speed-up before and after it, and its text."""
    level = fall.promise.factor
    yield PROMISED, 1.0, level, times(level)
    for cause in CAUSES:
        bar = fall.bars[cause]
        roles = roles_text(top_roles(bar))
        text = f"{factor_text(bar.factor)}{f' ({roles})' if roles else ''}"
        yield CAUSE_WORDS[cause].name, level, level * bar.factor, text
        level *= bar.factor
    share = percent(fall.realised / fall.promise.factor)
    yield REALISED, 1.0, fall.realised, f"{times(fall.realised)}: {share} of the promise arrives"


def _profiled(view: View) -> list[tuple[Result, Profile]]:
    """Give the profiled cells of the most telling networks at chosen batch sizes."""
    labels, sizes = view.telling(MAX_NETWORKS, RIVALS), chosen(view.batch_sizes)
    return [
        (each, profile)
        for each, profile in view.profiled
        if each.label in labels and each.batch_size in sizes
    ]


def _roofed(view: View) -> Iterator[tuple[Result, Ceilings, Profile]]:
    for each, profile in _profiled(view):
        if isinstance(each.part.roofline, Roofline):
            yield each, each.part.roofline.ceilings, profile


def _equal_speeds(size: int, results: Iterable[Result], peak: float | None) -> Iterator[Row]:
    """Draw lines of 1, 10, 100 ... FLOP/s through the box around the points, and the peak."""
    flops, seconds = zip(*((flops_of(each), seconds_of(each)) for each in results), strict=True)
    left, right = min(flops) / 3, max(flops) * 2.2
    low, high = min(seconds) / 2, max(seconds) * 2
    decades = range(math.ceil(math.log10(left / high)), math.floor(math.log10(right / low)) + 1)
    speeds: Mapping[float, str] = {10.0**power: "" for power in decades} | (
        {peak: "measured peak, "} if peak is not None and left / high < peak < right / low else {}
    )
    for speed, kind in speeds.items():
        for at in (max(left, low * speed), min(right, high * speed)):
            yield {
                "batch": size,
                "part": "peak" if kind else "line",
                "flops": at,
                "seconds": at / speed,
                "line": f"{kind}{si(speed, 'FLOP/s', 3 if kind else 1)}",
                "named": (at == max(left, low * speed)) != bool(kind),
            }
