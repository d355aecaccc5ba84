"""The first half of the write-up: the short answer, what was promised, and what arrives."""

from collections import Counter
from collections.abc import Iterator

import pandas as pd

from effprof.analysis.accuracy import with_accuracy
from effprof.analysis.waterfall import CAUSES, Waterfall
from effprof.core.units import MISSING, estimate_text, percent, si, significant, times
from effprof.report.phrases import CAUSE_WORDS, NEGLIGIBLE
from effprof.report.scene import Scene
from effprof.report.text import escape, table
from effprof.report.writeup.book import (
    Book,
    Chapter,
    fronts,
    realised,
    title,
)
from effprof.report.writeup.others import headlines, others_measured
from effprof.report.writeup.prediction import predictions

#: Networks with a quoted accuracy that make a front worth a sentence, at least.
MIN_ZOO = 10

#: How the write-up calls kinds of devices.
KINDS = {"cpu": "CPU", "cuda": "GPU"}


def short_answer(book: Book) -> str:
    """Tell in few sentences what arrives, what it is lost to, and what nobody measured."""
    told = [*_arrivals(book), *predictions(book), *headlines(book)]
    told += (line for pair in book.scenes() for line in _held(*pair))
    told += [
        f"**No {word} was measured by this project**: what is said of {word}s rests on numbers "
        "that others published."
        for kind, word in KINDS.items()
        if kind not in {chapter.kind for chapter in book.own}
    ]
    if book.verdicts:
        counts = Counter(finding.verdict for finding in book.verdicts)
        listing = ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())
        others = sum(finding.by_others for finding in book.verdicts)
        resting = (
            f" ({others} of these verdicts rest, wholly or in part, on what others measured)"
            if others
            else ""
        )
        told.append(
            f"Of {len(book.verdicts)} [claims](#the-verdicts) in circulation: {listing}{resting}."
        )
    return "\n".join(f"- {sentence}" for sentence in told)


def _arrivals(book: Book) -> Iterator[str]:
    """Tell of each device and way of running what arrives, from the smallest batch on."""
    found: dict[tuple[str, str], dict[int, tuple[Chapter, Scene, pd.Series]]] = {}
    for chapter, scene in sorted(book.scenes(), key=lambda pair: -_processes(pair[1])):
        by_batch = found.setdefault((chapter.device, scene.setting), {})
        for _, row in scene.subject.iterrows():
            by_batch.setdefault(int(row["batch_size"]), (chapter, scene, row))
    for by_batch in found.values():
        sizes = sorted(by_batch)
        if sizes:
            last = by_batch[sizes[-1]][-1]
            yield _arrival(*by_batch[sizes[0]], last if len(sizes) > 1 else None)


def _arrival(chapter: Chapter, scene: Scene, row: pd.Series, last: pd.Series | None) -> str:
    """Tell what one network promises and delivers, and what most of the difference is lost to."""
    told = (
        f"**{_graded(row)}. {chapter.where(scene, row['batch_size'])}: {title(row)} needs "
        f"{times(row['promise'])} fewer FLOPs than {chapter.reference} and is "
        f"{estimate_text(realised(row), 'x')} as fast: {percent(row['realised_efficiency'])} of "
        f"the promise arrives** (n = {row['repeats']} processes)."
    )
    if last is not None:
        told += (
            f" At batch {last['batch_size']} it is {estimate_text(realised(last), 'x')} as fast "
            f"(n = {last['repeats']})."
        )
    kin = scene.relatives
    kin = kin[(kin["batch_size"] == row["batch_size"]) & (kin["promise"] > 1)]
    if len(kin) > 1:
        least, most = (kin.loc[end] for end in _ends(kin["realised_efficiency"]))
        told += (
            f" Of the {len(kin)} networks of its family that promise a speed-up, from "
            f"{percent(least['realised_efficiency'])} ({escape(str(least['label']))}) to "
            f"{percent(most['realised_efficiency'])} ({escape(str(most['label']))}) arrives."
        )
    fall = chapter.page.falls[str(row.name)]
    if isinstance(fall, Waterfall) and (worst := _worst(fall)):
        told += f" Against a roofline at measured peaks the largest factor of the loss, {worst}."
    return told


def _graded(row: pd.Series) -> str:
    """Answer in a word, as far as the interval allows."""
    if row["realised_high"] < 1:
        return "Slower"
    if not row["realised_low"] > 1:
        return "No difference can be told"
    return "Faster, but less than promised" if row["realised_high"] < row["promise"] else "Faster"


def _ends(values: pd.Series) -> tuple[object, object]:
    return values.idxmin(), values.idxmax()


def _held(chapter: Chapter, scene: Scene) -> Iterator[str]:
    """Tell how much of the front of accuracy and speed the subject's family holds, in a zoo."""
    rows, own = fronts(chapter, scene), scene.subject
    if own.empty or len(rows) < MIN_ZOO:
        return
    front = rows[["speed" in on for on in rows["front"]]]
    family = str(own["family"].iloc[0])
    held = int((front["family"] == family).sum())
    yield (
        f"**At equal accuracy** ({chapter.where(scene, scene.batch_sizes[-1])}): {held} of "
        f"the {len(front)} networks that none beats in both "
        f"quoted accuracy and measured speed are of the family {escape(family)}; {len(rows)} "
        "networks were compared."
    )


def _worst(fall: Waterfall) -> str:
    """Name the largest loss of a waterfall; empty where nothing is lost."""
    cause = min(CAUSES, key=lambda each: fall.bars[each].factor)
    factor = fall.bars[cause].factor
    if factor >= 1 - NEGLIGIBLE:
        return ""
    words = CAUSE_WORDS[cause]
    return f"{times(1 / factor)}, is to {words.lost} ({words.explained})"


def _processes(scene: Scene) -> int:
    return int(scene.rows["repeats"].max())


_PROMISED = (
    "Fewer FLOPs (two per multiply-accumulate, MAC) should mean less time. `promise` is the FLOPs "
    "of the reference over those of the network: the speed-up if FLOPs were all that counts. "
    "`acts` are the numbers that convolutions write. Top-1 is ImageNet accuracy in per cent as "
    "quoted from the source, never measured here; a network run at another size than it is quoted "
    "for has none."
)


def promised(book: Book) -> str:
    """Table of what was counted and quoted, once per network, from the first run that has it."""
    seen: dict[tuple[str, int], list[str]] = {}
    sources: list[str] = []
    for chapter, scene in book.scenes():
        kin = with_accuracy(scene.relatives)
        is_reference = scene.rows["model"] == chapter.page.run.invocation.reference
        both = [kin, with_accuracy(scene.rows[is_reference].head(1))]
        for row in (row for rows in both for _, row in rows.iterrows()):
            key = (str(row["model"]), int(row["resolution"]))
            if key in seen:
                continue
            seen[key] = [
                escape(str(row["label"]).partition("@")[0]),
                str(row["resolution"]),
                si(row["params"]),
                significant(row["macs"] / 1e9),
                si(row["activations"]),
                _quoted(row, sources),
                times(row["promise"]),
            ]
    if not seen:
        return ""
    names = ("network", "size", "parameters", "GMACs", "acts", "top-1", "promise")
    cells = dict(zip(names, map(list, zip(*seen.values(), strict=True)), strict=True))
    legend = "; ".join(f"({i}) {escape(text)}" for i, text in enumerate(sources, start=1))
    return f"{_PROMISED}\n\n{table(cells)}\n\nTop-1 from: {legend or 'nowhere'}."


def arrives(book: Book) -> str:
    """One table per device and way of running: promise, realised speed-up, and what arrives."""
    parts = []
    for chapter, scene in book.scenes():
        both = (scene.relatives, scene.rivals)
        rows = [row for each in both for _, row in each.iterrows()]
        if not rows:
            continue
        cells = {
            "network": [escape(str(row["label"])) for row in rows],
            "batch": [str(row["batch_size"]) for row in rows],
            "promise": [times(row["promise"]) for row in rows],
            "realised": [estimate_text(realised(row), "x") for row in rows],
            "arrives": [
                percent(row["realised_efficiency"]) if row["promise"] > 1 else MISSING
                for row in rows
            ],
            "pace": [row["regime"] or MISSING for row in rows],
            "n": [str(row["repeats"]) for row in rows],
        }
        where = f"{chapter.where(scene)}, run {chapter.linked}:"
        parts += [where, table(cells), *chapter.pictures("promise", scene)]
    parts = [_ARRIVES, *parts] if parts else ["Nothing was measured yet."]
    return "\n\n".join(filter(None, (*parts, others_measured(book))))


def _quoted(row: pd.Series, sources: list[str]) -> str:
    """Write a quoted accuracy with the number of its source, which is added where it is new."""
    if not row["same_size"]:
        return MISSING
    if row["top1_source"] not in sources:
        sources.append(str(row["top1_source"]))
    return f"{row['top1']:.1f} ({sources.index(row['top1_source']) + 1})"


_ARRIVES = (
    "`realised` is the measured speed-up over the reference with its 95 % interval over n fresh "
    "processes; `arrives` is realised over promise, where a speed-up is promised. After the "
    "networks of the family stand rivals of about as many FLOPs. `pace` says which bound is the "
    "larger at the peaks that were measured: arithmetic (compute-bound) or moving numbers "
    "(memory-bound), or else that the device waits to be told what to do (launch-bound). Kernels "
    "may be far above either bound. It takes a profile to tell. "
    "`fp32`: 32-bit arithmetic, `amp-fp16`: 16-bit where that is safe; `nchw` and `nhwc`: order of "
    "an image in memory; `eager`: operator by operator, `compile`: fused by torch.compile."
)
