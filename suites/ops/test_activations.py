"""Activations on the expanded maps of B0, forward and with their backward pass."""

from collections.abc import Callable

import pytest
import torch
from timm.layers.activations_me import SwishMe
from torch import Tensor
from torch.nn import functional

from effprof.bench.fixture import Bench
from effprof.core.cells import Mode
from effprof.models.efficientnet import UnfusedSiLU
from effprof.suites.ops.layers import THREE_LAYERS, Layer, over

#: Form -> function. In training, fused SiLU keeps x, unfused SiLU keeps x and sigmoid(x), and the
#: memory-efficient one keeps x and computes the sigmoid again.
FORMS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": functional.relu,
    "sigmoid": torch.sigmoid,
    "silu fused": functional.silu,
    "silu unfused": UnfusedSiLU(),
    "silu memory-efficient": SwishMe(),
    "hard-swish": functional.hardswish,
}


@over(THREE_LAYERS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("mode", ["infer", "train"])
def test_activation(effprof: Bench, mode: Mode, form: str, layer: Layer) -> None:
    x = effprof.randn(effprof.batch_size, layer.expanded, layer.resolution, layer.resolution)
    effprof(FORMS[form], x, mode=mode)
