import warnings

import pytest
import torch

from effprof.core.errors import BadInput
from effprof.models.build import (
    UnknownModel,
    build_model,
    canonical_name,
    known_models,
    native_resolution,
    paper_resolution,
)

USER_MODELS = """
import torch

def tiny():
    return torch.nn.Conv2d(3, 4, 1)

tiny.effprof_resolution = 96

def plain():
    return torch.nn.Identity()

def number():
    return 7

def broken():
    raise KeyError("weights")

CONSTANT = 3
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with a user's models, which is the current one."""
    (tmp_path / "users_zoo.py").write_text(USER_MODELS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("efficientnet_b0", "timm/efficientnet_b0"),
        ("efficientnet_v2_s", "torchvision/efficientnet_v2_s"),
        ("torchvision/resnet50", "torchvision/resnet50"),
        ("resnet50.a1_in1k", "timm/resnet50.a1_in1k"),
        ("effprof:efficientnet?phi=1.0", "effprof:efficientnet?phi=1"),
    ],
)
def test_existing_models_have_one_name(text, canonical):
    assert canonical_name(text) == canonical
    assert canonical_name(canonical) == canonical


@pytest.mark.parametrize(
    ("text", "suggested"),
    [
        ("resnet5O", "resnet50"),
        ("efficientnet_bo", "efficientnet_b"),
        ("torchvision/efficientnet_b9", "torchvision/efficientnet_b"),
        ("timm/resnet50.nonsense", "timm/resnet50"),
    ],
)
def test_an_unknown_model_is_answered_with_up_to_three_others(text, suggested):
    with pytest.raises(UnknownModel) as error:
        canonical_name(text)
    line = str(error.value).splitlines()[0]
    assert repr(text) in line
    assert suggested in line
    assert line.count(",") <= 2


@pytest.mark.parametrize(
    "name",
    ["timm/resnet18", "torchvision/mobilenet_v2", "torchvision/regnet_y_400mf",
     "torchvision/googlenet", "effprof:efficientnet?phi=-1"],
)  # fmt: skip
def test_on_meta_nothing_is_allocated_and_nothing_is_said(name, capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = build_model(name, "meta")
    assert {tensor.device.type for tensor in model.state_dict().values()} == {"meta"}
    assert capfd.readouterr() == ("", "")


def test_a_seed_gives_the_same_weights_again():
    models = []
    for _ in range(2):
        torch.manual_seed(3)
        models.append(build_model("effprof:efficientnet?phi=-4").state_dict())
    assert all(torch.equal(models[0][name], models[1][name]) for name in models[0])


@pytest.mark.parametrize(
    ("name", "native", "paper"),
    [
        ("timm/efficientnet_b2", 256, 260),
        ("timm/tf_efficientnet_b2", 260, 260),
        ("torchvision/efficientnet_b2", 288, 260),
        ("torchvision/efficientnet_v2_m", 480, 480),
        ("timm/resnet50", 224, 224),
        ("timm/vit_base_patch16_384", 384, None),
        ("effprof:efficientnet?phi=1", 258, 258),
        ("effprof:efficientnet?phi=1&resolution=240", 240, 240),
    ],
)
def test_native_and_paper_resolution_are_two_things(name, native, paper):
    assert (native_resolution(name), paper_resolution(name)) == (native, paper)


def test_names_are_listed_by_glob_and_by_part():
    assert known_models("torchvision/resnet1*") == [
        "torchvision/resnet101", "torchvision/resnet152", "torchvision/resnet18"
    ]  # fmt: skip
    assert {"timm/resnet18", "torchvision/resnet18"} <= set(known_models("resnet18"))
    assert "effprof:efficientnet" in known_models()
    assert known_models("no such thing") == []


def test_a_users_model_is_a_callable_in_a_module_or_file(here):
    assert canonical_name("users_zoo:tiny") == "users_zoo:tiny"
    for name in ("users_zoo:tiny", "users_zoo.py:tiny", f"{here}/users_zoo.py:tiny"):
        assert build_model(name, "meta").out_channels == 4
        assert native_resolution(name) == 96
    assert native_resolution("users_zoo.py:plain") == 224
    assert paper_resolution("users_zoo.py:plain") is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_such_module:f", "No module named 'no_such_module'"),
        ("no_such_file.py:f", "no file no_such_file.py"),
        ("users_zoo.py:absent", "no attribute 'absent'"),
        ("users_zoo.py:CONSTANT", "is a int, not a callable"),
        ("users_zoo.py:number", "returned int, not a torch.nn.Module"),
        ("users_zoo.py:broken", "failed: KeyError: 'weights'"),
    ],
)
@pytest.mark.usefixtures("here")
def test_what_is_wrong_with_a_users_model_is_said(name, message):
    with pytest.raises(BadInput, match=message):
        build_model(name)
