"""Successors: each network of a younger family over the one of the elder that is as accurate."""

from collections.abc import Iterator
from dataclasses import dataclass

from effprof.study.cell_ratios import Ratios, ratios_over
from effprof.study.quoted_networks import QuotedNetwork, quoted_networks
from effprof.study.setting import Setting

#: The families whose networks are compared, the elder and the younger.
ELDER, YOUNGER = "EfficientNet", "EfficientNetV2"


@dataclass(frozen=True, slots=True)
class Successor:
    """A network of the younger family, the elder one of nearest quoted top-1, and their ratios."""

    setting: Setting
    network: QuotedNetwork
    elder: QuotedNetwork
    ratios: Ratios


def successors(setting: Setting) -> Iterator[Successor]:
    """Yield them at the largest batch of a setting with a valid measurement, in plan order."""
    there = quoted_networks(setting.at(setting.batch_sizes[-1]))
    elders = [each for each in there if each.result.family == ELDER]
    younger = [each for each in there if each.result.family == YOUNGER] if elders else []
    for each in younger:
        nearest = min(elders, key=lambda elder: abs(elder.top1 - each.top1))
        for ratios in ratios_over(nearest.result, [each.result]):
            yield Successor(setting, each, nearest, ratios)
