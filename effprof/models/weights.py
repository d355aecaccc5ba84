"""Weights that one would load today: their accuracy at a size, and which of them are the best.

The packaged ones are rows of `weights.toml`; others are imported into a store.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

from effprof.core.accuracies import source_of
from effprof.core.errors import BadInput
from effprof.models.names import parse_model_name, plain_name
from effprof.models.registry import facts

#: Words of the tags of timm's weights that name other training data than ImageNet-1k: images, or
#: the model that was trained on them. SSLD adds four million images of ImageNet-22k.
OTHER_DATA = frozenset(
    {
        *("in12k", "in21k", "in22k", "jft", "ig1b", "yfcc100m", "swag", "seer", "ssld", "6m"),
        *("laion2b", "laiona", "openai", "clip", "datacompxl", "dfn2b", "metaclip", "webli"),
        *("m30m", "m38m"),
    }
)


@dataclass(frozen=True, slots=True)
class Weights:
    """One evaluation of weights: as timm names them, at a size in pixels, top-1 in per cent.

    `crop` is the share of the resized image's side that was cropped; `source` says which file tells
    it.
    """

    name: str
    resolution: int
    top1: float
    crop: float
    interpolation: str
    source: str

    @property
    def network(self) -> str:
        """The canonical name of the network that they are loaded into."""
        return f"timm/{self.name.partition('.')[0]}"

    @property
    def more_data(self) -> bool:
        """Whether their tag names other training data than ImageNet-1k.

        >>> [Weights(name, 224, 80.0, 0.9, "bicubic", "").more_data
        ...  for name in ("resnet50.a1_in1k", "vit_base_patch16_224.augreg_in21k_ft_in1k")]
        [False, True]
        """
        return not OTHER_DATA.isdisjoint(self.name.partition(".")[2].split("_"))

    @property
    def text(self) -> str:
        """How they were evaluated, in words, but for the size."""
        return f"{self.name}, crop {self.crop:g}, {self.interpolation}"


@dataclass(frozen=True, eq=False, repr=False)
class KnownWeights:
    """All evaluations that are known, one of each weights at each size and crop."""

    rows: tuple[Weights, ...]

    def best(self, model: str, resolution: int, *, more_data: bool) -> Weights | None:
        """Give the most accurate weights of a network at a size; None where none are known.

        Where no weights of its name were evaluated at that size, those of another name of the same
        network count (`tf_efficientnet_b3` for `efficientnet_b3`), then those at the nearest size.
        A name with a tag means the weights that it names. Without `more_data` all were trained on
        ImageNet-1k alone.
        """
        groups = [
            [each for each in rows if more_data or not each.more_data]
            for rows in self._of_network(model)
        ]
        exact = ([each for each in rows if each.resolution == resolution] for rows in groups)
        nearest = (_nearest(rows, resolution) for rows in groups)
        found = next(filter(None, (*exact, *nearest)), [])
        return max(found, key=lambda each: each.top1, default=None)

    def with_more(self, more: Iterable[Weights]) -> "KnownWeights":
        """Add evaluations; they take the place of those of the same weights at the same size."""
        known = {_key(each): each for each in self.rows}
        return KnownWeights(tuple((known | {_key(each): each for each in more}).values()))

    def _of_network(self, model: str) -> tuple[list[Weights], list[Weights]]:
        """Give the rows under its own name, and those under others of the same network."""
        try:
            named, own, known = parse_model_name(model).canonical, plain_name(model), facts(model)
        except BadInput:  # an imported run may hold names that this version cannot read
            return [], []
        if named != own:
            return [each for each in self._rows(own) if f"timm/{each.name}" == named], []
        others = [other for other in (known.names if known else ()) if other != own]
        return self._rows(own), [row for other in others for row in self._rows(other)]

    def _rows(self, network: str) -> list[Weights]:
        return self._by_network.get(network, [])

    @cached_property
    def _by_network(self) -> Mapping[str, list[Weights]]:
        found: dict[str, list[Weights]] = {}
        for each in self.rows:
            found.setdefault(each.network, []).append(each)
        return found


def _key(weights: Weights) -> tuple[str, int, float]:
    return weights.name, weights.resolution, weights.crop


def _nearest(rows: Iterable[Weights], resolution: int) -> list[Weights]:
    """Keep those at the size nearest to `resolution`; of two the smaller is."""
    by_size: dict[int, list[Weights]] = {}
    for each in rows:
        by_size.setdefault(each.resolution, []).append(each)
    size = min(by_size, key=lambda size: (abs(size - resolution), size), default=0)
    return by_size.get(size, [])


@cache
def registered_weights() -> KnownWeights:
    """Give the packaged evaluations: those that committed pages show."""
    text = files("effprof.models").joinpath("weights.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    source = source_of(table["file"], table["git_object"], table["told"])
    return KnownWeights(tuple(Weights(**row, source=source) for row in table["weights"]))
