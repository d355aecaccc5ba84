"""Build any named model with random weights; never downloads, never touches the network."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from effprof.core.errors import BadInput, suggestion
from effprof.models.names import ModelName, is_bare, matches, parse_model_name
from effprof.models.objects import copied_to, object_name
from effprof.models.providers import PROVIDERS, module_of
from effprof.models.registry import facts

if TYPE_CHECKING:
    from torch import nn

    from effprof.models.objects import ModelObject


class UnknownModel(BadInput):
    """No provider knows this model."""


def canonical_name(text: str) -> str:
    """Return the stable name of an existing model; raises `UnknownModel` with suggestions.

    A bare name is timm's if timm knows it, else torchvision's. A user's callable is imported, and
    an object that this worker was sent is opened.
    """
    return _existing(text).canonical


def build_model(name: str, device: str = "cpu") -> nn.Module:
    """Build the model in training mode with random weights on `device`.

    Weights are drawn on the CPU, so one seed gives the same weights on every device. On "meta"
    nothing is allocated. Raises `UnknownModel`, or `BadInput` where a user's callable fails.
    """
    known = _existing(name)
    build = partial(PROVIDERS[known.provider].build, known)
    return _on_meta(build) if device == "meta" else build().to(device)


def named_model(model: str | ModelObject, device: str = "meta") -> tuple[str, nn.Module]:
    """Name a model, and build it on a device; an object is copied, and stays as it is.

    Raises as `build_model` does, and `BadInput` for an object that cannot be copied.
    """
    if isinstance(model, str):
        name = canonical_name(model)
        return name, build_model(name, device)
    copied = copied_to(model, device)
    name = object_name(model)
    build = partial(module_of, copied, name)
    return name, _on_meta(build) if device == "meta" else build().to(device)


def _on_meta(build: Callable[[], nn.Module]) -> nn.Module:
    import torch

    with warnings.catch_warnings():
        # Initialising weights that have no storage warns; there is nothing to initialise.
        warnings.simplefilter("ignore")
        try:
            with torch.device("meta"):
                return build()
        except (RuntimeError, BadInput):
            # Constructors that compute with tensors (torchvision's RegNets) need real ones.
            return build().to("meta")


def native_resolution(name: str) -> int:
    """Return the image size in pixels that the provider declares for the model.

    timm: its default configuration (not always the paper's: B2 is 256 there); torchvision: the
    crop of the default weights; variants: round(224 gamma^phi); a user's callable or object: its
    attribute `effprof_resolution`, else 224.
    """
    known = _existing(name)
    return PROVIDERS[known.provider].resolution(known)


def paper_resolution(name: str) -> int | None:
    """Return the image size in pixels of the publication; None where the registry has none.

    A variant's is the one its scaling gives.
    """
    known = _existing(name)
    if known.provider == "effprof":
        return PROVIDERS["effprof"].resolution(known)
    published = facts(known.canonical)
    return published.resolution if published else None


def known_models(pattern: str = "*") -> list[str]:
    """List the canonical names that match a glob, or that contain `pattern` as plain text."""
    return [name.canonical for name in _listed() if matches(pattern, (name.canonical, name.rest))]


def zoo_models(pattern: str) -> tuple[str, ...]:
    """List the networks of timm and torchvision that a glob takes.

    Of a network that both have under one name timm's is taken, as for a bare name.
    """
    found = [parse_model_name(name) for name in known_models(pattern)]
    of_timm = {name.rest for name in found if name.provider == "timm"}
    return tuple(
        name.canonical
        for name in found
        if name.provider == "timm" or (name.provider == "torchvision" and name.rest not in of_timm)
    )


def _listed() -> list[ModelName]:
    return [
        parse_model_name(f"{provider}{separator}{name}")
        for provider, separator in (("timm", "/"), ("torchvision", "/"), ("effprof", ":"))
        for name in PROVIDERS[provider].names()
    ]


def _existing(text: str) -> ModelName:
    name = parse_model_name(text)
    if PROVIDERS[name.provider].exists(name):
        return name
    fallback = ModelName("torchvision", name.rest)
    if is_bare(text) and PROVIDERS["torchvision"].exists(fallback):
        return fallback
    spelled = (known.rest if is_bare(text) else known.canonical for known in _listed())
    raise UnknownModel(
        f"no model named {text!r}{suggestion(text, dict.fromkeys(spelled))}"
        "\nlist names with: effprof models PATTERN"
    )
