"""Model families and their published facts: paper resolution, parameters, MACs, top-1, scaling.

The facts are rows of `registry.toml`; adding a model is adding a row.
"""

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

from effprof.models.names import ZOOS, ModelName, is_bare, parse_model_name
from effprof.models.scaling import Coefficients

#: Family of the parametric networks, `effprof:efficientnet?...`.
VARIANT_FAMILY = "EfficientNet"


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What was published about one network; None where the source does not say.

    `resolution` in pixels; `parameters` as published, at times rounded; `macs` of one image at
    `resolution`; `top1` in per cent on ImageNet-1k at `resolution`, quoted from `source`.
    `width` and `depth` are the compound-scaling multipliers of EfficientNets. `names` are its
    canonical names, the preferred one first.
    """

    title: str
    family: str
    names: tuple[str, ...]
    resolution: int
    source: str
    parameters: int | None = None
    macs: int | None = None
    top1: float | None = None
    width: float | None = None
    depth: float | None = None


def registered() -> tuple[ModelFacts, ...]:
    """List every network of the registry, family by family."""
    return _load()


def facts(name: str) -> ModelFacts | None:
    """Look up a model by any of its names; pretrained tags do not matter. Raises `BadInput`.

    >>> facts("resnet50.tv_in1k").title, facts("torchvision/resnet50").title
    ('ResNet-50', 'ResNet-50')
    """
    parsed = parse_model_name(name)
    known = _by_name()
    plain = ModelName(parsed.provider, parsed.rest.partition(".")[0])
    found = known.get(plain.canonical)
    if found is None and is_bare(name):
        found = known.get(ModelName("torchvision", plain.rest).canonical)
    return found


def family(name: str) -> str:
    """Name the model's family, or its provider where the registry does not know the model.

    Networks of the zoos whose names are like those of a family belong to it, though nothing is
    quoted of them.

    >>> family("timm/efficientnet_b0"), family("mobilenetv2_050"), family("timm/vit_tiny_patch16")
    ('EfficientNet', 'MobileNetV2', 'timm')
    """
    parsed = parse_model_name(name)
    if parsed.provider == "effprof":
        return VARIANT_FAMILY
    if published := facts(name):
        return published.family
    if parsed.provider in ZOOS:
        for family, glob in _likes():
            if fnmatchcase(parsed.rest.partition(".")[0], glob):
                return family
    return parsed.provider


def published_coefficients(index: int) -> Coefficients | None:
    """Return depth, width and resolution of the published EfficientNet-B`index`, 0 to 7.

    They are rounded by hand: B1 is 1.1, 1.0 and 240 px where the formula gives 1.2, 1.1 and 258.
    """
    found = _by_name().get(f"timm/efficientnet_b{index}")
    if found is None or found.depth is None or found.width is None:
        return None
    return Coefficients(depth=found.depth, width=found.width, resolution=found.resolution)


@cache
def _families() -> list[dict[str, Any]]:
    text = files("effprof.models").joinpath("registry.toml").read_text(encoding="utf-8")
    families: list[dict[str, Any]] = tomllib.loads(text)["family"]
    return families


@cache
def _likes() -> tuple[tuple[str, str], ...]:
    """Give each family with the globs of names that are like those of its networks."""
    return tuple((group["name"], glob) for group in _families() for glob in group["like"])


@cache
def _load() -> tuple[ModelFacts, ...]:
    return tuple(
        ModelFacts(
            **{"source": group["source"], "family": group["name"]}
            | row
            | {"names": tuple(row["names"])}
        )
        for group in _families()
        for row in group["models"]
    )


@cache
def _by_name() -> dict[str, ModelFacts]:
    return {name: row for row in _load() for name in row.names}


#: Names of the families, in the order of the registry.
FAMILIES: tuple[str, ...] = tuple(dict.fromkeys(row.family for row in _load()))
