"""Where an operator stands: the module map that static cost and profiles share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.modules.module import (
    register_module_forward_hook,
    register_module_forward_pre_hook,
)


@dataclass(frozen=True, slots=True)
class Place:
    """A module: its path, and the class names of all enclosing modules and itself."""

    path: str
    classes: tuple[str, ...]


#: Outside of all modules.
NOWHERE = Place("", ())


def places_of(model: nn.Module) -> dict[nn.Module, Place]:
    """Map every module to its place; the model's own path is "", a shared one keeps its first."""
    classes: dict[str, tuple[str, ...]] = {}
    places = {}
    for path, module in model.named_modules():
        outer = classes.get(path.rpartition(".")[0], ()) if path else ()
        classes[path] = (*outer, type(module).__name__)
        places[module] = Place(path, classes[path])
    return places


@contextmanager
def watched_modules(
    model: nn.Module, enter: Callable[[Place], object], leave: Callable[[], object]
) -> Iterator[None]:
    """Call `enter` before and `leave` after the forward of every module, exceptions included.

    The modules themselves have no hook of ours: torch takes other kernels for the layers of a
    transformer that have one, and TorchScript takes none.
    """
    places = places_of(model)

    def entered(module: nn.Module, _inputs: object) -> None:
        if module in places:
            enter(places[module])

    def left(module: nn.Module, _inputs: object, _output: object) -> None:
        if module in places:
            leave()

    handles = (
        register_module_forward_pre_hook(entered),
        register_module_forward_hook(left, always_call=True),
    )
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


class Whereabouts:
    """Tells a dispatch mode where each operator stands, backward ones by the op they differentiate.

    Autograd numbers its nodes per thread in the order of the forward pass; a backward op runs
    inside the node with the number of its forward op.
    """

    def __init__(self, model: nn.Module) -> None:
        """Places are those of the modules of `model`; the loss and the optimizer have none."""
        self._model = model
        self._stack = [NOWHERE]
        #: Sequence number -> place of the forward op, and its position if it was recorded.
        self._forward: dict[int, tuple[Place, int | None]] = {}
        self._next_number = 0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Follow the modules while entered."""
        self._next_number = torch.autograd._get_sequence_nr()  # type: ignore[attr-defined]
        with watched_modules(self._model, self._stack.append, self._stack.pop):
            yield

    def locate(self, position: int | None) -> tuple[Place, int | None]:
        """Return the place of the running op, and the position of the forward op it differentiates.

        `position` is the op's own among the recorded ones, None for a view. Call it once for every
        op that is dispatched.
        """
        node: Any = torch._C._current_autograd_node()  # None in the forward pass
        if node is not None:
            return self._forward.get(node._sequence_nr(), (self._stack[0], None))
        self._claim_numbers(self._stack[-1], position)
        return self._stack[-1], None

    def _claim_numbers(self, place: Place, position: int | None) -> None:
        """Tie to this op every sequence number that was given out since the last op.

        Autograd makes an op's nodes before the op gets here, and one op may make several (in-place
        SiLU clones) or none (batch norm's counter), so that counting ops would drift.
        """
        upcoming = torch.autograd._get_sequence_nr()  # type: ignore[attr-defined]
        for number in range(self._next_number, upcoming):
            self._forward[number] = (place, position)
        self._next_number = upcoming
