"""The arithmetic of operators that convolve or multiply matrices: MACs and outputs, by name.

One table for static cost and profiles, so that what one counts the other does not call invisible.
Arguments are those of the operator's schema, of real tensors or of such without contents.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload
from torch.utils.flop_counter import flop_registry

from effprof.models.operators import operands


@dataclass(frozen=True, slots=True)
class Product:
    """Multiply-accumulates, and elements in the outputs of the convolutions and products.

    What a fused operator keeps to itself (the scores of attention) is an output of a product too.
    A backward operator has no outputs: they are those of the forward pass.
    """

    macs: int = 0
    outputs: int = 0

    def __add__(self, other: "Product") -> "Product":
        """Products add field by field."""
        return Product(self.macs + other.macs, self.outputs + other.outputs)


#: What a multiplication of two complex numbers takes in multiplications of real ones.
REAL_MACS_OF_COMPLEX = 4

_NOTHING = Product()

#: The operator's arguments and its result -> its arithmetic.
Formula = Callable[[Sequence[Any], Any], Product]


def product_of(func: OpOverload, args: Sequence[Any], result: Any) -> Product:  # noqa: ANN401
    """Return the arithmetic of one call; nothing where it is no product, or none that is known.

    Our formulas come before those that torch, and whoever extends it, has registered.
    """
    formula = _formula(func)
    if formula is None or _unsized(args):
        return _NOTHING
    done = formula(args, result)
    if any(tensor.is_complex() for tensor in operands(result)):
        return Product(done.macs * REAL_MACS_OF_COMPLEX, done.outputs)
    return done


def why_unknown(func: OpOverload, args: Sequence[Any]) -> str:
    """Say why the MACs of a call are not known; empty where they are, or where there are none."""
    if _formula(func) is not None:
        return "its operands are nested or sparse" if _unsized(args) else ""
    name = _full_name(func)
    return next((why for pattern, why in _UNKNOWN if pattern.fullmatch(name)), "")


def _full_name(func: OpOverload) -> str:
    """Name of an operator with its namespace; in place it is the same one."""
    return func._schema.name.removesuffix("_")


def _formula(func: OpOverload) -> Formula | None:
    ours = _FORMULAS.get(_full_name(func))
    return ours or _registered_with_torch(func)


def _registered_with_torch(func: OpOverload) -> Formula | None:
    """Find the formula of torch's own counter, which counts two FLOPs per MAC."""
    flops = flop_registry.get(func.overloadpacket)
    if flops is None:
        return None

    def formula(args: Sequence[Any], result: Any) -> Product:  # noqa: ANN401
        outputs = 0 if "backward" in _full_name(func) else _first(result).numel()
        return Product(int(flops(*args, out_val=result)) // 2, outputs)

    return formula


def _unsized(args: Sequence[Any]) -> bool:
    """Whether the shape of an operand does not tell how many of its elements are multiplied."""
    return any(
        tensor.is_nested or tensor.layout not in {torch.strided, torch._mkldnn}  # type: ignore[attr-defined]
        for tensor in operands(args)
    )


def _first(result: Any) -> Tensor:  # noqa: ANN401
    return next(operands(result))


def _contraction(operand: int, *dimensions: int) -> Formula:
    """Every output sums over these dimensions of an operand."""

    def formula(args: Sequence[Any], result: Any) -> Product:  # noqa: ANN401
        outputs = _first(result).numel()
        summed = prod(args[operand].shape[each] for each in dimensions)
        return Product(outputs * summed, outputs)

    return formula


def _convolution(args: Sequence[Any], result: Any) -> Product:  # noqa: ANN401
    """Every output sums over the rest of a weight (C_out, C_in / groups, *kernel)."""
    return _correlated(_first(result).numel(), args[1], result)


def _transposed_convolution(args: Sequence[Any], result: Any) -> Product:  # noqa: ANN401
    """Every input is multiplied by the rest of a weight (C_in, C_out / groups, *kernel)."""
    return _correlated(args[0].numel(), args[1], result)


def _stated_convolution(args: Sequence[Any], result: Any) -> Product:  # noqa: ANN401
    """Count a convolution whose seventh argument says whether it is transposed."""
    return (_transposed_convolution if args[6] else _convolution)(args, result)


def _packed(formula: Formula) -> Formula:
    """Unpack the second operand of a quantized convolution into weight and bias."""
    return lambda args, result: formula([args[0], args[1].unpack()[0]], result)


def _correlated(elements: int, weight: Tensor, result: Any) -> Product:  # noqa: ANN401
    return Product(elements * prod(weight.shape[1:]), _first(result).numel())


def _convolution_backward(args: Sequence[Any], _result: Any) -> Product:  # noqa: ANN401
    """Each gradient asked for costs as much as the forward.

    The input gradient is a transposed convolution of the same products and the weight gradient sums
    them in another order. torch 2.15's own formula multiplies the weight gradient by `groups`.
    Arguments: gradient, input, weight, ..., transposed, output padding, groups, mask.
    """
    grad, image, weight = args[:3]
    *_, transposed, _output_padding, _groups, mask = args
    return _both_gradients((image if transposed else grad).numel(), weight, mask)


def _deformable_backward(args: Sequence[Any], _result: Any) -> Product:  # noqa: ANN401
    """One product for the gradients of image, offsets and mask, one for that of the weight."""
    grad, _image, weight = args[:3]
    return _both_gradients(grad.numel(), weight, (True, True))


def _both_gradients(elements: int, weight: Tensor, mask: Sequence[bool]) -> Product:
    return Product(elements * prod(weight.shape[1:]) * (bool(mask[0]) + bool(mask[1])))


def _linear_backward(args: Sequence[Any], _result: Any) -> Product:  # noqa: ANN401
    """Arguments: input, gradient, weight, mask of (input, weight, bias)."""
    rows, grad, _weight, mask = args[:4]
    return Product(grad.numel() * rows.shape[-1] * (bool(mask[0]) + bool(mask[1])))


def _attention(args: Sequence[Any], _result: Any = None) -> Product:  # noqa: ANN401
    """Scores and their mean of the values; (N, heads, L, E) each. A causal mask saves nothing."""
    query, key, value = args[:3]
    scores = _scores(query, key)
    means = query.numel() // query.shape[-1] * value.shape[-1]
    return Product(scores * (query.shape[-1] + value.shape[-1]), scores + means)


def _attention_backward(args: Sequence[Any], _result: Any) -> Product:  # noqa: ANN401
    """Count the scores once more, and two products for each of the two of the forward."""
    _grad, query, key, value = args[:4]
    return Product(_scores(query, key) * (3 * query.shape[-1] + 2 * value.shape[-1]))


def _scores(query: Tensor, key: Tensor) -> int:
    return query.numel() // query.shape[-1] * key.shape[-2]


def _multi_head_attention(args: Sequence[Any], _result: Any = None) -> Product:  # noqa: ANN401
    """Four projections around attention; query, key and value are (N, L, E), args[4] the heads."""
    query, key, value, width, heads = args[:5]
    split = [each.unflatten(-1, (heads, -1)).transpose(1, 2) for each in (query, key, value)]
    rows = [each.numel() // each.shape[-1] for each in (query, key, value, query)]
    projected = sum(rows) * width
    return Product(projected * width, projected) + _attention(split)


def _encoder_layer(args: Sequence[Any], _result: Any) -> Product:  # noqa: ANN401
    """Self-attention and the two products of the feed-forward part, all in one operator."""
    tokens, width, heads = args[:3]
    rows = tokens.numel() // tokens.shape[-1]
    return _multi_head_attention((tokens, tokens, tokens, width, heads)) + _rows_times(
        rows, (args[14], args[16])
    )


def _rows_times(rows: int, weights: Iterable[Tensor]) -> Product:
    """As many rows times each of the matrices (outputs, inputs)."""
    return sum((Product(rows * each.numel(), rows * each.shape[0]) for each in weights), _NOTHING)


def _recurrent(args: Sequence[Any], _result: Any = None) -> Product:  # noqa: ANN401
    """Every step of every sequence times every matrix; biases are vectors."""
    steps, *weights = args
    matrices = [each for each in operands(weights) if each.dim() == 2]
    return _rows_times(steps.numel() // steps.shape[-1], matrices)


def _recurrent_layer(args: Sequence[Any], _result: Any = None) -> Product:  # noqa: ANN401
    """One direction of one layer: arguments are the steps and four weights, two of them biases."""
    return _recurrent(args[:3])


def _recurrent_network(args: Sequence[Any], _result: Any = None) -> Product:  # noqa: ANN401
    """All layers and directions: arguments are the steps and the list of all weights."""
    return _recurrent(args[:2])


def _twice(formula: Formula) -> Formula:
    """Count two gradients, each as dear as the forward."""
    return lambda args, result: Product(2 * formula(args, result).macs)


def _trilinear(args: Sequence[Any], result: Any) -> Product:  # noqa: ANN401
    """Three tensors, spread over common dimensions, multiplied and summed over some of them."""
    spread = []
    for tensor, new in zip(args[:3], args[3:6], strict=True):
        shape = list(tensor.shape)
        for position in new:
            shape.insert(position, 1)
        spread.append(shape)
    return Product(prod(map(max, *spread)), _first(result).numel())


def _table(*rows: tuple[str, Formula]) -> dict[str, Formula]:
    return {name: formula for names, formula in rows for name in names.split()}


#: Every formula of ours, by the full names of the operators that it fits.
_FORMULAS: dict[str, Formula] = _table(
    (
        "aten::mm aten::bmm aten::mv aten::dot aten::vdot aten::linear aten::mkldnn_linear"
        " aten::_int_mm aten::_weight_int8pack_mm aten::_weight_int4pack_mm"
        " aten::_weight_int4pack_mm_for_cpu aten::_weight_int4pack_mm_with_scales_and_zeros"
        " aten::_mixed_dtypes_linear aten::_dyn_quant_matmul_4bit"
        " quantized::linear quantized::linear_relu quantized::linear_leaky_relu"
        " quantized::linear_tanh quantized::linear_dynamic quantized::linear_relu_dynamic"
        " quantized::linear_dynamic_fp16 quantized::linear_relu_dynamic_fp16 quantized::matmul",
        _contraction(0, -1),
    ),
    ("aten::addmm aten::addmv aten::baddbmm aten::_addmm_activation", _contraction(1, -1)),
    ("aten::addbmm", _contraction(1, 0, 2)),
    ("aten::addr", _contraction(1)),
    ("aten::conv_tbc", _contraction(1, 0, 1)),
    ("aten::_trilinear", _trilinear),
    ("aten::linear_backward aten::mkldnn_linear_backward", _linear_backward),
    (
        "aten::convolution aten::_convolution aten::convolution_overrideable",
        _stated_convolution,
    ),
    (
        "aten::_slow_conv2d_forward aten::slow_conv3d_forward aten::_conv_depthwise2d"
        " aten::conv_depthwise3d aten::slow_conv_dilated2d aten::slow_conv_dilated3d"
        " aten::_nnpack_spatial_convolution aten::mkldnn_convolution aten::_mps_convolution"
        " aten::cudnn_convolution aten::cudnn_convolution_relu aten::cudnn_convolution_add_relu"
        " aten::miopen_convolution aten::miopen_convolution_relu aten::miopen_convolution_add_relu"
        " aten::miopen_depthwise_convolution torchvision::deform_conv2d",
        _convolution,
    ),
    (
        "aten::slow_conv_transpose2d aten::slow_conv_transpose3d aten::cudnn_convolution_transpose"
        " aten::miopen_convolution_transpose aten::_mps_convolution_transpose",
        _transposed_convolution,
    ),
    (
        "quantized::conv1d quantized::conv1d_relu quantized::conv1d_dynamic quantized::conv2d"
        " quantized::conv2d_relu quantized::conv2d_dynamic quantized::conv2d_add"
        " quantized::conv2d_add_relu quantized::conv3d quantized::conv3d_relu"
        " quantized::conv3d_dynamic",
        _packed(_convolution),
    ),
    (
        "quantized::conv_transpose1d quantized::conv_transpose2d quantized::conv_transpose3d",
        _packed(_transposed_convolution),
    ),
    (
        "aten::convolution_backward aten::convolution_backward_overrideable",
        _convolution_backward,
    ),
    ("torchvision::_deform_conv2d_backward", _deformable_backward),
    (
        "aten::_scaled_dot_product_flash_attention_for_cpu"
        " aten::_scaled_dot_product_flash_attention"
        " aten::_scaled_dot_product_efficient_attention aten::_scaled_dot_product_cudnn_attention"
        " aten::_scaled_dot_product_fused_attention_overrideable"
        " aten::_scaled_dot_product_attention_math_for_mps aten::_triton_scaled_dot_attention",
        _attention,
    ),
    (
        "aten::_scaled_dot_product_flash_attention_for_cpu_backward"
        " aten::_scaled_dot_product_flash_attention_backward"
        " aten::_scaled_dot_product_efficient_attention_backward"
        " aten::_scaled_dot_product_cudnn_attention_backward"
        " aten::_scaled_dot_product_fused_attention_overrideable_backward",
        _attention_backward,
    ),
    (
        "aten::_native_multi_head_attention aten::_triton_multi_head_attention",
        _multi_head_attention,
    ),
    ("aten::_transformer_encoder_layer_fwd", _encoder_layer),
    ("aten::mkldnn_rnn_layer", _recurrent_layer),
    ("aten::mkldnn_rnn_layer_backward", _twice(_recurrent_layer)),
    ("aten::_cudnn_rnn aten::miopen_rnn", _recurrent_network),
    ("aten::_cudnn_rnn_backward aten::miopen_rnn_backward", _twice(_recurrent_network)),
)

#: Operators that compute what no formula counts, by full name in the order of the table, and why
#: their MACs are not known. Whatever fits no row computes no product.
_UNKNOWN: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), why)
    for pattern, why in (
        # Operators that only prepare what others multiply, or that have a product's name by chance.
        (
            r"\w+::\w*(upsample|prepack|unpack|pack_|convert|reorder|flatten_weight|thnn_|check_errors)\w*",
            "",
        ),
        (r"aten::\w*fft_\w+", "a Fourier transform is not a matrix product"),
        (
            r"aten::(_?linalg_\w+|\w*cholesky\w*|geqrf|orgqr|ormqr|lu_\w+|triangular_solve)",
            "a factorisation or a solution of equations is not a matrix product",
        ),
        (r"aten::(_cdist|_euclidean_dist|_pdist)\w*", "distances are not always a matrix product"),
        (
            r"\w+::\w*?(?<![a-z])(b|add|sp|hsp|ssp|baddb|s)?(mm|mv|matmul|linear|conv\w*|lstm|gru"
            r"|rnn\w*|attention|dot|gemm|addmm)(?![a-z])\w*",
            "no formula is known for a product of this form",
        ),
        (
            r"(?!(aten|prim|prims|torchvision|profiler|inductor)::).*",
            "no formula is known for it; torch.utils.flop_counter.register_flop_formula adds one",
        ),
    )
)
