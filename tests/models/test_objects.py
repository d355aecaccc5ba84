"""Objects are copied, and stay as they are; what cannot be copied is refused in words."""

import copy
import socket
import threading
from pathlib import Path

import psutil
import pytest
import torch
from torch import nn

from effprof.core.errors import BadInput
from effprof.models.build import build_model, canonical_name, native_resolution, paper_resolution
from effprof.models.names import parse_model_name
from effprof.models.objects import object_name, receiving, send
from effprof.models.registry import facts, family
from tests.jobs import Tiny, tiny
from tests.test_architecture import TORCH, loaded_by


def with_part(**parts):
    net = Tiny()
    for name, part in parts.items():
        setattr(net, name, part)
    return net


def tied():
    net = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    net[1].weight = net[0].weight
    return net


def rebuilt(model, device="cpu"):
    """What a worker builds of an object."""
    sent = send([model])
    with receiving(sent.files):
        return build_model(sent.names[0], device)


def test_names_need_no_torch_and_no_cloudpickle():
    loaded = loaded_by(
        "import effprof.sweep.workers; from effprof.models.objects import send; send(['resnet50'])"
    )
    assert loaded & (TORCH | {"cloudpickle"}) == set()
    assert send(["resnet50", "zoo.py:net"]).names == ("resnet50", "zoo.py:net")


def test_each_object_is_one_name_and_one_file_that_is_gone_with_it():
    nets = Tiny(), Tiny()
    sent = send([nets[0], "resnet50", tiny, nets[1]])
    first, named, function, second = sent.names
    assert (named, first) == ("resnet50", second)
    assert sorted(sent.files) == sorted({first, function})
    folder = Path(sent.files[first]).parent
    assert folder.stat().st_mode & 0o077 == 0
    del sent
    assert not folder.exists()


def test_the_copy_has_the_weights_and_is_in_training_mode():
    net = Tiny().eval()
    copied = rebuilt(net)
    assert all(module.training for module in copied.modules())
    theirs = copied.state_dict()
    assert all(torch.equal(theirs[name], mine) for name, mine in net.state_dict().items())


def test_nothing_of_an_object_is_changed():
    net = Tiny().eval()
    net.body.train()
    net.head.bias.requires_grad_(False)
    net(torch.randn(1, 3, 32, 32)).sum().backward()
    heard = []
    net.register_forward_hook(lambda *_: heard.append(1))
    before = copy.deepcopy(net.state_dict()), [m.training for m in net.modules()], vars(net).copy()
    rebuilt(net)(torch.randn(2, 3, 32, 32)).sum().backward()
    rebuilt(net, "meta")
    assert all(torch.equal(before[0][name], mine) for name, mine in net.state_dict().items())
    assert before[1] == [module.training for module in net.modules()]
    assert before[2] == vars(net)
    assert heard == []
    assert not net.head.bias.requires_grad
    assert net.head.weight.grad is not None
    assert all(each.device.type == "cpu" for each in net.parameters())


def test_what_is_frozen_or_shared_is_so_in_the_copy():
    net = tied()
    net[0].bias.requires_grad_(False)
    copied = rebuilt(net)
    assert copied[0].weight is copied[1].weight
    assert [each.requires_grad for each in copied.parameters()] == [True, False, True]


def test_on_meta_no_tensor_has_contents_not_even_one_that_is_no_buffer():
    net = with_part(grid=torch.ones(3))
    copied = rebuilt(net, "meta")
    assert copied.grid.is_meta
    assert all(each.is_meta for each in copied.state_dict().values())


def test_weights_of_a_gpu_come_to_the_cpu(monkeypatch):
    # There is none here: the file says that they lay on one.
    monkeypatch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
    assert {each.device.type for each in rebuilt(Tiny()).state_dict().values()} == {"cpu"}


@pytest.mark.parametrize(
    "model", [tiny, Tiny, lambda: Tiny().eval()], ids=["function", "class", "lambda"]
)
def test_a_callable_is_called_where_it_is_built(model):
    assert type(rebuilt(model)) is Tiny
    assert rebuilt(model, "meta").head.weight.is_meta


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda: 7, r"object:lambda-\w+\(\) returned int, not a torch.nn.Module"),
        (lambda: {}["weights"], r"object:lambda-\w+\(\) failed: KeyError: 'weights'"),
    ],
)
def test_what_is_wrong_with_a_callable_is_said_as_of_one_in_a_file(model, message):
    with pytest.raises(BadInput, match=message):
        rebuilt(model)


def test_the_resolution_is_what_the_object_declares_or_224():
    declaring = with_part(effprof_resolution=96)
    sent = send([declaring, tiny])
    with receiving(sent.files):
        assert [native_resolution(name) for name in sent.names] == [96, 224]
        assert [paper_resolution(name) for name in sent.names] == [None, None]


def scripted():
    # Tracing, because torch.jit.script cannot read classes of everywhere.
    return torch.jit.trace(nn.ReLU(), torch.zeros(1))


def lambda_with_socket():
    connection = socket.socket()
    connection.close()
    return lambda: connection and Tiny()


def open_file():
    return Path("/dev/null").open("w")


INSTEAD = "put a function that makes it into a file and give 'file.py:function'"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: with_part(lock=threading.Lock()),
         "Tiny cannot be copied: TypeError: cannot pickle '_thread.lock' object; "),
        (lambda: with_part(log=open_file()),
         "Tiny cannot be copied: PicklingError: Cannot pickle files that are not opened for"),
        (lambda_with_socket, "lambda cannot be copied: TypeError: cannot pickle 'socket' object; "),
        (scripted, "cannot be copied: it is TorchScript, which cannot be pickled; "),
        (lambda: with_part(part=scripted()), "Tiny cannot be copied: its part part is TorchScript"),
        (lambda: torch.compile(Tiny()), "it is compiled: give what was compiled, and measure it"),
        (lambda: nn.DataParallel(Tiny()), "it is spread over devices: give its attribute module; "),
        (lambda: nn.LazyLinear(4), "LazyLinear cannot be copied: its weights have no shapes yet"),
        (lambda: Tiny().to("meta"), "Tiny cannot be copied: its weights are on the meta device"),
        (lambda: nn.utils.parametrizations.weight_norm(nn.Linear(2, 2)),
         "cannot be copied: RuntimeError: Serialization of parametrized modules is only supported"),
    ],
    ids=["lock", "file", "socket", "script", "script inside", "compiled", "spread", "lazy", "meta",
         "parametrized"],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:unclosed file", "ignore:.*torch.jit")
def test_what_cannot_be_copied_is_named_with_the_reason_and_what_to_do(make, message):
    with pytest.raises(BadInput) as refused:
        send(["resnet18", make()])
    said = str(refused.value)
    assert message in said
    assert said.endswith(INSTEAD)
    assert "\n" not in said


def test_weights_that_memory_cannot_hold_are_refused(monkeypatch):
    free = psutil.virtual_memory()._replace(available=100)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    with pytest.raises(BadInput, match=r"its weights take [\d.]+ KiB, and 100 B of memory are"):
        send([Tiny()])


def test_all_that_cannot_be_sent_is_named_and_nothing_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(BadInput) as refused:
        send([7, Tiny(), with_part(lock=threading.Lock())])
    first, second = str(refused.value).splitlines()
    assert first == "7 is a int, not a model: a name, a module or a callable"
    assert "'_thread.lock'" in second
    assert list(tmp_path.iterdir()) == []


def test_where_it_was_not_sent_an_object_is_only_a_name():
    name = object_name(Tiny())
    assert parse_model_name(name).provider == "object"
    assert (family(name), facts(name)) == ("object", None)
    for ask in (canonical_name, build_model, native_resolution):
        with pytest.raises(BadInput, match="objects are not stored: give the object again"):
            ask(name)


def test_a_callable_of_a_module_named_object_is_no_object():
    assert parse_model_name("object:make").provider == "python"
    with pytest.raises(BadInput, match="not a model name"):
        parse_model_name("object:Net-3f2a")
