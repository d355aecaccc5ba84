"""Names of compiled kernels tell what is inside, and a role only where one owns the kernel."""

import pytest

from effprof.profiling.fused import is_compiled_kernel, is_product, ops_inside, role_of_kernel


@pytest.mark.parametrize(
    ("kernel", "ops"),
    [
        ("triton_poi_fused_add_mul_sigmoid_7", ("add", "mul", "sigmoid")),
        (
            "triton_per_fused__native_batch_norm_legit_no_training_mean_silu_12",
            ("_native_batch_norm_legit_no_training", "mean", "silu"),
        ),
        ("triton_poi_fused__to_copy_convolution_0", ("_to_copy", "convolution")),
        ("graph_1_cpp_fused_copy__2", ("copy",)),
        ("cpp_fused_0", ()),
        ("ampere_sgemm_128x64_tn", ()),
        ("aten::add", ()),
    ],
)
def test_operators_inside_a_kernel(kernel, ops):
    assert ops_inside(kernel) == ops


@pytest.mark.parametrize(
    ("kernel", "role"),
    [
        ("triton_poi_fused_silu_3", "activation"),
        ("triton_poi_fused_hardswish_silu_3", "activation"),
        ("triton_poi_fused__native_batch_norm_legit_no_training_3", "norm"),
        (
            "triton_poi_fused__native_batch_norm_legit_no_training_silu_3",
            "fused (_native_batch_norm_legit_no_training, silu)",
        ),
        # A sigmoid may be a gate, a product may scale, an addition may join a residual.
        ("triton_poi_fused_sigmoid_1", "fused (sigmoid)"),
        ("triton_poi_fused_add_1", "fused (add)"),
        ("cpp_fused_0", "fused (unknown)"),
        ("ampere_sgemm_128x64_tn", None),
    ],
)
def test_a_role_only_where_one_owns_the_kernel(kernel, role):
    assert role_of_kernel(kernel) == role
    assert is_compiled_kernel(kernel) == (role is not None)


@pytest.mark.parametrize(
    ("kernel", "product"),
    [("triton_tem_fused_addmm_2", True), ("triton_poi_fused_convolution_0", False)],
)
def test_only_templates_multiply_matrices(kernel, product):
    assert is_product(kernel) == product
