"""Which networks a picture shows where it has no room for all: those that tell the story."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from effprof.models.registry import FAMILIES
from effprof.report.scene_frames import in_line, published, variant

#: Families from which rivals of the subject are taken first: small networks of mobile devices, then
#: grouped convs without squeeze-and-excitation, then what came later. Others follow as planned.
RIVALS = ("MobileNetV3", "RegNetX", "ConvNeXt", "MobileNetV2", "MnasNet", "RegNetY", "DenseNet")


def subject_of(rows: pd.DataFrame, reference: str) -> pd.Series:
    """Give the first planned network that is not the reference, or the reference alone."""
    others = rows[rows["model"] != reference]
    return (rows if others.empty else others).iloc[0]


def telling(rows: pd.DataFrame, reference: str, at_most: int, rivals: int) -> list[str]:
    """Choose labels besides the reference's: the subject's line by size, then its rivals.

    Of the line the subject, the largest of its family and the largest of all come first, then
    those farthest from what is chosen; of each rival family the network nearest to the subject.
    `rivals` places are kept for them. What is left over fills places in plan order; variants of
    one network are always taken in plan order, in which a suite turns its knobs.
    """
    others = rows[rows["model"] != reference].drop_duplicates("label").set_index("label")
    if others.empty:
        return []
    subject = others.iloc[0]
    if variant(others).iloc[0]:
        return [str(label) for label in others.index[:at_most]]
    known = published(others)
    line = _spread(known[in_line(known, subject)])
    peers = _rivals(known, subject, rows.loc[rows["model"] == reference, "family"])
    kept = min(rivals, len(peers))
    shown = line[: at_most - kept]
    chosen = list(dict.fromkeys([*shown, *peers, *map(str, others.index)]))[:at_most]
    own = [label for label in chosen if label in shown]
    first, *larger = own
    by_size = sorted(larger, key=lambda label: float(others.loc[label, "flops"]))
    return [first, *by_size, *(label for label in chosen if label not in shown)]


def _spread(line: pd.DataFrame) -> list[str]:
    """Order networks so that the first few span all sizes; those without FLOPs come last."""
    sizes = np.log(line["flops"].where(line["flops"] > 0))
    known = sizes.dropna()
    own = known[line.loc[known.index, "family"] == line["family"].iloc[0]]
    ends = [str(each.idxmax()) for each in (own, known) if not each.empty]
    order = list(dict.fromkeys([str(line.index[0]), *ends]))
    rest = [str(label) for label in known.index if label not in order]
    while rest:
        chosen = known[known.index.isin(order)]
        farthest = max(rest, key=lambda label: (chosen - known[label]).abs().min())
        order.append(farthest)
        rest.remove(farthest)
    return [*order, *(str(label) for label in line.index if label not in order)]


def _rivals(rows: pd.DataFrame, subject: pd.Series, referred: Iterable[str]) -> list[str]:
    """Name one network of each family that is neither the subject's nor the reference's."""
    far = rows[~in_line(rows, subject) & ~rows["family"].isin(set(referred))]
    far = far[far["family"].isin(FAMILIES) & (far["flops"] > 0)]
    away = (np.log(far["flops"].astype(float)) - np.log(float(subject["flops"]))).abs()
    nearest = {
        str(family): str(away[own.index].fillna(np.inf).idxmin())
        for family, own in far.groupby("family", sort=False)
    }
    order = [family for family in RIVALS if family in nearest]
    return [nearest[family] for family in dict.fromkeys([*order, *nearest])]
