"""Kernels that torch.compile wrote: the operators inside, and the role if one owns the kernel."""

import re
from functools import cache

import torch

from effprof.core.roles import OpSite, role_of

#: Names that inductor gives to Triton kernels and to C++ kernels (with kernel profile switched on):
#: `triton_poi_fused_add_silu_3`, `graph_0_cpp_fused_silu_2`.
_COMPILED = re.compile(r"(graph_\d+_)?(triton_[a-z0-9]+|cpp)_(?P<fused>fused_)?(?P<ops>.+?)_?\d*")

#: Triton kernels made from a template are products or convolutions; all others are pointwise work
#: and reductions, also where a bias of a convolution gave them its name.
_TEMPLATE = "triton_tem_"

#: Roles that an operator's name alone settles. The others depend on where it stands: a product may
#: scale a map by a gate, a mean may squeeze, an addition may join a residual.
_SETTLED = frozenset({"activation", "norm", "loss", "attention"})

#: The gate of squeeze-and-excitation is a sigmoid too.
_UNSETTLED_OPS = frozenset({"sigmoid", "hardsigmoid"})


def is_compiled_kernel(name: str) -> bool:
    """Whether a name is that of a kernel that inductor wrote."""
    return _COMPILED.fullmatch(name) is not None


def is_product(name: str) -> bool:
    """Whether a compiled kernel multiplies matrices or convolves: FLOP counters count it."""
    return name.startswith(_TEMPLATE)


def ops_inside(kernel: str) -> tuple[str, ...]:
    """Name the operators fused into a compiled kernel, as far as its name tells.

    >>> ops_inside("triton_poi_fused__native_batch_norm_legit_no_training_silu_3")
    ('_native_batch_norm_legit_no_training', 'silu')
    >>> ops_inside("sm80_xmma_fprop_implicit_gemm")
    ()
    """
    match = _COMPILED.fullmatch(kernel)
    if match is None or match["fused"] is None:
        return ()
    words = match["ops"].split("_")
    found = []
    while words:
        longest = next(
            (n for n in range(len(words), 0, -1) if "_".join(words[:n]) in _operator_names()), None
        )
        if longest is not None:
            found.append("_".join(words[:longest]))
        words = words[longest or 1 :]
    return tuple(dict.fromkeys(found))


def role_of_kernel(kernel: str) -> str | None:
    """Name the role that owns a compiled kernel, else `fused (ops)`; None for any other kernel.

    >>> role_of_kernel("triton_poi_fused_silu_3")
    'activation'
    >>> role_of_kernel("triton_red_fused_mean_silu_3")
    'fused (mean, silu)'
    """
    if not is_compiled_kernel(kernel):
        return None
    ops = ops_inside(kernel)
    roles = {_settled_role(op) for op in ops}
    owner = roles.pop() if len(roles) == 1 else None
    return owner or f"fused ({', '.join(ops) or 'unknown'})"


def _settled_role(op: str) -> str | None:
    role = role_of(OpSite(op))
    return role if role in _SETTLED and op not in _UNSETTLED_OPS else None


@cache
def _operator_names() -> frozenset[str]:
    """Names of all operators of torch, without in-place forms."""
    names = torch._C._dispatch_get_all_op_names()
    plain = (name.partition("::")[2].partition(".")[0] for name in names)
    return frozenset(name for name in plain if name and not name.endswith("_"))
