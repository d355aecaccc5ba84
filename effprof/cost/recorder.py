"""One dispatch mode that sees every operator of a step, and the modules they stand in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode

from effprof.core.costs import Cost, OpCost, Phase
from effprof.core.roles import OpSite, roles_of
from effprof.cost.calls import Calls


@dataclass(frozen=True, slots=True)
class _Place:
    """A module: its path, and the class names of all enclosing modules and itself."""

    path: str
    classes: tuple[str, ...]


class Recorder(TorchDispatchMode):
    """Records the cost and the site of every operator while it is entered.

    `phase` labels what is recorded and is set by whoever drives the step. Needs gradients enabled
    or `no_grad`: under `inference_mode` composite ops would arrive whole, where no formula fits.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.phase: Phase = "forward"
        self._model = model
        self._calls = Calls()
        self._stack = [_Place("", (type(model).__name__,))]
        self._sites: list[OpSite] = []
        self._costs: list[Cost] = []
        #: Autograd sequence number -> place of the forward op, and its position if it was recorded.
        self._forward: dict[int, tuple[_Place, int | None]] = {}
        self._next_number = 0

    @contextmanager
    def watching(self) -> Iterator["Recorder"]:
        """Enter the mode, with hooks on every submodule that say where an operator stands."""
        handles = []
        places = _places(self._model)
        for module, place in places.items():
            handles.append(module.register_forward_pre_hook(self._entering(place)))
            handles.append(module.register_forward_hook(self._leaving))
        self._next_number = torch.autograd._get_sequence_nr()  # type: ignore[attr-defined]
        try:
            with self:
                yield self
        finally:
            for handle in handles:
                handle.remove()

    def ops(self) -> tuple[OpCost, ...]:
        """Every operator recorded so far, in order, with its role."""
        roles = roles_of(self._sites)
        return tuple(
            OpCost(site.op, site.phase, role, site.path, cost)
            for site, role, cost in zip(self._sites, roles, self._costs, strict=True)
        )

    def __torch_dispatch__(
        self,
        func: OpOverload,
        types: Any,  # noqa: ANN401
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Run `func` and record it."""
        result, call = self._calls.run(func, args, kwargs or {})
        place, origin = self._whereabouts()
        self._claim_numbers(place, len(self._sites) if call else None)
        if call:
            self._costs.append(call.cost)
            self._sites.append(
                OpSite(
                    op=call.op,
                    phase=self.phase,
                    shapes=call.shapes,
                    path=place.path,
                    classes=place.classes,
                    groups=call.groups,
                    origin=origin,
                )
            )
        return result

    def _whereabouts(self) -> tuple[_Place, int | None]:
        """Place of the current op; a backward op stands where the forward op did."""
        node: Any = torch._C._current_autograd_node()  # None in the forward pass
        if node is None:
            return self._stack[-1], None
        return self._forward.get(node._sequence_nr(), (self._stack[0], None))

    def _claim_numbers(self, place: _Place, position: int | None) -> None:
        """Tie to this op every sequence number that was given out since the last op.

        Autograd makes an op's nodes before the op gets here, and one op may make several (in-place
        SiLU clones) or none (batch norm's counter), so that counting ops would drift.
        """
        if self.phase != "forward":
            return
        upcoming = torch.autograd._get_sequence_nr()  # type: ignore[attr-defined]
        for number in range(self._next_number, upcoming):
            self._forward[number] = (place, position)
        self._next_number = upcoming

    def _entering(self, place: _Place) -> Any:  # noqa: ANN401
        def push(module: nn.Module, inputs: Any) -> None:  # noqa: ANN401
            self._stack.append(place)

        return push

    def _leaving(self, module: nn.Module, inputs: Any, output: Any) -> None:  # noqa: ANN401
        self._stack.pop()


def _places(model: nn.Module) -> dict[nn.Module, _Place]:
    """Place of every submodule; a module reached by two paths keeps the first."""
    classes: dict[str, tuple[str, ...]] = {}
    places = {}
    for path, module in model.named_modules():
        outer = classes.get(path.rpartition(".")[0], ()) if path else ()
        classes[path] = (*outer, type(module).__name__)
        if path:
            places[module] = _Place(path, classes[path])
    return places
