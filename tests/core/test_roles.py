"""Roles from shapes and modules alone; no torch is needed."""

import subprocess
import sys

import pytest

from effprof.core.roles import (
    ROLE_NAMES,
    ROLES,
    SQUEEZE_EXCITE_ROLES,
    OpSite,
    role_of,
    roles_of,
)

IMAGE = (2, 3, 32, 32)
MAP = (2, 16, 8, 8)
GATE = (2, 16, 1, 1)


def conv(image, weight, **where):
    return OpSite("convolution", shapes=(image, weight), **where)


@pytest.mark.parametrize(
    ("site", "role"),
    [
        (conv(MAP, (16, 1, 3, 3)), "depthwise conv"),
        (conv(MAP, (32, 1, 3, 3)), "depthwise conv"),
        (conv((2, 16, 8), (16, 1, 3)), "depthwise conv"),
        (conv(MAP, (64, 16, 1, 1)), "pointwise conv"),
        (conv(MAP, (64, 4, 1, 1)), "pointwise conv"),
        (conv(MAP, (64, 16, 3, 3)), "dense conv"),
        (conv(MAP, (64, 4, 3, 3)), "dense conv"),
        (conv((2, 1, 8, 8), (8, 1, 3, 3)), "dense conv"),
        (OpSite("convolution_backward", "backward", (MAP, MAP, (16, 1, 3, 3))), "depthwise conv"),
        (OpSite("cudnn_convolution", shapes=(MAP, (16, 16, 1, 1))), "pointwise conv"),
        (OpSite("mkldnn_convolution", shapes=(MAP, (16, 8, 3, 3)), groups=16), "depthwise conv"),
        (OpSite("silu_", shapes=(MAP,)), "activation"),
        (OpSite("relu", shapes=(MAP,)), "activation"),
        (OpSite("hardtanh_", shapes=(MAP,)), "activation"),
        (OpSite("sigmoid", shapes=(MAP,)), "activation"),
        (OpSite("mul", shapes=(MAP, MAP), classes=("Net", "Swish")), "activation"),
        (OpSite("clone", shapes=(MAP,), classes=("Net", "SiLU")), "activation"),
        (OpSite("native_batch_norm", shapes=(MAP,)), "norm"),
        (OpSite("add_", shapes=((),), classes=("Net", "BatchNormAct2d")), "norm"),
        (OpSite("add", shapes=(MAP, MAP), classes=("Net", "ConvNormAct")), "residual add"),
        (OpSite("add_", shapes=(MAP, MAP)), "residual add"),
        (OpSite("add", shapes=(MAP, (16, 1, 1))), "other"),
        (OpSite("add", shapes=(MAP,)), "other"),
        (OpSite("mean", shapes=(MAP,)), "pool"),
        (OpSite("max_pool2d_with_indices", shapes=(MAP,)), "pool"),
        (OpSite("addmm", shapes=((8,), (4, 16), (16, 8))), "linear"),
        (OpSite("bmm", shapes=((2, 4, 4), (2, 4, 4))), "attention"),
        (OpSite("_scaled_dot_product_flash_attention", shapes=((2, 4, 4),)), "attention"),
        (OpSite("_native_multi_head_attention", shapes=((2, 4, 8),)), "attention"),
        (OpSite("_transformer_encoder_layer_fwd", shapes=((2, 4, 8),)), "attention"),
        (OpSite("_efficient_attention_forward", shapes=((2, 4, 2, 4),)), "attention"),
        (OpSite("matmul", shapes=((2, 3, 4, 4), (2, 3, 4, 4))), "attention"),
        (OpSite("matmul", shapes=((2, 4, 8), (8, 8))), "linear"),
        (OpSite("bmm", shapes=((2, 4, 8), (2, 8, 8)), classes=("Net", "Linear")), "linear"),
        (OpSite("einsum", shapes=((2, 4, 8), (2, 8, 8))), "attention"),
        (OpSite("mkldnn_rnn_layer", shapes=((5, 2, 8),)), "recurrent"),
        (OpSite("_cudnn_rnn", shapes=((5, 2, 8),)), "recurrent"),
        (OpSite("lstm", shapes=((5, 2, 8),)), "recurrent"),
        (OpSite("addmm", shapes=((8,), (2, 8), (8, 8)), classes=("Net", "GRUCell")), "recurrent"),
        (OpSite("sigmoid_", shapes=((2, 8),), classes=("Net", "LSTM")), "recurrent"),
        (OpSite("deform_conv2d", shapes=(MAP, (16, 16, 3, 3), MAP)), "dense conv"),
        (OpSite("conv_transpose2d", shapes=(MAP, (16, 1, 3, 3)), groups=16), "depthwise conv"),
        (OpSite("conv_transpose2d", shapes=(MAP, (16, 1, 3, 3)), groups=1), "dense conv"),
        (OpSite("nll_loss_forward", shapes=((2, 10), (2,))), "loss"),
        (OpSite("cat", shapes=(MAP, MAP)), "copy"),
        (OpSite("_to_copy", shapes=(MAP,), classes=("Net", "LayerNorm")), "copy"),
        (OpSite("_to_copy", shapes=((4, 16, 1, 1),), in_squeeze_excite=True), "copy"),
        (OpSite("clone", shapes=((4, 16, 1, 1),), in_squeeze_excite=True), "SE FC"),
        (OpSite("_to_copy", "optimizer"), "optimizer"),
        (OpSite("mul", shapes=(MAP, (16, 1, 1))), "other"),
        (OpSite("_foreach_add_", "optimizer"), "optimizer"),
        (OpSite("add", "backward", (MAP, MAP)), "gradient accumulation"),
    ],
)
def test_role_of_one_site(site, role):
    assert role_of(site) == role


def test_the_last_row_catches_every_site_and_names_are_unique():
    assert ROLES[-1].matches(OpSite("anything"))
    assert len(set(ROLE_NAMES)) == len(ROLE_NAMES)
    assert ROLE_NAMES[-3:] == ("pool", "copy", "other")
    assert {role for role in ROLE_NAMES if role.startswith("SE ")} == {*SQUEEZE_EXCITE_ROLES}


def squeeze_excite(path, classes):
    inner = (*classes, "Conv2d")
    return [
        OpSite("mean", shapes=(MAP,), path=path, classes=classes),
        conv(GATE, (4, 16, 1, 1), path=f"{path}.reduce", classes=inner),
        OpSite("silu_", shapes=((2, 4, 1, 1),), path=f"{path}.act", classes=(*classes, "SiLU")),
        conv((2, 4, 1, 1), (16, 4, 1, 1), path=f"{path}.expand", classes=inner),
        OpSite("sigmoid", shapes=(GATE,), path=f"{path}.gate", classes=(*classes, "Sigmoid")),
        OpSite("mul", shapes=(MAP, GATE), path=path, classes=classes),
    ]


IN_ORDER_OF_OPS = ("SE squeeze", "SE FC", "SE FC", "SE FC", "SE gate", "SE scale")


@pytest.mark.parametrize("name", ["SqueezeExcite", "SqueezeExcitation", "MyOwnGating"])
def test_squeeze_excite_is_found_by_class_name_and_by_structure(name):
    sites = squeeze_excite("blocks.0.se", ("Net", "Block", name))
    assert roles_of(sites) == IN_ORDER_OF_OPS


def test_squeeze_excite_written_into_a_block_leaves_the_rest_of_the_block_alone():
    block = ("Net", "Block")
    sites = [
        conv(MAP, (16, 1, 3, 3), path="b.dw", classes=(*block, "Conv2d")),
        *squeeze_excite("b", block),
        conv(MAP, (16, 16, 1, 1), path="b.pw", classes=(*block, "Conv2d")),
        OpSite("add", shapes=(MAP, MAP), path="b", classes=block),
    ]
    expected = ("depthwise conv", *IN_ORDER_OF_OPS, "pointwise conv", "residual add")
    assert roles_of(sites) == expected


def test_a_gate_without_a_squeeze_is_no_squeeze_excite():
    assert roles_of([OpSite("mul", shapes=(MAP, GATE))]) == ("other",)


@pytest.mark.parametrize("factor", [(2, 1, 1, 1), (1, 16, 1, 1), (2, 16, 8, 8)])
def test_a_factor_that_is_not_one_per_image_and_channel_is_no_gate(factor):
    sites = squeeze_excite("block", ("Net", "Block"))
    sites[-1] = OpSite("mul", shapes=(MAP, factor), path="block", classes=("Net", "Block"))
    assert roles_of(sites)[-1] == "other"


def test_the_order_of_the_factors_does_not_matter():
    sites = squeeze_excite("se", ("Net", "MyOwnGating"))
    sites[-1] = OpSite("mul", shapes=(GATE, MAP), path="se", classes=("Net", "MyOwnGating"))
    assert roles_of(sites)[-1] == "SE scale"


def test_a_map_of_one_pixel_is_still_squeezed_and_scaled():
    where = {"path": "se", "classes": ("Net", "SqueezeExcite")}
    sites = [OpSite("mean", shapes=(GATE,), **where), OpSite("mul", shapes=(GATE, GATE), **where)]
    assert roles_of(sites) == ("SE squeeze", "SE scale")


def test_a_backward_op_takes_over_the_role_of_its_forward_op():
    forward = squeeze_excite("se", ("Net", "SqueezeExcite"))
    backward = OpSite("sum", "backward", (MAP,), origin=len(forward) - 1)
    accumulated = OpSite("add", "backward", (MAP, MAP), origin=0)
    roles = roles_of([*forward, backward, accumulated])
    assert roles[-2:] == ("SE scale", "gradient accumulation")


def test_the_classifier_is_the_last_product_on_one_row_per_image():
    stem = conv(IMAGE, (16, 3, 3, 3))
    head = OpSite("addmm", shapes=((10,), (2, 16), (16, 10)))
    assert roles_of([stem, head]) == ("dense conv", "classifier")
    assert roles_of([stem, conv(GATE, (10, 16, 1, 1))])[-1] == "classifier"


def test_a_network_without_a_head_has_no_classifier():
    stem = conv(IMAGE, (16, 3, 16, 16))
    tokens = OpSite("addmm", shapes=((16,), (2 * 4, 16), (16, 16)))
    assert roles_of([stem, tokens]) == ("dense conv", "linear")
    assert roles_of([stem]) == ("dense conv",)
    assert roles_of([]) == ()


def test_roles_need_no_torch():
    code = "import sys, effprof.core.roles; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
