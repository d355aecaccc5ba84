"""Every operator that convolves or multiplies matrices has its MACs, worked out by hand."""

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import parametrizations
from torch.utils.checkpoint import checkpoint

from effprof.cost import count_cost, count_ops
from tests.cost.test_formulas import Calling, meta


def counted(function, *inputs, mode="infer"):
    """(MACs, activations) of everything that a function or a module calls."""
    model = function if isinstance(function, nn.Module) else Calling(function)
    ops = count_ops(model.to("meta"), inputs, mode)
    assert not any(op.unknown for op in ops)
    return sum(op.cost.macs for op in ops), sum(op.cost.activations for op in ops)


def complex_(*shape):
    return meta(*shape, dtype=torch.complex64)


@pytest.mark.parametrize(
    ("function", "inputs", "macs", "outputs"),
    [
        (torch.mm, [meta(4, 6), meta(6, 5)], 4 * 6 * 5, 20),
        (torch.mv, [meta(4, 6), meta(6)], 24, 4),
        (torch.matmul, [meta(6), meta(6)], 6, 1),
        (torch.vdot, [meta(6), meta(6)], 6, 1),
        (torch.addmv, [meta(4), meta(4, 6), meta(6)], 24, 4),
        (torch.addmm, [meta(5), meta(4, 6), meta(6, 5)], 120, 20),
        (torch.addr, [meta(4, 5), meta(4), meta(5)], 20, 20),
        (torch.addbmm, [meta(4, 5), meta(3, 4, 6), meta(3, 6, 5)], 3 * 120, 20),
        (torch.baddbmm, [meta(3, 4, 5), meta(3, 4, 6), meta(3, 6, 5)], 3 * 120, 60),
        (torch.matmul, [meta(2, 1, 4, 6), meta(3, 6, 5)], 6 * 120, 120),
        (torch.matmul, [meta(2, 3, 4, 6), meta(6, 5)], 6 * 120, 120),
        (
            lambda x, y: torch.einsum("nihw,iohw->nohw", x, y),
            [meta(2, 3, 4, 4), meta(3, 5, 4, 4)],
            480,
            160,
        ),
        (
            lambda x, y: torch.einsum("nihw,iohw->nohw", x, y),
            [complex_(2, 3, 4, 4), complex_(3, 5, 4, 4)],
            4 * 480,
            160,
        ),
        (torch.mm, [complex_(4, 6), complex_(6, 5)], 4 * 120, 20),
        (torch.tensordot, [meta(4, 6, 2), meta(6, 2, 5)], 4 * 12 * 5, 20),
        (functional.linear, [meta(7, 4, 6), meta(5, 6), meta(5)], 7 * 120, 140),
        (functional.bilinear, [meta(4, 3), meta(4, 5), meta(2, 3, 5)], 4 * 2 * 3 * 5, 8),
        (functional.conv1d, [meta(2, 6, 9), meta(4, 6, 3)], 2 * 4 * 7 * 6 * 3, 56),
        (
            lambda x, w: functional.conv2d(x, w, groups=3, dilation=2),
            [meta(2, 6, 9, 9), meta(9, 2, 3, 3)],
            2 * 9 * 25 * 18,
            450,
        ),
        (functional.conv3d, [meta(1, 2, 5, 5, 5), meta(3, 2, 3, 3, 3)], 3 * 27 * 2 * 27, 81),
        (
            lambda x, w: functional.conv_transpose2d(x, w, stride=2),
            [meta(2, 6, 4, 4), meta(6, 5, 3, 3)],
            2 * 6 * 16 * 5 * 9,
            2 * 5 * 81,
        ),
        (
            lambda x, w: functional.conv_transpose2d(x, w, groups=3),
            [meta(2, 6, 4, 4), meta(6, 5, 3, 3)],
            2 * 6 * 16 * 5 * 9,
            2 * 15 * 36,
        ),
        (torch.conv_tbc, [meta(9, 2, 6), meta(3, 6, 4), meta(4)], 7 * 2 * 4 * 18, 56),
        (
            lambda x: functional.unfold(x, 3).transpose(1, 2) @ x.new_empty(27, 4),
            [meta(1, 3, 6, 6)],
            16 * 27 * 4,
            64,
        ),
    ],
)
def test_products_and_convolutions_of_every_form(function, inputs, macs, outputs):
    assert counted(function, *inputs) == (macs, outputs)


@pytest.mark.parametrize("value", [8, 6])
@pytest.mark.parametrize("options", [{}, {"is_causal": True}, {"dropout_p": 0.5}], ids=str)
def test_attention_costs_its_two_products_fused_or_not(value, options):
    query, key, values = meta(2, 4, 9, 8), meta(2, 4, 7, 8), meta(2, 4, 7, value)
    found = counted(
        lambda *x: functional.scaled_dot_product_attention(*x, **options), query, key, values
    )
    assert found == (2 * 4 * 9 * 7 * (8 + value), 2 * 4 * 9 * (7 + value))


def test_heads_that_share_keys_cost_as_much():
    query, key = meta(2, 4, 9, 8), meta(2, 2, 7, 8)

    def attend(query, key):
        return functional.scaled_dot_product_attention(query, key, key, enable_gqa=True)

    assert counted(attend, query, key) == (2 * 4 * 9 * 7 * 16, 2 * 4 * 9 * 15)


def test_fused_attention_moves_its_operands_and_its_result_alone():
    heads = meta(2, 4, 64, 8)
    (op,) = count_ops(Calling(functional.scaled_dot_product_attention), (heads, heads, heads))
    assert (op.role, op.cost.macs) == ("attention", 2 * 2 * 4 * 64 * 64 * 8)
    assert op.cost.bytes_read == 3 * 4 * heads.numel()
    # Beside the result a number for each row: the logarithm of its sum.
    assert op.cost.bytes_written == 4 * (heads.numel() + 2 * 4 * 64)


def test_the_backward_of_fused_attention_computes_the_scores_anew():
    tokens = nn.Linear(8, 8).to("meta")

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens = tokens

        def forward(self, x):
            x = self.tokens(x).unsqueeze(1)
            return functional.scaled_dot_product_attention(x, x, x)[:, 0].mean(1)

    ops = count_ops(Attention(), (meta(2, 7, 8),), "train")
    macs = {op.phase: op.cost.macs for op in ops if "scaled_dot" in op.op}
    assert macs["backward"] == 2.5 * macs["forward"] == 2.5 * (2 * 7 * 7 * 16)
    assert {op.role for op in ops if "scaled_dot" in op.op} == {"attention"}


class SelfAttention(nn.Module):
    def __init__(self, **options):
        super().__init__()
        self.attend, self.options = nn.MultiheadAttention(8, 2, batch_first=True), options

    def forward(self, x):
        return self.attend(x, x, x, **self.options)[0]


@pytest.mark.parametrize("options", [{}, {"need_weights": False}, {"average_attn_weights": False}])
@pytest.mark.parametrize("fused", [True, False])
def test_multi_head_attention_costs_the_same_in_one_operator_or_in_many(options, fused):
    tokens = meta(3, 5, 8)
    torch.backends.mha.set_fastpath_enabled(fused)
    try:
        ops = count_ops(SelfAttention(**options).to("meta"), (tokens,))
    finally:
        torch.backends.mha.set_fastpath_enabled(True)
    assert ("_native_multi_head_attention" in {op.op for op in ops}) == fused
    macs, outputs = 3 * 5 * 8 * 8 * 4 + 3 * 5 * 5 * 16, 3 * 5 * 8 * 4 + 3 * (2 * 25 + 40)
    assert sum(op.cost.macs for op in ops) == macs
    assert sum(op.cost.activations for op in ops) == outputs


class Sequence(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)[0].mean(1)


RECURRENT = [
    nn.RNN(6, 4, batch_first=True),
    nn.GRU(6, 4, batch_first=True),
    nn.LSTM(6, 4, batch_first=True),
    nn.LSTM(6, 4, batch_first=True, num_layers=2, bidirectional=True),
    nn.LSTM(6, 4, batch_first=True, proj_size=3),
    nn.GRU(6, 4, batch_first=True, bias=False, num_layers=3),
]


@pytest.mark.filterwarnings("ignore:LSTM with projections")
@pytest.mark.parametrize("layer", RECURRENT, ids=str)
@pytest.mark.parametrize("mode", ["infer", "train"])
def test_every_step_of_a_recurrent_layer_multiplies_every_weight(layer, mode):
    matrices = [weight for weight in layer.parameters() if weight.dim() == 2]
    ops = count_ops(Sequence(layer).to("meta"), (meta(2, 5, 6),), mode)
    forward = [op for op in ops if op.phase == "forward"]
    assert sum(op.cost.macs for op in forward) == 2 * 5 * sum(each.numel() for each in matrices)
    assert sum(op.cost.activations for op in ops) == 2 * 5 * sum(len(each) for each in matrices)
    assert {op.role for op in ops if op.cost.macs and op.phase != "optimizer"} == {"recurrent"}


def test_where_one_kernel_runs_a_sequence_its_weights_are_read_once():
    layer = nn.LSTM(6, 400, batch_first=True).to("meta")
    weights = 4 * sum(weight.numel() for weight in layer.parameters())
    read = [
        sum(op.cost.bytes_read for op in count_ops(Sequence(layer), (meta(1, steps, 6),)))
        for steps in (5, 10)
    ]
    assert weights < read[0] < read[1] < 1.1 * weights


def test_a_module_that_is_called_twice_costs_twice():
    layer = nn.Linear(6, 6)
    once, twice = (counted(nn.Sequential(*[layer] * n), meta(2, 6)) for n in (1, 2))
    assert twice == (2 * once[0], 2 * once[1])


def test_weights_made_in_the_forward_cost_what_makes_them():
    plain, macs = nn.Conv2d(3, 4, 3), 4 * 16 * 27
    assert counted(plain, meta(1, 3, 6, 6))[0] == macs
    assert counted(parametrizations.weight_norm(nn.Conv2d(3, 4, 3)), meta(1, 3, 6, 6))[0] == macs
    spectral = parametrizations.spectral_norm(nn.Conv2d(3, 4, 3))
    # u W v: a matrix times a vector, and the product of two vectors.
    assert counted(spectral, meta(1, 3, 6, 6))[0] == macs + 4 * 27 + 4


class Checkpointed(nn.Module):
    def __init__(self, active):
        super().__init__()
        self.stem, self.active = nn.Linear(6, 8), active
        # What tanh returns is needed for its gradient, so that the product before runs again.
        self.body = nn.Sequential(nn.Linear(8, 8), nn.Tanh())

    def forward(self, x):
        x = self.stem(x)
        return checkpoint(self.body, x, use_reentrant=False) if self.active else self.body(x)


def test_what_is_computed_again_for_the_backward_is_counted_again_but_no_activation():
    plain, again = (counted(Checkpointed(on), meta(2, 6), mode="train") for on in (False, True))
    assert again == (plain[0] + 2 * 8 * 8, plain[1])


def test_autocast_casts_and_multiplies_as_before():
    class Cast(nn.Linear):
        def forward(self, x):
            with torch.autocast("cpu", torch.bfloat16):
                return super().forward(x)

    assert counted(Cast(6, 8), meta(2, 6)) == (2 * 48, 16)


class Deformable(nn.Module):
    def __init__(self, groups):
        super().__init__()
        ops = pytest.importorskip("torchvision").ops
        self.offsets = nn.Conv2d(3, 18, 3, padding=1)
        self.body = ops.DeformConv2d(3, 6, 3, padding=1, groups=groups)

    def forward(self, x):
        return self.body(x, self.offsets(x)).mean((2, 3))


@pytest.mark.parametrize("groups", [1, 3])
def test_deformable_convolutions_cost_what_convolutions_do(groups):
    net = Deformable(groups).to("meta")
    for mode, factor in (("infer", 1), ("train", 3)):
        ops = [op for op in count_ops(net, (meta(2, 3, 8, 8),), mode) if "deform" in op.op]
        assert sum(op.cost.macs for op in ops) == factor * 2 * 64 * 6 * 27 // groups
        assert {op.role for op in ops} == {"depthwise conv" if groups == 3 else "dense conv"}


class Quantized(nn.Module):
    def __init__(self):
        super().__init__()
        self.packed = torch.ops.quantized.linear_prepack(
            torch.quantize_per_tensor(torch.randn(10, 3), 0.1, 0, torch.qint8), None
        )

    def forward(self, image):
        return torch.ops.quantized.linear_dynamic(image.mean((2, 3)), self.packed)


@pytest.mark.filterwarnings("ignore")  # torch announces the end of its quantized tensors
def test_a_quantized_product_is_counted_though_its_weight_is_packed():
    try:
        Quantized()
    except (RuntimeError, AttributeError) as error:
        pytest.skip(f"no quantized kernels here: {error}")
    cost = count_cost(Quantized, 8)
    assert (cost.total.macs, cost.total.activations) == (30, 10)
