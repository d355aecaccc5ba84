"""Static cost of objects: that of the same model by its name, and the object stays as it is."""

import threading
from dataclasses import replace

import pytest
import timm
import torch
from torch import nn

from effprof.core.errors import BadInput
from effprof.cost import count_cost, count_model
from effprof.models.objects import object_name
from tests.jobs import Tiny, tiny


def test_an_object_costs_what_the_model_of_that_name_costs():
    for mode in ("infer", "train"):
        named = count_cost("timm/resnet18", 64, mode, 2)
        net = timm.create_model("resnet18")
        assert replace(count_cost(net, 64, mode, 2), model=named.model) == named
    assert count_cost(net, 64).model == object_name(net)


def test_a_shape_says_batch_and_pixels():
    net = Tiny()
    assert count_cost(net, (4, 3, 32, 32)) == count_cost(net, 32, batch_size=4)
    assert count_cost(net, torch.Size((4, 3, 32, 32)), batch_size=4).batch_size == 4


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 1, 32, 32), (1, 3, 32, 48)])
def test_a_shape_of_other_images_is_refused(shape):
    with pytest.raises(BadInput, match="are not counted, but square ones"):
        count_cost(Tiny(), shape)


def test_a_batch_that_the_shape_denies_is_refused():
    with pytest.raises(BadInput, match=r"batch size 8 is not that of the shape \(4, 3, 32, 32\)"):
        count_cost(Tiny(), (4, 3, 32, 32), batch_size=8)


def test_nothing_is_changed_by_counting_and_no_hook_of_the_caller_hears_of_it():
    net, heard = Tiny().eval(), []
    net.register_forward_hook(lambda *_: heard.append(1))
    before = {name: each.clone() for name, each in net.state_dict().items()}
    counted = count_model(net, 32, "train", 2, "float16")
    assert counted.static.dtype == "float16"
    assert heard == []
    assert not net.training
    assert all(torch.equal(before[name], each) for name, each in net.state_dict().items())
    assert {each.device.type for each in net.parameters()} == {"cpu"}


def test_what_a_callable_holds_is_not_changed_by_counting_what_it_makes():
    net = Tiny().eval()
    cost = count_cost(lambda: net, 32, "train", 2)
    assert cost.parameters == count_cost(tiny, 32).parameters
    assert not net.training
    assert not net.head.weight.is_meta


def test_a_module_on_meta_can_be_counted():
    assert count_cost(Tiny().to("meta"), 32).total == count_cost(Tiny(), 32).total


def test_an_object_that_cannot_be_copied_or_run_is_refused():
    net = Tiny()
    net.lock = threading.Lock()
    with pytest.raises(BadInput, match=r"cannot pickle '_thread.lock' object; put a function"):
        count_cost(net, 32)
    with pytest.raises(BadInput, match=r"object:Linear-\w+ does not run on images of shape"):
        count_cost(nn.Linear(4, 4), 32)
