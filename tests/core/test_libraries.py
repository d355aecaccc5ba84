"""Libraries: names of kernels as torch and CUPTI give them, and what no row knows."""

import pytest

from effprof.core.libraries import LIBRARIES, NOT_TOLD, library_of


@pytest.mark.parametrize(
    ("kernel", "library"),
    [
        ("Mkldnn", "oneDNN"),
        ("MkldnnTranspose", "oneDNN"),
        ("Slow2d", "Slow2d + BLAS"),
        ("SlowDilated2d", "Slow2d + BLAS"),
        ("SlowTranspose2d", "Slow2d + BLAS"),
        ("NnpackSpatial", "NNPACK"),
        ("Xnnpack2d", "XNNPACK"),
        ("Winograd3x3Depthwise", "torch, Winograd"),
        (
            "sm80_xmma_fprop_implicit_gemm_tf32f32_tf32f32_f32_nhwckrsc_nhwc_tilesize64x64x64",
            "cuDNN",
        ),
        ("void cudnn::ops::nchwToNhwcKernel<float, float, float>(cudnn::ops::nchw2nhwc)", "cuDNN"),
        ("cutlass__5x_cudnn::Kernel<cutlass_tensorop_s1688fprop_optimized_tf32_64x64>", "cuDNN"),
        ("implicit_convolve_sgemm<float, float, 128, 5, 5, 3, 3, 3, 1>", "cuDNN"),
        ("void cutlass::Kernel2<cutlass_80_tensorop_s1688gemm_128x128_16x5_nn_align4>", "cutlass"),
        ("fmha_cutlassF_f32_aligned_64x64_rf_sm80", "cutlass"),
        (
            "void pytorch_flash::flash_fwd_kernel<Flash_fwd_kernel_traits<64, 128>>",
            "FlashAttention",
        ),
        ("nvjet_hsh_128x256_64x4_1x2_h_bz_coopA_NNT", "cuBLAS"),
        ("ampere_sgemm_128x64_tn", "cuBLAS"),
        ("triton_poi_fused_add_relu_3", "Triton"),
        ("void at::native::(anonymous namespace)::conv_depthwise2d_forward_kernel", "torch, CUDA"),
        ("Empty", NOT_TOLD),
        ("a_kernel_that_nobody_knows", NOT_TOLD),
    ],
)
def test_a_kernel_tells_its_library(kernel, library):
    assert library_of([kernel]) == library


def test_of_several_kernels_the_first_row_that_any_meets_tells_it():
    layout = "void at::native::elementwise_kernel<128, 4>"
    assert library_of([layout, "sm80_xmma_fprop_implicit_gemm_f32"]) == "cuDNN"
    assert library_of([]) == NOT_TOLD


def test_every_library_stands_once():
    names = [row.name for row in LIBRARIES]
    assert len({*names}) == len(names)
