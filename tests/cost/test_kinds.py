"""Operators grouped into kinds: nothing is lost, and nothing unequal is thrown together."""

from itertools import chain, repeat

import pytest

from effprof.core.costs import Cost
from effprof.cost import count_model

MODELS = ["timm/mobilenetv3_small_050", "timm/resnet18"]


@pytest.mark.parametrize("mode", ["infer", "train"])
@pytest.mark.parametrize("model", MODELS)
def test_kinds_sum_to_the_total_and_to_every_role(model, mode):
    static = count_model(model, 64, mode, 2).static
    ones = chain.from_iterable(repeat((k.role, k.each), k.count) for k in static.kinds)
    by_role: dict[str, Cost] = {}
    for role, each in ones:
        by_role[role] = by_role.get(role, Cost()) + each
    assert by_role == static.by_role
    assert sum(by_role.values(), Cost()) == static.total


def test_kinds_differ_from_each_other_and_are_fewer_than_the_operators():
    counted = count_model("timm/resnet18", 64)
    kinds = counted.static.kinds
    assert len({(kind.role, kind.phase, kind.each) for kind in kinds}) == len(kinds)
    assert len(kinds) < len(counted.ops)
    assert {kind.each.ops for kind in kinds} == {1}
