"""Where the rest of the promise goes: waterfalls, roles, and variants of the subject."""

from collections.abc import Iterator

import pandas as pd

from effprof.analysis.correlation import VARIANTS
from effprof.analysis.profiles import seconds_by_role
from effprof.core.profiles import Profile
from effprof.core.units import estimate_text, percent, times
from effprof.report.losses import sentence
from effprof.report.scene import Scene
from effprof.report.scene_frames import variant
from effprof.report.text import escape, table
from effprof.report.writeup.book import Book, Chapter

_WATERFALL = (
    "The loss is split exactly, factor by factor. *Low arithmetic intensity*: the network moves "
    "more numbers per FLOP, so that memory and not arithmetic sets the least possible time. "
    "*Inefficient kernels*: operators stay further above that least time. *An idle device*: "
    "nothing runs between operators. In parentheses the kinds of operators that move a factor "
    "most; those of others may go against it. The factors compare with the reference and with an "
    "ideal device at the peaks that were measured: *norm 1.26x* does not mean that the network "
    "would be that much faster without its norms, whose share of the time stands in the next "
    "section. Factors have no interval of their own; one that lies within that of the realised "
    "speed-up may be noise."
)

#: Rows of the table of parts: what a reader asks for -> the roles that make it up.
PARTS: dict[str, tuple[str, ...]] = {
    "depthwise convolutions": ("depthwise conv",),
    "pointwise convolutions": ("pointwise conv",),
    "dense convolutions": ("dense conv",),
    "normalisation": ("norm",),
    "activations (SiLU)": ("activation",),
    "squeeze-and-excitation (SE)": ("SE squeeze", "SE FC", "SE gate", "SE scale"),
    "of which its sigmoid": ("SE gate",),
}


#: Those of them that share no role: their shares sum to that of all but everything else.
DISJOINT = tuple(name for name in PARTS if not name.startswith("of which"))


def where_it_goes(book: Book) -> str:
    """Tell the waterfall of the subject at the ends of the batch sizes, with the picture."""
    parts = []
    for chapter, scene in book.scenes():
        told = list(_falls(chapter, scene))
        if told:
            parts += ["\n".join(told), *chapter.pictures("waterfall", scene)]
    if not parts:
        return "It takes a profile to tell: `effprof run quick --cpu --profile`."
    return "\n\n".join((_WATERFALL, *parts))


def parts_of_time(book: Book) -> str:
    """Shares of FLOPs and of time of the parts that are blamed, and what changing them brings."""
    parts = []
    for chapter, scene in book.scenes():
        found = _shares(chapter, scene)
        if found:
            parts += [*found, *chapter.pictures("role-time", scene)]
    for chapter, scene in book.scenes():
        parts += _variants(chapter, scene)
    return "\n\n".join(parts) or "It takes a profile to tell: `effprof run quick --cpu --profile`."


def _falls(chapter: Chapter, scene: Scene) -> Iterator[str]:
    rows = scene.subject
    falls = list(chapter.page.waterfalls_of(rows))
    for row, fall in falls[:1] + falls[1:][-1:]:
        told = sentence(str(row["label"]), chapter.page.reference_label, fall)
        yield f"- {chapter.where(scene, row['batch_size'])}: {told}"


def _shares(chapter: Chapter, scene: Scene) -> list[str]:
    """Table of the parts of the subject at the largest batch that has a profile."""
    profiled = [
        (row, part)
        for _, row in scene.subject.iterrows()
        if isinstance((part := chapter.page.parts[str(row.name)]).profile, Profile)
    ]
    if not profiled or profiled[-1][1].cost is None:
        return []
    row, part = profiled[-1]
    assert isinstance(part.profile, Profile)
    assert part.cost is not None
    seconds, costs = seconds_by_role(part.profile), part.cost.by_role
    whole = part.profile.op_seconds
    flops = {
        name: sum(costs[role].flops for role in roles if role in costs) / part.cost.total.flops
        for name, roles in PARTS.items()
    }
    times_taken = {
        name: sum(seconds.get(role, 0.0) for role in roles) / whole for name, roles in PARTS.items()
    }
    for shares in (flops, times_taken):
        shares["everything else"] = 1 - sum(shares[name] for name in DISJOINT)
    cells = {
        f"part of {escape(str(row['label']))}": list(flops),
        "share of FLOPs": [percent(max(0.0, share)) for share in flops.values()],
        "share of time": [percent(times_taken[name]) for name in flops],
    }
    most = max(DISJOINT, key=lambda name: times_taken[name])
    told = (
        f"{chapter.where(scene, row['batch_size'])}: most of the time goes to {most} "
        f"({percent(times_taken[most])}). {percent(row['flop_invisible_share'])} of it is in "
        "operators whose FLOPs every counter calls zero: norms, activations, additions, pooling, "
        f"and SE without its two small convolutions. Profiling slowed the step by "
        f"{percent(part.profile.overhead)}, between the operators."
    )
    return [told, table(cells)]


def _variants(chapter: Chapter, scene: Scene) -> list[str]:
    """Table of the subject's variants that were measured beside it, at its largest batch."""
    own = scene.subject
    if own.empty:
        return []
    base = own.iloc[-1]
    beside = scene.at(int(base["batch_size"]))
    alike = beside[(beside["resolution"] == base["resolution"]) & variant(beside)]
    ratios = {str(key): scene.speed_ratio(str(key), str(base.name)) for key in alike.index}
    told = {key: ratio for key, ratio in ratios.items() if ratio is not None}
    if not told:
        return []
    rows = alike.loc[list(told)]
    cells = {
        "variant": [f"`{name.removeprefix(VARIANTS)}`" for name in rows["model"]],
        "FLOPs": [times(_over(row, base, "flops")) for _, row in rows.iterrows()],
        "speed": [estimate_text(ratio, "x") for ratio in told.values()],
        "n": [str(min(row["repeats"], base["repeats"])) for _, row in rows.iterrows()],
    }
    return [
        f"Measured, not inferred: the same network with one part changed, over "
        f"{escape(str(base['label']))} ({chapter.where(scene, base['batch_size'])}). An interval "
        "that holds 1 tells no difference.",
        table(cells),
    ]


def _over(row: pd.Series, base: pd.Series, name: str) -> float:
    return float(row[name] / base[name])
