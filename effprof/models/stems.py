"""Stems: what the name of a network alone says of its architecture."""

import re

from effprof.core.errors import BadInput
from effprof.models.registry import facts

#: What timm puts before the name of an architecture to tell where weights or code come from.
SOURCES = re.compile(r"(?:tf|gluon|ssl|swsl|tv|ig|legacy|dm|adv|ens)_")

_LETTERS = re.compile(r"[a-z]+")


def architecture_stem(name: str) -> str:
    """Take the first word of a network's name, without what tells the source of its weights.

    >>> architecture_stem("timm/tf_efficientnet_b0"), architecture_stem("timm/gluon_resnet50_v1b")
    ('efficientnet', 'resnet50')
    """
    plain = name.rpartition("/")[2].partition(".")[0]
    while found := SOURCES.match(plain):
        plain = plain[found.end() :]
    return plain.partition("_")[0]


def kin(name: str) -> str:
    """Name what a network is alike: its family, or the letters its name begins with.

    >>> kin("timm/efficientnet_b0"), kin("timm/vit_base_patch16_224")
    ('EfficientNet', 'vit')
    """
    try:
        known = facts(name)
    except BadInput:  # an imported run may hold names that this version cannot read
        known = None
    if known is not None:
        return known.family
    stem = architecture_stem(name)
    letters = _LETTERS.match(stem)
    return letters[0] if letters else stem
