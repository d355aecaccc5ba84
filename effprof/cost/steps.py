"""What a step is that is counted: a forward pass, or a training step."""

from collections.abc import Callable
from functools import reduce

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from effprof.core.cells import Mode
from effprof.cost.blanks import zeros_beside
from effprof.cost.recorder import Recorder
from effprof.models.outputs import scores

#: Momentum of the counted optimizer; only that it is not zero changes the cost.
MOMENTUM = 0.9


def forward_step(model: nn.Module, inputs: tuple[Tensor, ...], recorder: Recorder) -> None:
    """Record one forward pass in inference mode, as it is timed."""
    with torch.inference_mode(), recorder.watching():
        model(*inputs)


def training_step(model: nn.Module, inputs: tuple[Tensor, ...], recorder: Recorder) -> None:
    """Record forward, cross-entropy, backward and one SGD step with momentum, in steady state.

    Every tensor that the model returns (auxiliary heads too) has shape (N, classes, ...) and adds
    its own cross-entropy to the loss.
    """
    optimizer = _warm_sgd(model)
    with torch.enable_grad(), recorder.watching():
        recorder.phase = "forward"
        losses = [cross_entropy(found, _targets(found)) for found in scores(model(*inputs))]
        loss = reduce(torch.add, losses)
        recorder.phase = "backward"
        loss.backward()
        recorder.phase = "optimizer"
        optimizer.step()


def _targets(scores: Tensor) -> Tensor:
    return zeros_beside(scores, (scores.shape[0], *scores.shape[2:]), torch.long)


def _warm_sgd(model: nn.Module) -> torch.optim.SGD:
    """SGD that already has its momentum: the very first step would copy instead of adding."""
    weights = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.SGD(weights, lr=0.1, momentum=MOMENTUM, foreach=True)
    for weight in weights:
        optimizer.state[weight]["momentum_buffer"] = torch.empty_like(weight)
    return optimizer


#: How each mode drives one step.
STEPS: dict[Mode, Callable[[nn.Module, tuple[Tensor, ...], Recorder], None]] = {
    "infer": forward_step,
    "train": training_step,
}
