"""One dispatch mode that sees every operator of a step, and the modules they stand in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import nn
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode

from effprof.core.costs import Cost, OpCost, Phase
from effprof.core.roles import OpSite, roles_of
from effprof.cost.calls import Calls
from effprof.models.operators import arrives_whole, run_parts
from effprof.models.places import Whereabouts

#: Asks a blank for its device, also between an operator and the autograd node that it made.
_DEVICE = torch.ops.prim.device.default


class Recorder(TorchDispatchMode):
    """Records the cost and the site of every operator while it is entered.

    `phase` labels what is recorded and is set by whoever drives the step.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.phase: Phase = "forward"
        self._whereabouts = Whereabouts(model)
        self._calls = Calls()
        self._sites: list[OpSite] = []
        self._costs: list[Cost] = []
        self._unknown: list[str] = []

    @contextmanager
    def watching(self) -> Iterator["Recorder"]:
        """Enter the mode, with hooks on every submodule that say where an operator stands."""
        with self._whereabouts.watching(), self:
            yield self

    def ops(self) -> tuple[OpCost, ...]:
        """Every operator recorded so far, in order, with its role."""
        roles = roles_of(self._sites)
        return tuple(
            OpCost(site.op, site.phase, role, site.path, cost, unknown)
            for site, role, cost, unknown in zip(
                self._sites, roles, self._costs, self._unknown, strict=True
            )
        )

    def __torch_dispatch__(
        self,
        func: OpOverload,
        types: Any,  # noqa: ANN401
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Run `func` and record it."""
        if func is _DEVICE:
            return func(*args)
        kwargs = kwargs or {}
        if arrives_whole(func):
            with self:
                return run_parts(func, args, kwargs)
        result, call = self._calls.run(func, args, kwargs)
        place, origin = self._whereabouts.locate(len(self._sites) if call else None)
        if call:
            self._costs.append(_in_phase(call.cost, self.phase))
            self._unknown.append(call.unknown)
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


def _in_phase(cost: Cost, phase: Phase) -> Cost:
    """Only the forward pass makes activations: the products of the backward are its gradients."""
    return cost if phase == "forward" or not cost.activations else replace(cost, activations=0)
