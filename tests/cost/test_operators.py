import torch
from torch import nn

from effprof.core.costs import Cost
from effprof.cost.operators import count_operator


def test_a_function_reads_its_operands_and_writes_its_result():
    cost = count_operator(torch.add, [torch.ones(10), torch.ones(10)])
    assert cost == Cost(ops=1, bytes_read=80, bytes_written=40)


def test_a_module_is_counted_as_a_copy():
    layer, x = nn.Linear(3, 5).eval(), torch.ones(2, 3)
    assert count_operator(layer, [x], "train").macs == 3 * count_operator(layer, [x]).macs
    assert count_operator(layer, [x]).macs == 2 * 3 * 5
    assert not layer.training
    assert not layer.weight.is_meta
    assert not x.requires_grad


def test_a_function_may_hold_a_real_tensor():
    held = torch.ones(3)
    cost = count_operator(lambda x: x + held, [torch.ones(3)])
    assert cost == Cost(ops=1, bytes_read=24, bytes_written=12)
