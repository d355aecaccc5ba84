"""Count a model: every operator of a step, its totals, and what was scored zero."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import psutil
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import DataDependentOutputException, DynamicOutputShapeException

from effprof.core.cells import MODES, Mode
from effprof.core.costs import DTYPE_OF_PRECISION, Cost, OpCost, OpKind, Phase, StaticCost
from effprof.core.errors import BadInput, suggestion
from effprof.core.roles import ROLE_NAMES
from effprof.cost.blanks import on_blanks
from effprof.cost.formulas import COUNTER
from effprof.cost.recorder import Recorder
from effprof.cost.steps import STEPS
from effprof.models.build import named_model

if TYPE_CHECKING:
    from effprof.models.objects import ModelObject

#: Element types that weights and images may be counted in.
DTYPES = tuple(dict.fromkeys(DTYPE_OF_PRECISION.values()))

#: Colour channels of an image.
CHANNELS = 3


@dataclass(frozen=True, slots=True)
class CountedModel:
    """The static cost of a model, with the operators it sums up."""

    static: StaticCost
    ops: tuple[OpCost, ...]


def count_cost(
    model: "str | ModelObject",
    resolution: int | Sequence[int],
    mode: Mode = "infer",
    batch_size: int = 1,
    dtype: str = "float32",
) -> StaticCost:
    """Count the static cost of one step of a model on square images of `resolution` pixels.

    The model is a name, a module, or a callable that makes one; an object is copied, and stays as
    it is. `resolution` may be the shape of the images instead, (batch, 3, H, H). Everything is per
    step of the whole batch. The network runs on shapes alone: no weight is allocated. Where they do
    not tell (a value decides, a part is TorchScript), one step is computed on this CPU, and the
    cost says why (`computed`). `dtype` is the type of weights and images and scales the bytes.
    Raises `BadInput` for an unknown name or value, for an object that cannot be copied, and where
    the model does not accept such images.
    """
    return count_model(model, resolution, mode, batch_size, dtype).static


def count_model(
    model: "str | ModelObject",
    resolution: int | Sequence[int],
    mode: Mode = "infer",
    batch_size: int = 1,
    dtype: str = "float32",
) -> CountedModel:
    """Count as `count_cost` does, and keep the operators (for `by_module`)."""
    if isinstance(resolution, Sequence):
        batch_size, resolution = _sizes(tuple(resolution), batch_size)
    _refuse_bad_values(resolution, mode, batch_size, dtype)
    name, built = named_model(model)
    asked = _Asked(name, (batch_size, CHANNELS, resolution, resolution), mode, dtype)
    ops, computed = _counted_ops(model, built, asked)
    static = StaticCost(
        model=name,
        resolution=resolution,
        mode=mode,
        batch_size=batch_size,
        dtype=dtype,
        parameters=sum(parameter.numel() for parameter in built.parameters()),
        total=sum((op.cost for op in ops), Cost()),
        by_role=sum_by(ops, lambda op: op.role, order=ROLE_NAMES),
        by_phase=sum_by(ops, lambda op: op.phase, order=get_args(Phase)),
        uncounted=_largest_first(sum_by(uncounted(ops), lambda op: op.op)),
        kinds=kinds_of(ops),
        counter=counter(),
        unknown={op.op: op.unknown for op in ops if op.unknown},
        computed=computed,
    )
    return CountedModel(static, ops)


#: What the code of a model raises where it does not run, on blanks or at all.
_FAILURES = (RuntimeError, ValueError, TypeError, AttributeError, AssertionError, LookupError)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A step that is counted: of which model, on images of what shape, in which mode and type."""

    name: str
    shape: tuple[int, ...]
    mode: Mode
    dtype: str


def _counted_ops(
    model: "str | ModelObject", built: nn.Module, asked: _Asked
) -> tuple[tuple[OpCost, ...], str]:
    """Count on shapes alone, else by computing, with the reason why; raises `BadInput`."""
    images = torch.empty(asked.shape, dtype=getattr(torch, asked.dtype), device="meta")
    try:
        return count_ops(_of_type(built, asked.dtype), (images,), asked.mode), ""
    except _FAILURES as error:
        # A network that refuses a shape by itself does so with contents, too.
        if isinstance(error, AssertionError) or not _fits_memory(built):
            raise _refused(asked, error) from error
        reason = _reason(error)
    try:
        real = _of_type(named_model(model, "cpu")[1], asked.dtype)
        return _recorded(real, (torch.randn(asked.shape).to(images.dtype),), asked.mode), reason
    except _FAILURES as error:
        raise _refused(asked, error) from error


def _reason(error: Exception) -> str:
    """Say why shapes alone did not do: in words of ours where it is the common reason."""
    if isinstance(error, DataDependentOutputException | DynamicOutputShapeException):
        return "the value of a tensor decides what runs"
    first, *_ = str(error).strip().splitlines() or ("",)
    return f"{type(error).__name__}: {first}"


def _refused(asked: _Asked, error: Exception) -> BadInput:
    return BadInput(
        f"{asked.name} does not run on images of shape {asked.shape} in mode {asked.mode}: {error}"
        "\ntry its native resolution, and in training a batch of at least 2"
    )


def count_ops(
    model: nn.Module, inputs: tuple[Tensor, ...], mode: Mode = "infer"
) -> tuple[OpCost, ...]:
    """Cost of every operator of one step of any module, in the order of execution.

    The module and its inputs must be on the meta device (`module.to("meta")`), so that nothing is
    computed and no weight changes; they are counted as they would run on a CPU. The module is put
    into evaluation or training mode. Its outputs must have shape (N, classes, ...) to be trained.
    Views and allocations are no operators here.
    """
    tensors = [*model.parameters(), *model.buffers(), *inputs]
    if not all(tensor.is_meta for tensor in tensors):
        raise BadInput("counting needs the module and its inputs on the meta device: .to('meta')")
    with on_blanks(model, inputs) as blanks:
        return _recorded(model, blanks, mode)


def _recorded(model: nn.Module, inputs: tuple[Tensor, ...], mode: Mode) -> tuple[OpCost, ...]:
    model.train(mode == "train")
    recorder = Recorder(model)
    STEPS[mode](model, inputs, recorder)
    return recorder.ops()


def _of_type(model: nn.Module, dtype: str) -> nn.Module:
    """Give real weights another type; complex ones stay as they are."""
    return _TO_TYPE[dtype](model)


#: Element type -> what turns weights into it.
_TO_TYPE: dict[str, Callable[[nn.Module], nn.Module]] = {
    "float32": nn.Module.float,
    "float16": nn.Module.half,
    "bfloat16": nn.Module.bfloat16,
}


def _fits_memory(model: nn.Module) -> bool:
    """Whether the weights of a module, and as much again for its images, have room here."""
    tensors = (*model.parameters(), *model.buffers())
    needed = sum(tensor.numel() * tensor.element_size() for tensor in tensors)
    return 2 * needed < psutil.virtual_memory().available


def sum_by(
    ops: Iterable[OpCost], key: Callable[[OpCost], str], order: Iterable[str] = ()
) -> dict[str, Cost]:
    """Sum costs by a key; keys of `order` come first, others as they appear, empty ones never."""
    sums: dict[str, Cost] = dict.fromkeys(order, Cost())
    for op in ops:
        name = key(op)
        sums[name] = sums.get(name, Cost()) + op.cost
    return {name: cost for name, cost in sums.items() if cost.ops}


def by_module(ops: Iterable[OpCost], depth: int) -> dict[str, Cost]:
    """Sum costs by module, cut to the first `depth` parts of the path; sums to the total.

    Operators that the model's own `forward` (or the loss and the optimizer) calls have path "".
    """
    return sum_by(ops, lambda op: ".".join(op.module.split(".")[:depth]))


def kinds_of(ops: Iterable[OpCost]) -> tuple[OpKind, ...]:
    """Group operators by equal role, phase and cost, as they first appear; sums to the total."""
    counts = Counter((op.role, op.phase, op.cost) for op in ops)
    return tuple(OpKind(role, phase, count, each) for (role, phase, each), count in counts.items())


def uncounted(ops: Iterable[OpCost]) -> tuple[OpCost, ...]:
    """Operators that FLOP counters score zero though they move bytes."""
    return tuple(op for op in ops if not op.cost.macs and op.cost.bytes_moved)


def _largest_first(costs: dict[str, Cost]) -> dict[str, Cost]:
    return dict(sorted(costs.items(), key=lambda item: -item[1].bytes_moved))


def counter() -> str:
    """Name and version of the counter and of the formulas it takes from torch."""
    return f"{COUNTER} (formulas of torch {torch.__version__}; convolution backward: ours)"


def _sizes(shape: tuple[int, ...], batch_size: int) -> tuple[int, int]:
    """Read batch and pixels from the shape of images; raises `BadInput` for one of other images."""
    if len(shape) != 4 or shape[1] != CHANNELS or shape[2] != shape[3]:
        raise BadInput(f"images of shape {shape} are not counted, but square ones: (N, 3, H, H)")
    if batch_size not in {1, shape[0]}:
        raise BadInput(f"batch size {batch_size} is not that of the shape {shape}; give one only")
    return shape[0], shape[2]


def _refuse_bad_values(resolution: int, mode: str, batch_size: int, dtype: str) -> None:
    problems = []
    if resolution < 1:
        problems.append(f"resolution must be at least 1 pixel, not {resolution}")
    if batch_size < 1:
        problems.append(f"batch size must be at least 1 image, not {batch_size}")
    for label, value, allowed in (("mode", mode, MODES), ("dtype", dtype, DTYPES)):
        if value not in allowed:
            hint = suggestion(value, allowed)
            problems.append(f"{label} must be one of {', '.join(allowed)}, not {value!r}{hint}")
    if problems:
        raise BadInput("\n".join(problems))
