"""Operator calls on meta tensors, each distinct one worked out once.

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

from effprof.core.costs import Cost
from effprof.core.roles import Shape
from effprof.cost.formulas import cost_of
from effprof.models.operators import is_free, op_name, operands, stated_groups


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of a call: its op, the shapes of its tensors, stated groups, and its cost."""

    op: str
    shapes: tuple[Shape, ...]
    groups: int | None
    cost: Cost


@dataclass(frozen=True, slots=True)
class _Blank:
    """A tensor that a known call returns."""

    shape: Shape
    stride: tuple[int, ...]
    dtype: torch.dtype

    def make(self) -> Tensor:
        return torch.empty_strided(self.shape, self.stride, dtype=self.dtype, device="meta")


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
        rule = _RESULTS.get(op_name(func))
        result = rule(args) if rule else func(*args, **kwargs)
        tensors = [*operands(args), *operands(tuple(kwargs.values()))]
        call = Call(
            op=op_name(func),
            shapes=tuple(tuple(tensor.shape) for tensor in tensors),
            groups=stated_groups(func, args),
            cost=cost_of(func, args, tensors, result),
        )
        # An op that resized its operand in place, or computed real numbers, is never repeated.
        unchanged = _signature((func, args, tuple(kwargs.items()))) == signature
        if unchanged and all(tensor.is_meta for tensor in operands(result)):
            self._known[signature] = call, _recipe(result, args)
        return result, call


def _signature(value: Any) -> Any:  # noqa: ANN401
    """Everything that results and costs follow from, hashable; 1, 1.0 and True differ."""
    if isinstance(value, Tensor):
        return value.shape, value.stride(), value.dtype, value.device
    if isinstance(value, (tuple, list)):
        return tuple(map(_signature, value))
    return type(value), value


def _recipe(result: Any, args: tuple[Any, ...]) -> Any:  # noqa: ANN401
    if args and result is args[0]:
        return _FIRST_ARGUMENT
    if isinstance(result, Tensor):
        return _Blank(tuple(result.shape), result.stride(), result.dtype)
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
    image, training = args[0], args[5]
    statistics = image.new_empty(image.shape[1] if training else 0, dtype=torch.float32)
    return torch.empty_like(image), statistics, torch.empty_like(statistics)


#: Results that torch works out slowest, by op name.
_RESULTS: dict[str, Callable[[tuple[Any, ...]], Any]] = {"native_batch_norm": _batch_norm_result}
