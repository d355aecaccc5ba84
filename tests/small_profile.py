"""A made-up profile of one small network, for tests of what is told of a profile."""

from effprof.core.cells import Cell
from effprof.core.costs import Cost, StaticCost
from effprof.core.profiles import OpTime, Profile

CELL = Cell("timm/net", 32)


def op(name, role, module, ms, counted=False, kernels=()):
    return OpTime(name, "forward", role, module, ms * 1e-3, counted, kernels)


#: A stem, a block with squeeze-and-excitation and a residual, a head: 10 ms in operators.
OPS = (
    op("convolution", "dense conv", "stem", 2.0, True, ("onednn",)),
    op("silu_", "activation", "stem_act", 1.0),
    op("convolution", "depthwise conv", "blocks.0.dw", 2.5, True, ("thnn",)),
    op("mean", "SE squeeze", "blocks.0.se", 0.3),
    op("convolution", "SE FC", "blocks.0.se.reduce", 0.15, True, ("thnn",)),
    op("convolution", "SE FC", "blocks.0.se.expand", 0.15, True, ("thnn",)),
    op("sigmoid", "SE gate", "blocks.0.se.gate", 0.0001),
    op("mul", "SE scale", "blocks.0.se", 0.3999),
    op("convolution", "pointwise conv", "blocks.0.pw", 3.0, True, ("onednn", "onednn")),
    op("add", "residual add", "blocks.0", 0.3),
    op("addmm", "classifier", "head", 0.1, True),
    op("softmax", "unattributed", "", 0.1),
)


def profile(ops=OPS, **fields):
    return Profile(
        **{
            "method": "dispatch clock",
            "status": "profiled",
            "steps": 5,
            "ops": ops,
            "wall_seconds": 0.0125,
            "plain_seconds": 0.0102,
        }
        | fields
    )


COST = StaticCost(
    "timm/net", 32, "infer", 1, "float32", 1000,
    total=Cost(12, 1000),
    by_role={"dense conv": Cost(1, 200), "depthwise conv": Cost(1, 90),
             "pointwise conv": Cost(1, 700), "SE FC": Cost(2, 10), "norm": Cost(1)},
)  # fmt: skip
