"""What no formula counts is named with its reason, and nothing that multiplies goes unnoticed."""

import re

import pytest
import torch
from torch import nn
from torch.nn import functional

from effprof.core.roles import OpSite, role_of
from effprof.cost import count_cost, count_model, count_ops
from effprof.models.products import why_unknown
from tests.cost.test_formulas import Calling, meta


def unknown(function, *inputs):
    return {op.op: op.unknown for op in count_ops(Calling(function), inputs) if op.unknown}


@torch.library.custom_op("effprof_tests::twice", mutates_args=())
def twice(x: torch.Tensor) -> torch.Tensor:
    return x * 2


@twice.register_fake
def _twice_of_a_shape(x):
    return torch.empty_like(x)


@pytest.mark.parametrize(
    ("function", "inputs", "op", "reason"),
    [
        (torch.fft.rfft2, [meta(2, 4, 4)], "_fft_r2c", "Fourier"),
        (torch.cdist, [meta(4, 3), meta(5, 3)], "_cdist_forward", "distances"),
        (torch.linalg.solve, [meta(3, 3), meta(3)], "_linalg_solve_ex", "solution of equations"),
        (torch.linalg.cholesky, [meta(3, 3)], "linalg_cholesky_ex", "factorisation"),
        (twice, [meta(3)], "twice", "register_flop_formula"),
    ],
)
def test_arithmetic_that_no_formula_counts_is_named(function, inputs, op, reason):
    found = unknown(function, *inputs)
    assert reason in found[op]
    assert list(found) == [op]


@pytest.mark.parametrize(
    ("function", "inputs"),
    [
        (functional.gelu, [meta(3)]),
        (lambda x: functional.interpolate(x, scale_factor=2, mode="bilinear"), [meta(1, 2, 4, 4)]),
        (lambda x: functional.layer_norm(x, (4,)), [meta(3, 4)]),
        (torch.cumsum, [meta(3), 0]),
    ],
)
def test_what_is_no_product_scores_zero_and_that_is_known(function, inputs):
    given = [each for each in inputs if isinstance(each, torch.Tensor)]
    rest = inputs[len(given) :]
    assert unknown(lambda *x: function(*x, *rest), *given) == {}


def test_regions_of_an_image_are_no_product():
    vision = pytest.importorskip("torchvision")
    image, boxes = meta(1, 2, 8, 8), meta(3, 5)
    assert unknown(lambda *given: vision.ops.roi_align(*given, 2), image, boxes) == {}


#: Parts of names of operators that multiply matrices or convolve, or do what no formula counts.
_LIKE_A_PRODUCT = re.compile(
    r"(^|_)(add|b|baddb|addb|sp|int_|hsp|ssp)?(mm|mv)(_|$)|matmul|linear(?!1d)|conv(?!ert|1d_|_depth)"
    r"|lstm|gru|rnn|attention|(^|_)v?dot(_|$)|_fft_|cdist|linalg"
)

#: Operators of such names that compute nothing of the kind, by pattern, and why.
_NOT_A_PRODUCT = {
    r".*(upsample|interp).*": "interpolation",
    r".*(prepack|unpack|reorder|convert|flatten_weight|_pack).*": "another layout of a weight",
    r"_linalg_check_errors": "raises what another operator found",
    r".*thnn_(fused|differentiable).*": "gates, whose products came before",
    r"conv2d_\w+|conv_transpose\dd_\w+": "reads an attribute of a packed weight",
}


def _operators_of_torch():
    """Every operator of torch that runs a kernel of its own."""
    for name in sorted(torch._C._dispatch_get_all_op_names()):
        namespace, _, rest = name.partition("::")
        op, _, overload = rest.partition(".")
        composite = torch._C._dispatch_has_kernel_for_dispatch_key(
            name, "CompositeImplicitAutograd"
        )
        if namespace == "aten" and not composite:
            packet = getattr(torch.ops.aten, op, None)
            if packet is not None:
                yield getattr(packet, overload or "default")


def test_whatever_has_a_formula_is_a_product_by_its_name_too():
    """A trace shows names and shapes alone."""
    from effprof.models.products import _FORMULAS

    image, weight = (2, 4, 6, 6), (4, 4, 3, 3)
    names = {name.partition("::")[2] for name in _FORMULAS}
    sites = [OpSite(name, shapes=(image, weight, image, image)) for name in names]
    assert [site.op for site in sites if not site.is_product] == []
    assert {role_of(site) for site in sites} <= {
        *("attention", "linear", "recurrent", "dense conv", "pointwise conv", "depthwise conv")
    }


def test_no_operator_of_torch_that_multiplies_is_taken_for_one_that_does_not():
    from effprof.models.products import _formula

    silent = []
    for func in _operators_of_torch():
        op = func._schema.name.partition("::")[2]
        explained = any(re.fullmatch(pattern, op) for pattern in _NOT_A_PRODUCT)
        known = _formula(func) is not None or why_unknown(func, ())
        if _LIKE_A_PRODUCT.search(op) and not explained and not known:
            silent.append(op)
    assert sorted(set(silent)) == []


class Sparse(nn.Module):
    def forward(self, image):
        rows = image.mean((2, 3))
        return torch.mm(torch.eye(4, 3).to_sparse(), rows.T).T


def test_a_sparse_product_is_named_and_not_taken_for_a_dense_one():
    cost = count_cost(Sparse, 8, batch_size=2)
    assert cost.total.macs == 0
    assert any("sparse" in why for why in cost.unknown.values())
    assert cost.total.bytes_moved > 0


def test_torch_formulas_of_others_are_taken(monkeypatch):
    from torch.utils import flop_counter

    packet = torch.ops.effprof_tests.twice
    monkeypatch.setitem(flop_counter.flop_registry, packet, lambda *_, **__: 14)
    (op,) = count_ops(Calling(twice), (meta(3),))
    assert (op.cost.macs, op.unknown) == (7, "")


def test_the_model_says_what_its_macs_lack():
    static = count_model(lambda: Calling(lambda x: torch.fft.rfft2(x).real.mean((2, 3))), 8).static
    assert "Fourier" in static.unknown["_fft_r2c"]
    assert static.computed == ""
