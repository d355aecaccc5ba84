"""Names of objects: the same for what measures the same, others for everything else."""

import copy
import os
import re
import subprocess
import sys
import types
from functools import partial
from pathlib import Path

import cloudpickle
import pytest
import torch
from torch import nn

from effprof.models.identity import importable
from effprof.models.names import parse_model_name
from effprof.models.objects import object_name
from tests.jobs import Tiny, tiny


def local_net(width=8, heads=1, act=nn.ReLU):
    """A module whose class is in memory only."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.heads = heads
            self.body = nn.Sequential(nn.Conv2d(3, width, 3), act(), nn.Dropout(0.1))
            self.register_buffer("scale", torch.ones(width, 1, 1))

        def forward(self, x):
            for _ in range(self.heads):
                y = self.body(x) * self.scale
            return y.mean((2, 3))

    return Net()


def trained(net):
    loss = net.train()(torch.randn(2, 3, 8, 8)).sum()
    loss.backward()
    torch.optim.SGD(net.parameters(), lr=0.1).step()
    return net


def frozen(net):
    net.body[0].weight.requires_grad_(False)
    return net


def hooked(net):
    net.body.register_forward_hook(lambda module, images, output: output * 2)
    return net


def reset(net):
    for module in net.modules():
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()
    return net


@pytest.mark.parametrize(
    "change",
    [
        lambda net: net,
        copy.deepcopy,
        lambda net: cloudpickle.loads(cloudpickle.dumps(net)),
        trained,
        reset,
        lambda net: net.eval(),
        lambda net: net.to(memory_format=torch.channels_last),
        lambda net: copy.deepcopy(net).to("meta"),
        lambda net: local_net(),
    ],
    ids=[
        "itself",
        "copied",
        "sent",
        "trained",
        "other weights",
        "evaluating",
        "nhwc",
        "elsewhere",
        "made again",
    ],
)
def test_what_does_not_change_what_is_measured_changes_no_name(change):
    net = local_net()
    name = object_name(net)
    assert re.fullmatch("object:Net-[0-9a-f]{8}", name)
    assert parse_model_name(name).canonical == name
    assert object_name(change(net)) == name


def other_code():
    class Net(type(local_net())):
        def forward(self, x):
            return self.body(x).mean((2, 3))

    return Net()


@pytest.mark.parametrize(
    "other",
    [
        lambda: local_net(width=9),
        lambda: local_net(heads=2),
        lambda: local_net(act=nn.SiLU),
        lambda: local_net().half(),
        lambda: frozen(local_net()),
        lambda: hooked(local_net()),
        other_code,
        lambda: nn.Sequential(local_net()),
    ],
    ids=["shape", "setting", "layer", "type", "frozen", "hook", "code", "nested"],
)
def test_what_changes_it_has_another_name(other):
    assert object_name(other()) != object_name(local_net())


def test_settings_that_no_shape_and_no_text_shows_count():
    names = {object_name(nn.MultiheadAttention(64, heads)) for heads in (4, 8)}
    assert repr(nn.MultiheadAttention(64, 4)) == repr(nn.MultiheadAttention(64, 8))
    assert len(names) == 2


def test_the_order_of_layers_counts():
    first, second = nn.ReLU(), nn.SiLU()
    one, two = nn.Sequential(first, second), nn.Sequential(second, first)
    assert object_name(one) != object_name(two)


def test_callables_count_by_what_they_hold():
    def of(width):
        def make():
            return local_net(width)

        return make

    names = {
        object_name(each)
        for each in (
            of(4),
            of(8),
            partial(local_net, 4),
            partial(local_net, 8),
            lambda: local_net(4),
        )
    }
    assert len(names) == 5
    assert object_name(of(4)) == object_name(of(4))
    assert object_name(partial(local_net, 4)) == object_name(partial(local_net, 4))
    assert {name.rpartition("-")[0] for name in names} == {
        "object:make", "object:local_net", "object:lambda"
    }  # fmt: skip


def test_a_value_of_a_script_that_code_reads_counts():
    def named(width, unread):
        script = types.ModuleType("__main__")
        source = "def make():\n    return net(WIDTH)\n"
        vars(script).update(net=local_net, WIDTH=width, net_width=unread)
        exec(source, vars(script))
        return object_name(script.make)

    assert named(4, 1) == named(4, 2)
    assert named(4, 1) != named(8, 1)


def test_code_of_an_importable_module_counts_by_its_name(monkeypatch):
    assert importable(Tiny)
    assert not importable(type(local_net()))
    before = object_name(Tiny()), object_name(tiny)
    monkeypatch.setattr(Tiny, "forward", lambda self, x: x)
    assert (object_name(Tiny()), object_name(tiny)) == before


def test_what_refers_to_itself_and_what_has_no_text_is_named():
    net = local_net()
    net.extra = [net, {1, 2}, {"a": frozenset({"b"})}, types.SimpleNamespace(width=3), torch.half]
    net.cell = (lambda: net).__closure__[0]
    name = object_name(net)
    net.extra[3].width = 4
    assert object_name(net) != name


def test_a_name_is_short_and_plain():
    foreign, long = (type(name, (nn.Identity,), {}) for name in ("Réseau", "L" * 200))
    assert object_name(foreign()).startswith("object:Rseau-")
    assert len(object_name(long())) < 60


SCRIPT = """
import torch
from torch import nn

WORDS = {"a", "b", "c", "d"}

class Net(nn.Module):
    def __init__(self, words=frozenset({"x", "y", "z"})):
        super().__init__()
        self.words, self.body = words, nn.Conv2d(3, 8, 3)

    def forward(self, x):
        return self.body(x) if x.device.type in {"cpu", "cuda", "meta"} else len(WORDS)

from effprof.models.objects import object_name
print(object_name(Net()), object_name(Net), object_name(lambda: Net()))
"""


def test_another_process_gives_the_same_names(capsys):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONHASHSEED": "1"},
        cwd=Path(__file__).parents[2],
    )
    exec(SCRIPT, {"__name__": "__main__"})
    assert capsys.readouterr().out == done.stdout
    assert len(set(done.stdout.split())) == 3
