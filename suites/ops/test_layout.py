"""Every kind of operator of an MBConv block with its maps in nchw and in nhwc."""

import pytest
import torch
from torch import nn

from effprof.bench.fixture import Bench
from effprof.core.cells import MEMORY_FORMATS, MemoryFormat
from effprof.suites.ops.layers import THREE_LAYERS, Layer, over
from effprof.suites.ops.test_convolutions import FORMS as CONVOLUTIONS
from effprof.suites.ops.test_squeeze_excite import unfused

#: Kind of operator -> module on the expanded map.
KINDS = {
    "depthwise": CONVOLUTIONS["depthwise"],
    "pointwise": CONVOLUTIONS["pointwise"],
    "norm": lambda layer: nn.BatchNorm2d(layer.expanded),
    "silu": lambda _: nn.SiLU(),
    "squeeze-excite": unfused,
}

_FORMATS = {"nchw": torch.contiguous_format, "nhwc": torch.channels_last}


@over(THREE_LAYERS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layout", MEMORY_FORMATS)
def test_layout(effprof: Bench, layout: MemoryFormat, kind: str, layer: Layer) -> None:
    shape = (effprof.batch_size, layer.expanded, layer.resolution, layer.resolution)
    module = KINDS[kind](layer).to(memory_format=_FORMATS[layout])
    effprof(module, effprof.randn(*shape, memory_format=layout))
