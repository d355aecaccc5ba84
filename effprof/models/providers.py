"""Where models come from: one small class per provider, found through `PROVIDERS`.

torch, timm and torchvision are imported inside the methods, so that parsing a command needs none.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from effprof.core.errors import BadInput
from effprof.models.names import VARIANT, ModelName, python_target, variant_of
from effprof.models.objects import received

if TYPE_CHECKING:
    from torch import nn

    from effprof.models.objects import ModelObject

#: Image size in pixels of a model that declares none.
DEFAULT_RESOLUTION = 224


class Source(Protocol):
    """One provider of models; names are those of `ModelName.rest`, resolutions in pixels."""

    def names(self) -> tuple[str, ...]:
        """Every name that can be listed."""

    def exists(self, name: ModelName) -> bool:
        """Whether `build` would find the model."""

    def build(self, name: ModelName) -> nn.Module:
        """Build the model with random weights on the current default device."""

    def resolution(self, name: ModelName) -> int:
        """Return the image size that the provider declares."""


class Timm:
    """Models of timm; a pretrained tag (`resnet50.a1_in1k`) only chooses the image size."""

    @cache  # noqa: B019  # one stateless instance
    def names(self) -> tuple[str, ...]:
        """Every architecture, without pretrained tags."""
        import timm

        return tuple(timm.list_models())

    def exists(self, name: ModelName) -> bool:
        """Whether the architecture and the tag, if any, are registered."""
        import timm

        architecture, _, tag = name.rest.partition(".")
        if not timm.is_model(architecture):
            return False
        return not tag or name.rest in timm.list_pretrained(f"{architecture}.*")

    def build(self, name: ModelName) -> nn.Module:
        """Build through `timm.create_model` without weights."""
        import timm

        model: nn.Module = timm.create_model(name.rest, pretrained=False)
        return model

    def resolution(self, name: ModelName) -> int:
        """Return the size of the default configuration; not always the paper's (B2: 256)."""
        import timm

        configuration = timm.models.get_pretrained_cfg(name.rest)
        return int(configuration.input_size[-1]) if configuration else DEFAULT_RESOLUTION


#: Without these both warn, and return three outputs in training.
_TORCHVISION_OPTIONS: dict[str, dict[str, bool]] = {
    "googlenet": {"aux_logits": False, "init_weights": False},
    "inception_v3": {"aux_logits": False, "init_weights": False},
}


class Torchvision:
    """Classification models of torchvision."""

    @cache  # noqa: B019  # one stateless instance
    def names(self) -> tuple[str, ...]:
        """Every classification model."""
        import torchvision

        return tuple(torchvision.models.list_models(module=torchvision.models))

    def exists(self, name: ModelName) -> bool:
        """Whether torchvision lists the name."""
        return name.rest in self.names()

    def build(self, name: ModelName) -> nn.Module:
        """Build through `torchvision.models.get_model` without weights or auxiliary heads."""
        import torchvision

        options = _TORCHVISION_OPTIONS.get(name.rest, {})
        model: nn.Module = torchvision.models.get_model(name.rest, weights=None, **options)
        return model

    def resolution(self, name: ModelName) -> int:
        """Return the crop of the default weights' preprocessing."""
        import torchvision

        weights = torchvision.models.get_model_weights(name.rest)
        return int(weights.DEFAULT.transforms().crop_size[0])


class Variants:
    """Parametric EfficientNets; whatever parses can be built."""

    def names(self) -> tuple[str, ...]:
        """Return the families that take parameters."""
        return (VARIANT,)

    def exists(self, name: ModelName) -> bool:
        """Return true: names are checked when they are parsed."""
        return bool(name.rest)

    def build(self, name: ModelName) -> nn.Module:
        """Build through timm's EfficientNet builder."""
        from effprof.models.efficientnet import build_efficientnet

        return build_efficientnet(variant_of(name))

    def resolution(self, name: ModelName) -> int:
        """Return the explicit resolution, else round(224 gamma^phi)."""
        return variant_of(name).coefficients.resolution


class Callables:
    """A user's own functions that return an `nn.Module`."""

    def names(self) -> tuple[str, ...]:
        """Return nothing: a user's models cannot be listed."""
        return ()

    def exists(self, name: ModelName) -> bool:
        """Import the callable; raises `BadInput` saying what is missing."""
        return callable(_load(name))

    def build(self, name: ModelName) -> nn.Module:
        """Call it without arguments; raises `BadInput` where it fails or returns no module."""
        return _made(_load(name), name.canonical)

    def resolution(self, name: ModelName) -> int:
        """Return the callable's attribute `effprof_resolution`, else 224."""
        return _declared(_load(name))


class Objects:
    """Modules and callables that a worker was sent; each build is a copy of its own."""

    def names(self) -> tuple[str, ...]:
        """Return nothing: they are known to the process that sent them."""
        return ()

    def exists(self, name: ModelName) -> bool:
        """Open the object, its tensors without contents; raises `BadInput` where it does not."""
        received(name.canonical, "meta")
        return True

    def build(self, name: ModelName) -> nn.Module:
        """Open it, and call what is no module; raises `BadInput` as `Callables` does."""
        import torch

        # Older torch does not tell its default device inside `with torch.device(...)`.
        device = str(torch.empty(0).device)
        return module_of(received(name.canonical, device), name.canonical)

    def resolution(self, name: ModelName) -> int:
        """Return the object's attribute `effprof_resolution`, else 224."""
        return _declared(received(name.canonical, "meta"))


PROVIDERS: dict[str, Source] = {
    "timm": Timm(),
    "torchvision": Torchvision(),
    "effprof": Variants(),
    "python": Callables(),
    "object": Objects(),
}


def module_of(model: ModelObject, name: str) -> nn.Module:
    """Return a module itself, or what a callable makes, in training mode; raises `BadInput`."""
    from torch import nn

    return model.train() if isinstance(model, nn.Module) else _made(model, name)


def _made(function: Callable[[], Any], name: str) -> nn.Module:
    from torch import nn

    try:
        model = function()
    except Exception as error:
        raise BadInput(f"{name}() failed: {type(error).__name__}: {error}") from error
    if not isinstance(model, nn.Module):
        raise BadInput(f"{name}() returned {type(model).__name__}, not a torch.nn.Module")
    return model


def _declared(model: object) -> int:
    return int(getattr(model, "effprof_resolution", DEFAULT_RESOLUTION))


def _load(name: ModelName) -> Callable[[], Any]:
    where, function = python_target(name)
    try:
        module = _load_file(where) if where.endswith(".py") else _load_module(where)
        target: Any = module
        for part in function.split("."):
            target = getattr(target, part)
    except Exception as error:
        # Importing runs the user's code, which may raise anything.
        raise BadInput(
            f"cannot load the model {name.canonical}: {type(error).__name__}: {error}"
        ) from error
    if not callable(target):
        raise BadInput(f"{name.canonical} is a {type(target).__name__}, not a callable")
    loaded: Callable[[], Any] = target
    return loaded


@cache
def _load_file(path: str) -> object:
    if not Path(path).is_file():
        raise FileNotFoundError(f"no file {path}")
    spec = importlib.util.spec_from_file_location(Path(path).stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"not a Python file: {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _load_module(name: str) -> object:
    with _current_folder_importable():
        return importlib.import_module(name)


@contextmanager
def _current_folder_importable() -> Iterator[None]:
    """Let modules of the current folder be imported, as `python -m` does."""
    folder = str(Path.cwd())
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)
