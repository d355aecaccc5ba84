"""What the interactive charts are drawn from: rows of the same views as the pictures.

A row has the `batch` and the `network` it belongs to, what its chart places, and `said`, the text
that is shown when it is pointed at.
"""

import math
from collections.abc import Iterator, Mapping

import pandas as pd

from effprof.analysis.correlation import PREDICTORS, correlations
from effprof.analysis.estimate_columns import estimate_of
from effprof.analysis.profiles import seconds_by_role
from effprof.analysis.regimes import Regime
from effprof.analysis.roofline import Ceilings, Roofline
from effprof.analysis.waterfall import CAUSES, Waterfall
from effprof.core.profiles import Profile
from effprof.core.units import byte_size, duration, estimate_text, percent, si, significant, times
from effprof.report.figures.front import ranked
from effprof.report.figures.memory import KINDS
from effprof.report.figures.panel import View, chosen
from effprof.report.figures.predictors import PANELS
from effprof.report.figures.role_time import RIVALS, flop_and_time_shares
from effprof.report.figures.roofline import role_points
from effprof.report.groups import ROLE_GROUPS, group_of, grouped
from effprof.report.phrases import CAUSE_WORDS, factor_text, roles_text, top_roles

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
    compared = view.frame.dropna(subset=["promise", "realised"])
    compared = compared[compared["model"] != view.reference]
    for key, row in compared.sort_values(["promise", "label"], ascending=False).iterrows():
        arrived = percent(row["realised_efficiency"])
        realised = estimate_of(row, "realised")
        yield _who(row, key) | {
            "promise": row["promise"],
            "realised": row["realised"],
            "low": realised.low,
            "high": realised.high,
            "reach": max(1.0, row[["promise", "realised", "realised_high"]].max()),
            "short": f"{times(row['realised'], 2)}, {arrived}",
            "said": f"promised {times(row['promise'])}, realised "
            f"{estimate_text(realised, 'x')}: {arrived} arrives",
        }


def waterfall(view: View) -> Iterator[Row]:
    """Give the steps from promise to realised of every cell with a waterfall, as ratios."""
    for key, row in view.frame.iterrows():
        fall = view.falls.get(str(key))
        if fall is None:
            continue
        for step, start, end, short in _steps(fall):
            yield _who(row) | {
                "step": step,
                "start": start,
                "end": end,
                "reach": max(1.0, start, end),
                "short": short,
                "said": f"{step}: {short}",
            }


def role_time(view: View) -> Iterator[Row]:
    """Give the operators' time per image in seconds, and the share of it, by group of roles."""
    for row, profile in _profiled(view):
        total, size = profile.op_seconds, int(row["batch_size"])
        for name, seconds in grouped(seconds_by_role(profile)).items():
            share = seconds / total
            yield _who(row) | {
                "group": name,
                "place": _PLACES[name],
                "seconds": seconds / size,
                "share": share,
                "said": f"{name}: {duration(seconds / size)} per image, {percent(share)} of "
                f"{duration(total / size)}",
            }


def flops_beside_time(view: View) -> Iterator[Row]:
    """Give the shares of FLOPs and of time of every group of roles."""
    for row, profile in _profiled(view):
        if view.parts[str(row.name)].cost is None:
            continue
        both = flop_and_time_shares(view, row, profile)
        for name in (group.name for group in ROLE_GROUPS if group.name in both[1]):
            for kind, shares in zip(SHARES, both, strict=True):
                share = shares.get(name, 0.0)
                text = percent(share) if share else "none"
                yield _who(row) | {
                    "group": name,
                    "kind": kind,
                    "share": share,
                    "short": text,
                    "said": f"{name}, {kind}: {text}",
                }


def regimes(view: View) -> Iterator[Row]:
    """Give the regime of every cell, or what became of it."""
    for key, row in view.frame.iterrows():
        regime = view.parts[str(key)].regime
        if isinstance(regime, Regime):
            launching, seen = regime.name == "launch-bound", regime.evidence
            shown = seen.busy_share if launching else seen.memory_share
            yield _who(row, key) | {
                "regime": regime.name,
                "borderline": regime.borderline,
                "short": f"{'busy' if launching else 'memory'} {percent(shown)}",
                "said": f"{regime.name}: {regime.why}",
            }


def roofline(view: View) -> Iterator[Row]:
    """Give the roles that count FLOPs, as points, and the ceilings above them, as a line."""
    for row, ceilings, profile in _roofed(view):
        points = [p for p in role_points(view, str(row.name), profile) if p.intensity]
        for point in points:
            yield _who(row) | {
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
            yield _who(row) | {
                "part": "ceiling",
                "intensity": at,
                "speed": min(at * ceilings.bytes_per_second, ceilings.flops_per_second),
                "said": f"ceilings: {si(ceilings.flops_per_second, 'FLOP/s')}, "
                f"{si(ceilings.bytes_per_second, 'B/s')}",
            }


def bandwidth(view: View) -> Iterator[Row]:
    """Give the roles without FLOPs: their only ceiling is the bandwidth, in bytes/s."""
    for row, ceilings, profile in _roofed(view):
        for point in role_points(view, str(row.name), profile):
            if not point.intensity:
                yield _who(row) | {
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
    known = view.frame.dropna(subset=["flops", "images_per_second"])
    known = known[known["flops"] > 0]
    for key, row in known.iterrows():
        seconds = 1 / row["images_per_second"]
        yield _who(row, key) | {
            "part": "network",
            "family": row["family"],
            "flops": row["flops"],
            "seconds": seconds,
            "said": f"{si(row['flops'], 'FLOP')} in {duration(seconds)} per image: "
            f"{si(row['flops_per_second'], 'FLOP/s')}",
        }
    for size, rows in known.groupby("batch_size"):
        yield from _equal_speeds(int(size), rows["flops"], 1 / rows["images_per_second"], view.peak)


def front(view: View) -> Iterator[Row]:
    """Give quoted top-1 in per cent against images per second, and who is on the front."""
    rows = ranked(view)
    if rows.empty:
        return
    for key, row in rows.iterrows():
        elsewhere = "" if row["same_size"] else f", quoted at {row['top1_resolution']:.0f} px"
        yield _who(row, key) | {
            "family": row["family"],
            "speed": row["images_per_second"],
            "top1": row["top1"],
            "same_size": bool(row["same_size"]),
            "on_front": bool(row["on_front"]),
            "said": f"{significant(row['top1'])} % top-1{elsewhere} ({row['top1_source']}), "
            f"{estimate_text(estimate_of(row, 'images_per_second'))} images/s"
            f"{', on the front' if row['on_front'] else ''}",
        }


def throughput(view: View) -> Iterator[Row]:
    """Give images per second over batch size, where there are several."""
    if len(view.batch_sizes) < 2:
        return
    ends = view.frame.groupby("label")["batch_size"].transform("max")
    for key, row in view.frame.iterrows():
        yield _who(row, key) | {
            "family": row["family"],
            "speed": row["images_per_second"],
            "last": bool(row["batch_size"] == ends[key]),
            "said": f"{estimate_text(estimate_of(row, 'images_per_second'))} images/s",
        }


def memory(view: View) -> Iterator[Row]:
    """Give every kind of peak memory in bytes."""
    for key, row in view.frame.sort_values(list(KINDS), ascending=False).iterrows():
        for name, (kind, *_) in KINDS.items():
            if pd.notna(row[name]):
                yield _who(row, key) | {
                    "kind": kind,
                    "mib": row[name] / 2**20,
                    "said": f"{kind}: {byte_size(row[name])}",
                }


def predictors(view: View) -> Iterator[Row]:
    """Give how well each static cost predicts time, with its interval."""
    found = correlations(view.frame).dropna(subset=["spearman"])
    for _, row in found.iterrows():
        for statistic, (title, perfect) in PANELS.items():
            cost, told = PREDICTORS[row["predictor"]], estimate_of(row, statistic)
            yield {
                "batch": int(row["batch_size"]),
                "statistic": title,
                "predictor": cost,
                "value": told.value,
                "low": told.low,
                "high": told.high,
                "perfect": perfect,
                "said": f"{cost}, {title}: {estimate_text(told)}, over {row['models']} networks",
            }


_PLACES = {group.name: place for place, group in enumerate(ROLE_GROUPS)}


def _who(row: pd.Series, key: object = None) -> Row:
    named: Row = {"batch": int(row["batch_size"]), "network": str(row["label"])}
    return named if key is None else named | {"cell": str(key)}


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


def _profiled(view: View) -> list[tuple[pd.Series, Profile]]:
    """Give the profiled cells of the most telling networks at chosen batch sizes."""
    labels, sizes = view.subjects(MAX_NETWORKS, RIVALS), chosen(view.batch_sizes)
    return [
        (row, profile)
        for row, profile in view.profiled()
        if row["label"] in labels and row["batch_size"] in sizes
    ]


def _roofed(view: View) -> Iterator[tuple[pd.Series, Ceilings, Profile]]:
    for row, profile in _profiled(view):
        roof = view.parts[str(row.name)].roofline
        if isinstance(roof, Roofline):
            yield row, roof.ceilings, profile


def _equal_speeds(
    size: int, flops: "pd.Series[float]", seconds: "pd.Series[float]", peak: float | None
) -> Iterator[Row]:
    """Draw lines of 1, 10, 100 ... FLOP/s through the box around the points, and the peak."""
    left, right = float(flops.min()) / 3, float(flops.max()) * 2.2
    low, high = float(seconds.min()) / 2, float(seconds.max()) * 2
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
