"""What a run says, in sentences made from its numbers and left out where it is silent."""

import math
from collections.abc import Callable, Iterator

import pandas as pd

from effprof.analysis.accuracy import with_accuracy
from effprof.analysis.configurations import configuration_text
from effprof.analysis.estimate_columns import estimate_of
from effprof.core.estimates import Estimate
from effprof.core.units import estimate_text, hundredths, times
from effprof.report.page import MODE_WORDS, Page
from effprof.report.scene import Scene, processes, scenes
from effprof.report.text import escape, listed
from effprof.study.flops_line import explained_by_flops, flops_line, gain_over_flops, zoos
from effprof.study.setting import published

#: FLOPs "predict" time when they explain at least this share of the variance of its logarithm over
#: networks, with the whole interval; "do not" when the whole interval lies below it.
PREDICTS_FROM = 0.9

#: Networks whose quoted top-1 differs by no more than this many points count as equally accurate.
EQUAL_ACCURACY = 0.5

#: What may predict better than FLOPs: name in a sentence -> its number of one image.
RIVALS: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "activations": lambda rows: rows["activations"],
    "bytes moved": lambda rows: rows["bytes_moved"],
    "the roofline of the operators": lambda rows: rows["roofline_seconds"] / rows["batch_size"],
}

#: Tells sentences about a scene.
Finder = Callable[[Scene], Iterator[str]]


def findings(page: Page) -> str:
    """List what the first configuration of each mode and precision says, and the best ones."""
    told = [sentence for scene in scenes(page) for find in FINDERS for sentence in find(scene)]
    return "\n".join(f"- {sentence}" for sentence in [*told, *best_configurations(page)])


def flops_predict(scene: Scene) -> Iterator[str]:
    """Tell whether FLOPs predict time, at the smallest and the largest batch."""
    for size, rows in zoos(scene):
        found = explained_by_flops(rows)
        if math.isnan(found.low):
            continue
        verb = _graded(found)
        line = flops_line(rows)
        yield (
            f"{scene.words}, batch {size}: FLOPs **{verb}** time: R² of the logarithms is "
            f"{estimate_text(found, write=hundredths)} over {len(rows)} networks; along their "
            f"straight line 10x the FLOPs take {times(10**line.slope)} the time, and "
            f"{escape(line.worst)} is off it by {times(line.off)}."
        )


def rivals_predict(scene: Scene) -> Iterator[str]:
    """Tell which other cost predicts better or worse than FLOPs, where the interval tells."""
    for size, rows in zoos(scene):
        for name, cost in RIVALS.items():
            gain = gain_over_flops(rows, cost(rows))
            if gain is not None and (gain.low > 0 or gain.high < 0):
                word = "better" if gain.low > 0 else "worse"
                yield (
                    f"{scene.words}, batch {size}: {name} predict"
                    f"{'s' * name.startswith('the ')} time **{word}** than FLOPs: R² differs by "
                    f"{estimate_text(gain, write=hundredths)} over {gain.n} networks."
                )


def crossover(scene: Scene) -> Iterator[str]:
    """Tell from which batch on the first other network is faster than the reference."""
    others = scene.others.dropna(subset=["realised_low"])
    if others.empty:
        return
    first = others.iloc[0]
    mine = others[
        (others["model"] == first["model"]) & (others["resolution"] == first["resolution"])
    ]
    mine = mine.sort_values("batch_size")
    faster = [int(row.batch_size) for row in mine.itertuples() if row.realised_low > 1]
    slower = [int(row.batch_size) for row in mine.itertuples() if row.realised_high < 1]
    name, rival = escape(str(first["label"])), escape(scene.page.reference_label)
    ratios = ", ".join(
        f"{estimate_text(estimate_of(row, 'realised'), 'x')} at batch {row['batch_size']}"
        for _, row in mine.iterrows()
    )
    n = int(mine["repeats"].min())
    verdict = _crossed(faster, slower, [int(size) for size in mine["batch_size"]])
    yield f"{scene.words}: {name} is **{verdict}** {rival} ({ratios}; n = {n} processes)."


def substitute(scene: Scene) -> Iterator[str]:
    """Tell which network is as accurate and faster than those of the subject's family."""
    if scene.others.empty:
        return
    family, size = scene.others["family"].iloc[0], scene.batch_sizes[-1]
    rows = with_accuracy(scene.at(size))
    rows = published(rows[rows["same_size"]])
    unbeaten: dict[str, int] = {}
    alone: list[str] = []
    for key, row in rows[rows["family"] == family].iterrows():
        near = rows[(rows["top1"] >= row["top1"] - EQUAL_ACCURACY) & (rows.index != key)]
        near = near[near["top1"] <= row["top1"] + EQUAL_ACCURACY]
        if near.empty:
            alone.append(escape(str(row["label"])))
            continue
        best = near.loc[near["images_per_second"].idxmax()]
        ratio = scene.speed_ratio(str(best.name), str(key))
        if ratio is None or math.isnan(ratio.low):
            continue
        if ratio.low > 1:
            yield (
                f"{scene.words}, batch {size}: instead of {_quoted(row)} take "
                f"**{_quoted(best)}**: {estimate_text(ratio, 'x')} as fast "
                f"(n = {processes(row, best)} processes; the fastest of {len(near)} within "
                f"{EQUAL_ACCURACY} points of quoted top-1)."
            )
        else:
            unbeaten[escape(str(row["label"]))] = len(near)
    if unbeaten:
        named = listed([f"{name} ({count} compared)" for name, count in unbeaten.items()])
        rest = f"; for {listed(alone)} none is that close" if alone else ""
        yield (
            f"{scene.words}, batch {size}: within {EQUAL_ACCURACY} points of quoted top-1 no "
            f"measured network is faster, beyond its interval, than {named}{rest}."
        )


def best_configurations(page: Page) -> Iterator[str]:
    """Tell the configuration that beats a network's first one, at the ends of the batch sizes."""
    work = ["model", "resolution", "mode", "batch_size", "loader"]
    ends = (page.shown["batch_size"].min(), page.shown["batch_size"].max())
    frame = page.frame[page.frame["batch_size"].isin(ends)]
    for (_, _, mode, size, _), rows in frame.groupby(work, sort=False):
        believed = rows[rows["valid"]]
        if len(rows) == 1 or believed.empty or not rows["valid"].iloc[0]:
            continue
        first, best = rows.iloc[0], believed.loc[believed["images_per_second"].idxmax()]
        ratio = page.study.speed_ratio(str(best.name), str(first.name))
        if ratio is not None and ratio.low > 1:
            where = f"{MODE_WORDS[str(mode)].capitalize()}, batch {size}"
            yield (
                f"{where}: {escape(str(first['label']))} is fastest as "
                f"**{configuration_text(best)}**: {estimate_text(ratio, 'x')} as fast as "
                f"{configuration_text(first)} (n = {processes(first, best)} processes; the best of "
                f"{len(believed)} configurations)."
            )


#: What is looked for in a scene, in the order of the page; a new kind of finding is one row here.
FINDERS: tuple[Finder, ...] = (flops_predict, rivals_predict, crossover, substitute)


def _crossed(faster: list[int], slower: list[int], sizes: list[int]) -> str:
    """Word at which batches one network is faster than another.

    >>> _crossed([8, 32], [1], [1, 8, 32]), _crossed([], [1, 8], [1, 8])
    ('slower at batch 1 and faster from batch 8 on than', 'slower at every measured batch than')
    """
    if sizes in (faster, slower):
        word, where = ("faster" if faster else "slower"), "every measured batch"
        return f"{word} at {where if len(sizes) > 1 else f'batch {sizes[0]}'} than"
    from_on = next((size for size in faster if {*sizes[sizes.index(size) :]} <= {*faster}), None)
    parts = []
    if slower:
        parts.append(f"slower at batch {listed([str(size) for size in slower])}")
    if faster:
        where = f"from batch {from_on} on" if from_on else f"at batch {listed([*map(str, faster)])}"
        parts.append(f"faster {where}")
    return (
        f"{' and '.join(parts)} than" if parts else "at no measured batch told apart in speed from"
    )


def _graded(found: Estimate) -> str:
    if found.low >= PREDICTS_FROM:
        return "predict"
    return "do not predict" if found.high < PREDICTS_FROM else "cannot be told to predict"


def _quoted(row: pd.Series) -> str:
    return f"{escape(str(row['label']))} ({row['top1']:.1f} %)"
