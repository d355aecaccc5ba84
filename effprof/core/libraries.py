"""Libraries: which one ran an operator, told by the names of its kernels."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

#: What is said of an operator whose kernels have no names, or names that no row knows.
NOT_TOLD = "not told"


@dataclass(frozen=True, slots=True)
class Library:
    """A row of the table: a library, and what the names of its kernels hold."""

    name: str
    pattern: re.Pattern[str]


def _library(name: str, *patterns: str) -> Library:
    return Library(name, re.compile("|".join(patterns), re.IGNORECASE))


#: The first row that a name meets is its library. On a CPU the names of convolutions are those of
#: `ConvBackend` in torch (aten/src/ATen/native/ConvUtils.h): a slow path unfolds the image and
#: calls the BLAS that torch was built with, which in wheels for x86 is MKL. On a GPU they are those
#: that CUPTI gives to kernels: cuDNN builds some of its own from cutlass, so that it comes first.
LIBRARIES = (
    _library("oneDNN", r"^mkldnn", r"onednn", r"dnnl", r"^xdnn"),
    _library("NNPACK", r"(?<!x)nnpack"),
    _library("XNNPACK", r"xnnpack"),
    _library("Slow2d + BLAS", r"^slow(dilated|transpose)?[23]d"),
    _library("torch, Winograd", r"^winograd3x3depthwise"),
    _library("MIOpen", r"miopen"),
    _library(
        "cuDNN", r"cudnn", r"xmma_\w*(fprop|dgrad|wgrad)", r"implicit_(convolve|gemm)", r"scudnn"
    ),
    _library("FlashAttention", r"flash_(fwd|bwd|attn)"),
    _library("cutlass", r"cutlass", r"fmha"),
    _library("cuBLAS", r"cublas", r"nvjet", r"gemm", r"gemv", r"splitk"),
    _library("Triton", r"triton"),
    _library("inductor, C++", r"cpp_fused", r"graph_.*_cpp"),
    _library("torch, CUDA", r"^cudadepthwise[23]d", r"conv_depthwise", r"at::native", r"at_cuda"),
    _library("Metal", r"^mps"),
)


def library_of(kernels: Iterable[str]) -> str:
    """Name the library of an operator by the kernels that ran for it: the first row that any meets.

    >>> library_of(["Slow2d"]), library_of(["sm80_xmma_fprop_implicit_gemm_f32"]), library_of([])
    ('Slow2d + BLAS', 'cuDNN', 'not told')
    """
    names = tuple(kernels)
    known = (row.name for row in LIBRARIES if any(map(row.pattern.search, names)))
    return next(known, NOT_TOLD)
