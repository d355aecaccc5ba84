"""Families of networks: the colour and the shape of each, on every page and in every picture."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """Colour and marker of a family; `shape` is what Vega calls the marker of Matplotlib."""

    colour: str
    marker: str

    @property
    def shape(self) -> str:
        """The marker in the words of Vega."""
        return SHAPES[self.marker]


#: Marker of Matplotlib -> Vega's word for the same shape.
SHAPES: Mapping[str, str] = {
    "o": "circle",
    "s": "square",
    "^": "triangle-up",
    "D": "diamond",
    "v": "triangle-down",
    "P": "cross",
}

#: Family -> its look, for ever: a family looks the same on the pages of two runs. Relatives share a
#: colour (Okabe and Ito's, Tol's wine), and have different markers.
LOOKS: Mapping[str, Look] = {
    "EfficientNet": Look("#0072B2", "o"),
    "EfficientNet-Lite": Look("#56B4E9", "s"),
    "EfficientNetV2": Look("#56B4E9", "^"),
    "ResNet": Look("#D55E00", "s"),
    "ResNeXt": Look("#D55E00", "^"),
    "Wide ResNet": Look("#D55E00", "D"),
    "SENet": Look("#D55E00", "v"),
    "ResNet-RS": Look("#D55E00", "P"),
    "MobileNetV2": Look("#009E73", "s"),
    "MobileNetV3": Look("#009E73", "^"),
    "MnasNet": Look("#009E73", "D"),
    "NASNet": Look("#009E73", "v"),
    "RegNetX": Look("#CC79A7", "s"),
    "RegNetY": Look("#CC79A7", "^"),
    "DenseNet": Look("#E69F00", "s"),
    "Inception": Look("#E69F00", "^"),
    "ConvNeXt": Look("#882255", "s"),
}

#: How a network of no family that the registry knows looks.
OTHER = Look("#8a8a8a", "P")


def look_of(family: str) -> Look:
    """Give the look of a family.

    >>> look_of("EfficientNet").colour, look_of("timm").shape
    ('#0072B2', 'cross')
    """
    return LOOKS.get(family, OTHER)
