"""Does it matter beyond inference speed: training, memory, energy; what V2 fixed; what to pick."""

from collections.abc import Iterator

import pandas as pd

from effprof.analysis.accuracy import with_accuracy
from effprof.analysis.estimate_columns import estimate_of
from effprof.analysis.picking import memory_column
from effprof.core.columns import COLUMNS
from effprof.core.units import byte_size, estimate_text, si, significant, times
from effprof.report.findings import sentences
from effprof.report.scene import Scene
from effprof.report.scene_frames import published
from effprof.report.text import escape, listed, table
from effprof.report.writeup.book import Book, Chapter, fronts, realised, title
from effprof.report.writeup.others import quoted_lines
from effprof.study.findings import substitutes

#: The claim whose quoted quantities tell of V2 on devices that were not measured here.
SUCCESSOR_CLAIM = "C23"

#: Quoted accuracies, in per cent, that people look for.
ACCURACIES = (70, 75, 77, 80, 82)

#: Families whose successors are compared, old and new.
OLD, NEW = "EfficientNet", "EfficientNetV2"


def beyond_speed(book: Book) -> str:
    """Tell what training, memory and energy say of the subject, or what would tell."""
    told = [
        *_training(book),
        *(line for chapter, scene in book.scenes() for line in _memory(chapter, scene)),
        *_energy(book),
    ]
    return "\n".join(f"- {line}" for line in told)


def successor(book: Book) -> str:
    """Compare each network of V2 with the one of V1 whose quoted accuracy is nearest."""
    told = [
        f"- {line}"
        for chapter, scene in book.scenes()
        for size in scene.batch_sizes[-1:]
        for line in _successors(chapter, scene, with_accuracy(scene.at(size)))
    ]
    told += [f"- {line}" for line in quoted_lines(book, SUCCESSOR_CLAIM)]
    return "\n".join(told) or (
        f"Not measured: no run here has a network of {NEW} beside one of {OLD}. "
        "`effprof run cpu --cpu` and `effprof run paper --gpu 0` would tell."
    )


def what_to_pick(book: Book) -> str:
    """Tables of the fronts, with the picture, and the substitutes at equal quoted accuracy."""
    parts = []
    for chapter, scene in book.scenes():
        if chapter not in book.own:
            continue
        found = _front(chapter, scene)
        if found:
            parts += [*found, *chapter.pictures("front", scene)]
        lines = sentences(substitutes(scene.told), chapter.page)
        told = [f"- {escape(chapter.device)}: {line}" for line in lines]
        parts += ["\n".join(told)] if told else []
    if not parts:
        return "Too few networks with a quoted accuracy were measured."
    return "\n\n".join((_FRONT, *parts, _LIMITS))


_FRONT = (
    "Networks that no other measured one beats in both quoted accuracy and measured speed, at the "
    "largest batch of each run. Differences smaller than the intervals may go the other way. "
    "Accuracy is as quoted, and each source trained in its own way: older networks would gain from "
    "newer recipes."
)

_LIMITS = (
    "With limits on latency, memory, energy or accuracy: "
    "`effprof pick --latency-ms 30 --min-top1 77`."
)

#: Fewer networks than this on a front make no table worth its room.
_MIN_FRONT = 3


def _training(book: Book) -> Iterator[str]:
    trained = False
    for chapter, scene in book.scenes():
        rows = scene.subject
        if rows.empty or rows["mode"].iloc[0] != "train":
            continue
        trained = True
        row = rows.iloc[-1]
        yield (
            f"**Training** ({chapter.where(scene, row['batch_size'])}): "
            f"{title(row)} promises {times(row['promise'])} and is "
            f"{estimate_text(realised(row), 'x')} as fast as {chapter.reference} "
            f"(n = {row['repeats']})."
        )
    if not trained:
        yield (
            "**Training** was not measured: `effprof run quick --cpu --mode train`, or "
            "`effprof run train --gpu 0`."
        )


def _memory(chapter: Chapter, scene: Scene) -> Iterator[str]:
    rows, name = scene.subject, memory_column(scene.rows)
    if rows.empty or name is None:
        return
    row = rows.iloc[-1]
    reference = scene.at(int(row["batch_size"]))
    reference = reference[reference["model"] == chapter.page.run.invocation.reference]
    known = reference[name].dropna()
    if known.empty or pd.isna(row[name]):
        return
    yield (
        f"**Memory** ({chapter.where(scene, row['batch_size'])}): "
        f"{title(row)} takes {byte_size(row[name])}, "
        f"{chapter.reference} {byte_size(known.iloc[0])}: "
        f"{times(row[name] / known.iloc[0])} ({COLUMNS[name].meaning}; largest of {row['repeats']} "
        "processes)."
    )


def _energy(book: Book) -> Iterator[str]:
    known = False
    for chapter, scene in book.scenes():
        rows = scene.subject.dropna(subset=["joules_per_image"])
        if rows.empty:
            continue
        row = rows.iloc[-1]
        beside = scene.at(int(row["batch_size"])).dropna(subset=["joules_per_image"])
        beside = beside[beside["model"] == chapter.page.run.invocation.reference]
        if beside.empty:
            continue
        known = True
        other = beside["joules_per_image"].iloc[0]
        yield (
            f"**Energy** ({chapter.where(scene, row['batch_size'])}): "
            f"{title(row)} takes {si(row['joules_per_image'], 'J')} an image, "
            f"{chapter.reference} {si(other, 'J')}: "
            f"{times(row['joules_per_image'] / other)}."
        )
    if not known:
        yield (
            "**Energy** was not measured: it is read from the counter of NVIDIA GPUs, "
            "`effprof run paper --gpu 0`."
        )


def _successors(chapter: Chapter, scene: Scene, rows: pd.DataFrame) -> Iterator[str]:
    old = published(rows[rows["family"] == OLD])
    old = old.dropna(subset=["top1"])
    for key, row in rows[rows["family"] == NEW].dropna(subset=["top1"]).iterrows():
        if old.empty:
            return
        rival = old.loc[(old["top1"] - row["top1"]).abs().idxmin()]
        ratio = scene.speed_ratio(str(key), str(rival.name))
        if ratio is None:
            continue
        per_flop = ratio.value * row["flops"] / rival["flops"]
        yield (
            f"{chapter.where(scene, row['batch_size'])}: "
            f"{title(row)} (quoted top-1 {row['top1']:.1f} %) has "
            f"{times(row['flops'] / rival['flops'])} the FLOPs of {title(rival)} "
            f"({rival['top1']:.1f} %) and is {estimate_text(ratio, 'x')} as fast "
            f"(n = {min(row['repeats'], rival['repeats'])}): {times(per_flop)} the FLOPs a second."
        )


def _recommended(where: str, rows: pd.DataFrame, labels: pd.Series) -> str:
    """Name the fastest network from each quoted accuracy on that a reader may look for."""
    chosen: dict[str, str] = {}
    rows = rows[rows["same_size"]]
    for least in ACCURACIES:
        enough = rows[rows["top1"] >= least]
        if enough.empty:
            break
        best = enough.loc[enough["images_per_second"].idxmax()]
        rivals = enough[enough["images_per_second_high"] >= best["images_per_second_low"]]
        named = [str(labels[key]) for key in rivals.index if key != best.name]
        name = f"{escape(str(labels[best.name]))} ({significant(best['images_per_second'])}/s"
        name += f", not told apart from {escape(listed(named))})" if named else ")"
        chosen[name] = f"{chosen[name]} or {least} %" if name in chosen else f"{least} %"
    told = "; ".join(f"from {least} on {name}" for name, least in chosen.items())
    return f"**{where}: the fastest by quoted top-1**: {told}."


def _front(chapter: Chapter, scene: Scene) -> list[str]:
    """Table of the networks on the front of speed at the largest batch of a scene."""
    chosen = fronts(chapter, scene)
    rows = chosen[["speed" in on for on in chosen["front"]]]
    if len(rows) < _MIN_FRONT:
        return []
    labels = scene.rows["label"]
    where = chapter.where(scene, scene.batch_sizes[-1])
    return [
        _recommended(where, chosen, labels),
        f"{where}; {len(rows)} of {len(chosen)} networks with a quoted accuracy:",
        table(
            {
                "network": [escape(str(labels[key])) for key in rows.index],
                "size": rows["resolution"].astype(str).tolist(),
                "top-1, quoted": [f"{value:.1f}" for value in rows["top1"]],
                "images/s": [
                    estimate_text(estimate_of(row, "images_per_second"))
                    for _, row in rows.iterrows()
                ],
                "memory": [byte_size(value) for value in rows["memory_bytes"]],
                "n": rows["repeats"].astype(str).tolist(),
            }
        ),
    ]
