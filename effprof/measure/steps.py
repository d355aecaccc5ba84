"""The step of a cell: one forward pass, or one whole training step, as it will be timed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING

from effprof.core.cells import SYNTHETIC, Cell
from effprof.core.methods import BATCH_NORMS
from effprof.device.allocator import no_policy
from effprof.device.precision import autocast, unsupported_reason
from effprof.measure.batch_norms import settle_batch_norms
from effprof.measure.feed import Images, Loader
from effprof.models.outputs import scores

if TYPE_CHECKING:
    import torch

#: Optimizer of the training step: plain SGD with momentum, the reference recipe of ResNets, at a
#: tiny rate: thousands of steps on one batch must not run away to NaN, and cost the same.
LEARNING_RATE = 1e-5
MOMENTUM = 0.9

#: Steps that run on a side stream before a CUDA graph is captured (torch documentation: 3).
CAPTURE_WARMUP = 3


class Unsupported(Exception):  # an outcome of a cell, not an error of the program
    """The cell asks for something that this device or this torch does not have."""


@dataclass(frozen=True, slots=True)
class BuiltStep:
    """A step ready to run: the whole, its phases for training, and what it last returned.

    `output` returns the logits or the loss of the latest step, to be checked for NaN; `fed` says
    that each step waits for a loader. `captured` is the step that a CUDA graph replays: the graph
    does not own what was allocated before its capture, such as images, labels and the optimizer's
    state, and would read freed memory without it. `settings` say what was done to the model,
    `notes` what people are told of it.
    """

    run: Callable[[], object]
    phases: Sequence[Callable[[], object]]
    output: Callable[[], "torch.Tensor"]
    fed: bool = False
    captured: "BuiltStep | None" = None
    settings: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def refuse_impossible(cell: Cell, device_kind: str) -> None:
    """Raise `Unsupported` for a cell that cannot exist on this kind of device."""
    reasons = [
        unsupported_reason(cell.precision, device_kind),
        "CUDA graphs need a GPU" if cell.execution == "cudagraph" and device_kind == "cpu" else "",
        "the gradient scaler of amp-fp16 decides on the host and cannot be captured in a CUDA graph"
        if (cell.execution, cell.mode, cell.precision) == ("cudagraph", "train", "amp-fp16")
        else "",
        "a CUDA graph replays the images that it was captured with: no loader can feed it"
        if cell.execution == "cudagraph" and cell.loader != SYNTHETIC
        else "",
        "a training step normalises by the statistics of its batch, which no convolution can hold:"
        " batch norms are folded for inference alone"
        if (cell.execution, cell.mode) == ("bn-folded", "train")
        else "",
        no_policy(cell.allocator, device_kind),
    ]
    problems = [reason for reason in reasons if reason]
    if problems:
        raise Unsupported("; ".join(problems))


def build_step(
    model: "torch.nn.Module", cell: Cell, device: "torch.device", loader: Loader | None = None
) -> BuiltStep:
    """Make the step of `cell` for a model that is on `device` already.

    With a `loader` every step waits for its images; its phases are not told apart then. Before
    inference fresh batch norms are given statistics (`settle_batch_norms`). Raises `Unsupported`
    for what cannot exist, such as a folded network that has nothing to fold.
    """
    refuse_impossible(cell, device.type)
    if loader is None:
        images = _synthetic(cell, device)
    else:
        images = loader.onto(device, _memory_format(cell))
    model = model.train(cell.mode == "train").to(memory_format=_memory_format(cell))
    casting = autocast(cell.precision, device.type)
    settings = _settled(model, images, casting)
    notes = _folded(model, images, casting) if cell.execution == "bn-folded" else ()
    if cell.execution == "compile":
        model.compile(dynamic=False)
    make = _training_step if cell.mode == "train" else _inference_step
    step = replace(make(model, images, cell, device.type), settings=settings, notes=notes)
    if loader is not None:
        step = replace(step, phases=(), fed=True)
    return _captured(step, device) if cell.execution == "cudagraph" else step


def _settled(model: "torch.nn.Module", images: Images, casting: "torch.autocast") -> dict[str, str]:
    """Give a model for inference the statistics that it lacks, and say so; training takes none."""
    if model.training:
        return {}
    norms = settle_batch_norms(model, lambda: _forward(model, images, casting))
    return {BATCH_NORMS: f"{norms} given statistics"} if norms else {}


def _folded(model: "torch.nn.Module", images: Images, casting: "torch.autocast") -> tuple[str, ...]:
    """Fold the batch norms of a model, and say of how many that was done."""
    from effprof.models.folding import fold_batch_norms  # loads timm, which no parent needs

    found = fold_batch_norms(model, lambda: _forward(model, images, casting))
    if not found.norms:
        raise Unsupported("the network has no batch norm: there is nothing to fold")
    if not found.folded:
        raise Unsupported(
            f"none of the {found.norms} batch norms stands alone behind a convolution:"
            " there is nothing to fold"
        )
    return (str(found),)


def _synthetic(cell: Cell, device: "torch.device") -> Images:
    """Give the same random images each time: zeros run faster than real contents on GPUs."""
    import torch

    edge = cell.resolution
    images = torch.randn(cell.batch_size, 3, edge, edge, device=device)
    laid_out = images.contiguous(memory_format=_memory_format(cell))
    return lambda: laid_out


def _memory_format(cell: Cell) -> "torch.memory_format":
    import torch

    return torch.channels_last if cell.memory_format == "nhwc" else torch.contiguous_format


def _forward(model: "torch.nn.Module", images: Images, casting: "torch.autocast") -> object:
    with casting:
        return model(images())


def _inference_step(
    model: "torch.nn.Module", images: Images, cell: Cell, device_kind: str
) -> BuiltStep:
    import torch

    casting = autocast(cell.precision, device_kind)
    latest: list[object] = []

    @torch.inference_mode()
    def forward() -> None:
        latest[:] = [_forward(model, images, casting)]

    return BuiltStep(forward, (), lambda: scores(latest[0])[0])


def _training_step(
    model: "torch.nn.Module", images: Images, cell: Cell, device_kind: str
) -> BuiltStep:
    import torch

    casting = autocast(cell.precision, device_kind)
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)
    scaler = torch.amp.GradScaler(device_kind, enabled=cell.precision == "amp-fp16")
    latest: list[torch.Tensor] = []
    labels: list[torch.Tensor] = []

    def forward() -> None:
        optimizer.zero_grad(set_to_none=True)
        with casting:
            found = scores(model(images()))
            if not labels:  # only the first output tells how many classes there are
                labels.extend(_targets(tensor) for tensor in found)
            losses = map(torch.nn.functional.cross_entropy, found, labels)
            latest[:] = [reduce(torch.add, losses)]

    def backward() -> None:
        scaler.scale(latest[0]).backward()
        # Without its graph: that of the step before would reach into the capture of this one.
        latest[:] = [latest[0].detach()]

    def update() -> None:
        scaler.step(optimizer)
        scaler.update()

    def whole() -> None:
        forward()
        backward()
        update()

    return BuiltStep(whole, (forward, backward, update), lambda: latest[0])


def _targets(found: "torch.Tensor") -> "torch.Tensor":
    """Random labels for scores of shape (N, classes, ...)."""
    import torch

    shape = (found.shape[0], *found.shape[2:])
    return torch.randint(0, found.shape[1], shape, device=found.device)


def _captured(step: BuiltStep, device: "torch.device") -> BuiltStep:
    """Record the step once as a CUDA graph; running it is one replay."""
    import torch

    side = torch.cuda.Stream(device)
    side.wait_stream(torch.cuda.current_stream(device))
    with torch.cuda.stream(side):
        for _ in range(CAPTURE_WARMUP):
            step.run()
    torch.cuda.current_stream(device).wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step.run()
    return replace(step, run=graph.replay, phases=(), captured=step)
