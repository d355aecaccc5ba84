"""Operator calls on tensors without contents, each distinct one worked out once.

A network repeats its blocks, and an op's result and cost follow from the shapes, strides and types
of its operands and from its other arguments. Torch works the shape of a result out in Python, half
a millisecond for a batch norm; repeating a known answer takes microseconds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode

from effprof.core.costs import Cost
from effprof.core.roles import Shape
from effprof.cost.blanks import make_blank
from effprof.cost.formulas import cost_of
from effprof.models.operators import is_free, op_name, operands, stated_groups
from effprof.models.products import why_unknown


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of a call: its op, the shapes of its tensors, stated groups, and its cost.

    `unknown` says why its MACs are not known; empty where they are.
    """

    op: str
    shapes: tuple[Shape, ...]
    groups: int | None
    cost: Cost
    unknown: str


@dataclass(frozen=True, slots=True)
class _Blank:
    """A tensor that a known call returns."""

    mode: FakeTensorMode
    shape: Shape
    stride: tuple[int, ...]
    dtype: torch.dtype

    def make(self) -> Tensor:
        return make_blank(self.mode, self.shape, self.stride, self.dtype)


#: Stands for the first argument in the result of an op in place.
_FIRST_ARGUMENT = object()


class Calls:
    """Runs operators, and remembers every distinct call for as long as it lives."""

    def __init__(self) -> None:
        self._known: dict[Any, tuple[Call, Any]] = {}
        self._free: dict[OpOverload, bool] = {}

    def run(
        self, func: OpOverload, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Any, Call | None]:
        """Return the result of an op, and the call; None for views and allocations."""
        free = self._free.get(func)
        if free is None:
            free = self._free[func] = is_free(func)
        if free:
            return func(*args, **kwargs), None
        signature = _signature((func, args, tuple(kwargs.items())))
        known = self._known.get(signature)
        if known is not None:
            call, recipe = known
            return _make(recipe, args), call
        tensors = [*operands(args), *operands(tuple(kwargs.values()))]
        rule = _RESULTS.get(op_name(func)) if all(map(_is_blank, tensors)) else None
        result = rule(args) if rule else func(*args, **kwargs)
        call = Call(
            op=op_name(func),
            shapes=tuple(tuple(tensor.shape) for tensor in tensors),
            groups=stated_groups(func, args),
            cost=cost_of(func, args, tensors, result),
            unknown=why_unknown(func, args),
        )
        # An op that resized its operand in place, or computed real numbers, is never repeated.
        unchanged = _signature((func, args, tuple(kwargs.items()))) == signature
        if unchanged and _is_repeatable(result):
            self._known[signature] = call, _recipe(result, args)
        return result, call


def _signature(value: Any) -> Any:  # noqa: ANN401
    """Everything that results and costs follow from, hashable; 1, 1.0 and True differ."""
    if isinstance(value, Tensor):
        return value.shape, value.stride(), value.dtype, value.device
    if isinstance(value, (tuple, list)):
        return tuple(map(_signature, value))
    return type(value), value


def _is_blank(tensor: Tensor) -> bool:
    return isinstance(tensor, FakeTensor)


def _is_repeatable(result: Any) -> bool:  # noqa: ANN401
    """Whether a result is known from the shapes of operands: blanks that stand for no number."""
    if isinstance(result, (tuple, list)):
        return all(map(_is_repeatable, result))
    return result is None or (
        isinstance(result, FakeTensor) and result.constant is None and result.device.type == "cpu"
    )


def _recipe(result: Any, args: tuple[Any, ...]) -> Any:  # noqa: ANN401
    if args and result is args[0]:
        return _FIRST_ARGUMENT
    if isinstance(result, Tensor):
        assert isinstance(result, FakeTensor)  # else it is not repeatable
        return _Blank(result.fake_mode, tuple(result.shape), result.stride(), result.dtype)
    if isinstance(result, (tuple, list)):
        return type(result)(_recipe(item, ()) for item in result)
    return result


def _make(recipe: Any, args: tuple[Any, ...]) -> Any:  # noqa: ANN401
    if recipe is _FIRST_ARGUMENT:
        return args[0]
    if isinstance(recipe, _Blank):
        return recipe.make()
    if isinstance(recipe, (tuple, list)):
        return type(recipe)(_make(item, ()) for item in recipe)
    return recipe


def _batch_norm_result(args: tuple[Any, ...]) -> tuple[Tensor, Tensor, Tensor]:
    """Output like the input, and in training the mean and deviation of every channel.

    In evaluation torch's own shapes claim both, too, though no kernel writes them.
    """
    image, weight, training = args[0], args[1], args[5]
    element = (image if weight is None else weight).dtype
    statistics = image.new_empty(image.shape[1] if training else 0, dtype=element)
    return torch.empty_like(image), statistics, torch.empty_like(statistics)


def _attention_result(args: tuple[Any, ...]) -> tuple[Tensor, Tensor]:
    """Output like the query, (N, L, E), and where they are asked for the weights of the scores."""
    query, key, heads = args[0], args[1], args[4]
    wanted, averaged = (*args[10:12], True, True)[:2]  # defaults at the end are left out
    scores = (query.shape[1], key.shape[1])
    between = () if averaged else (heads,)
    weights = (query.shape[0], *between, *scores) if wanted else (0,)
    return torch.empty_like(query), query.new_empty(weights)


#: Results that torch works out slowest, or for which it needs contents, by op name.
_RESULTS: dict[str, Callable[[tuple[Any, ...]], Any]] = {
    "native_batch_norm": _batch_norm_result,
    "_native_multi_head_attention": _attention_result,
    "_transformer_encoder_layer_fwd": lambda args: torch.empty_like(args[0]),
}
