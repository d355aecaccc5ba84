"""Static costs: what two counters count alike, and what one of them does not."""

import pytest

from effprof.core.costs import Cost, StaticCost


def counted_by(counter):
    total = Cost(macs=20, activations=7)
    return StaticCost("timm/x", 8, "infer", 2, "float32", 3, total, counter=counter)


@pytest.mark.parametrize(
    ("counter", "activations"),
    [
        ("effprof static cost 2 (formulas of torch 2.14.1; convolution backward: ours)", 7),
        ("timm's file, rounded", 7),
        ("effprof static cost 1 (formulas of torch 2.9; convolution backward: ours)", None),
        ("effprof static cost 20 (formulas of torch 3)", None),
        ("timm's file, fused attention left out", None),
        ("", None),
    ],
)
def test_only_counters_of_all_products_tell_activations(counter, activations):
    cost = counted_by(counter)
    assert cost.activations == activations
    assert cost.total.macs == 20
