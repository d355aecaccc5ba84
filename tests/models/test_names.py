import pytest
from hypothesis import given
from hypothesis import strategies as st

from effprof.core.cells import Cell
from effprof.core.errors import BadInput
from effprof.models.names import matches, parse_model_name, python_target, variant_of
from effprof.models.variants import ACTIVATIONS, EfficientNetVariant

NUMBERS = st.floats(0.1, 10)
VARIANTS = st.builds(
    EfficientNetVariant,
    phi=st.floats(-20, 20).map(lambda phi: phi + 0.0),
    alpha=NUMBERS,
    beta=NUMBERS,
    gamma=NUMBERS,
    width=st.none() | NUMBERS,
    depth=st.none() | NUMBERS,
    resolution=st.none() | st.integers(1, 10_000),
    se=st.floats(0, 1).map(lambda se: se + 0.0),
    act=st.sampled_from(ACTIVATIONS),
    fused=st.none() | st.tuples(st.integers(1, 7), st.integers(1, 7)).map(sorted).map(tuple),
    divisor=st.integers(1, 1024),
    expand=st.integers(1, 64),
    pad=st.sampled_from(["same", "symmetric"]),
)


@given(VARIANTS)
def test_a_variant_survives_its_text(variant):
    assert EfficientNetVariant.parse(variant.text) == variant


@given(VARIANTS)
def test_canonical_names_are_fixed_points_that_cell_keys_can_hold(variant):
    name = parse_model_name(f"effprof:efficientnet?{variant.text}")
    assert parse_model_name(name.canonical) == name
    assert not set(" @,") & set(name.canonical)
    cell = Cell(name.canonical, 224)
    assert Cell.from_key(cell.key) == cell


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("resnet50", "timm/resnet50"),
        (" timm/resnet50.a1_in1k ", "timm/resnet50.a1_in1k"),
        ("torchvision/regnet_y_8gf", "torchvision/regnet_y_8gf"),
        ("effprof:efficientnet", "effprof:efficientnet"),
        ("effprof:efficientnet?", "effprof:efficientnet"),
        ("effprof:efficientnet?phi=0&se=0.25&act=silu", "effprof:efficientnet"),
        ("effprof:efficientnet?se=0&phi=1.0", "effprof:efficientnet?phi=1&se=off"),
        ("effprof:efficientnet?phi=-0.0", "effprof:efficientnet"),
        ("effprof:efficientnet?fused=2-2&phi=2.50", "effprof:efficientnet?phi=2.5&fused=2"),
        ("effprof:efficientnet?fused=1-3", "effprof:efficientnet?fused=1-3"),
        ("effprof:efficientnet?fused=off", "effprof:efficientnet"),
        ("my.package:make.tiny", "my.package:make.tiny"),
        ("./zoo/nets.py:tiny", "zoo/nets.py:tiny"),
        ("my zoo/a@b,c.py:tiny", "my%20zoo/a%40b%2Cc.py:tiny"),
    ],
)
def test_canonical_text(text, canonical):
    name = parse_model_name(text)
    assert name.canonical == canonical
    assert parse_model_name(canonical) == name


def test_a_path_is_found_again_behind_its_encoding():
    assert python_target(parse_model_name("my zoo/a@b.py:tiny")) == ("my zoo/a@b.py", "tiny")


@pytest.mark.parametrize(
    "text", ["", "a b", "hub/resnet50", "timm/", "timm/a@b", ":f", "a-b:f", "a.b:1", "x.py:"]
)
def test_what_is_no_name_is_refused(text):
    with pytest.raises(BadInput, match="not a"):
        parse_model_name(text)


def test_all_wrong_parameters_are_named_at_once():
    with pytest.raises(BadInput) as error:
        parse_model_name("effprof:efficientnet?actt=relu&phi=much&se=2&phi=1&fused=3-1&act=tanh")
    message = str(error.value)
    for part in ("'actt'; did you mean act?", "phi=much", "se=2", "fused=3-1", "act=tanh"):
        assert part in message


def test_a_parameter_given_twice_is_refused():
    with pytest.raises(BadInput, match="phi is given twice"):
        parse_model_name("effprof:efficientnet?phi=1&phi=1")


def test_an_unknown_family_is_refused():
    with pytest.raises(BadInput, match="did you mean efficientnet"):
        parse_model_name("effprof:eficientnet?phi=1")


def test_explicit_coefficients_override_phi():
    name = parse_model_name("effprof:efficientnet?phi=3&width=1.4&resolution=380")
    scale = variant_of(name).coefficients
    assert (scale.width, scale.resolution, scale.depth) == (1.4, 380, 1.2**3)


def test_patterns_are_globs_or_parts_of_names():
    assert matches("resnet*", ["resnet50"])
    assert not matches("resnet*", ["timm/resnet50"])
    assert matches("NET5", ["timm/resnet50"])
    assert not matches("vgg", ["timm/resnet50"])
