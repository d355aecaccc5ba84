"""Which networks of a setting are shown where there is no room for all: those that tell most."""

import math
from collections.abc import Iterable, Mapping, Sequence, Set

from effprof.models.registry import FAMILIES
from effprof.study.results import Result, known
from effprof.study.setting import in_line, is_variant, published

#: Families from which rivals of the subject are taken first: small networks of mobile devices, then
#: grouped convs without squeeze-and-excitation, then what came later. Others follow as planned.
RIVALS = ("MobileNetV3", "RegNetX", "ConvNeXt", "MobileNetV2", "MnasNet", "RegNetY", "DenseNet")

#: Networks by their labels, in plan order.
_Labelled = Mapping[str, Result]


def first_other(results: Sequence[Result], reference: str) -> Result:
    """Give the first planned network that is not the reference, or the reference alone."""
    return next((each for each in results if each.model != reference), results[0])


def telling(results: Iterable[Result], reference: str, at_most: int, rivals: int) -> list[str]:
    """Choose labels besides the reference's: the subject's line by size, then its rivals.

    Of the line the subject, the largest of its family and the largest of all come first, then
    those farthest from what is chosen; of each rival family the network nearest to the subject.
    `rivals` places are kept for them. What is left over fills places in plan order; variants of
    one network are always taken in plan order, in which a suite turns its knobs.
    """
    there = tuple(results)
    others: dict[str, Result] = {}
    for each in there:
        if each.model != reference:
            others.setdefault(each.label, each)
    if not others:
        return []
    subject = next(iter(others.values()))
    if is_variant(subject):
        return [*others][:at_most]
    told = published(others.values())
    line = _spread({each.label: each for each in told if in_line(each, subject)})
    peers = _rivals(told, subject, {each.family for each in there if each.model == reference})
    shown = line[: at_most - min(rivals, len(peers))]
    chosen = list(dict.fromkeys([*shown, *peers, *others]))[:at_most]
    first, *larger = (label for label in chosen if label in shown)
    by_size = sorted(larger, key=lambda label: _size(others[label]) or math.inf)
    return [first, *by_size, *(label for label in chosen if label not in shown)]


def _size(result: Result) -> float | None:
    """Give the logarithm of the FLOPs; None where there are none."""
    flops = known(result.flops)
    return math.log(flops) if flops else None


def _spread(line: _Labelled) -> list[str]:
    """Order networks so that the first few span all sizes; those without FLOPs come last."""
    sizes = {label: size for label, each in line.items() if (size := _size(each)) is not None}
    first, subject = next(iter(line.items()))
    own = {label: size for label, size in sizes.items() if line[label].family == subject.family}
    ends = [max(each, key=each.__getitem__) for each in (own, sizes) if each]
    order = list(dict.fromkeys([first, *ends]))
    rest = [label for label in sizes if label not in order]
    while rest:
        chosen = [sizes[label] for label in order if label in sizes]
        farthest = max(rest, key=lambda label: min(abs(each - sizes[label]) for each in chosen))
        order.append(farthest)
        rest.remove(farthest)
    return [*order, *(label for label in line if label not in order)]


def _rivals(told: Iterable[Result], subject: Result, referred: Set[str]) -> list[str]:
    """Name one network of each family that is neither the subject's nor the reference's."""
    nearest: dict[str, tuple[float, str]] = {}
    own = _size(subject)
    for each in told:
        size = _size(each)
        if size is None or in_line(each, subject) or each.family in {*referred}:
            continue
        if each.family in FAMILIES:
            away = math.inf if own is None else abs(size - own)
            best = nearest.setdefault(each.family, (away, each.label))
            if away < best[0]:
                nearest[each.family] = away, each.label
    order = [family for family in RIVALS if family in nearest]
    return [nearest[family][1] for family in dict.fromkeys([*order, *nearest])]
