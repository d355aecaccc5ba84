"""Short names of the cells of two compared runs."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from effprof.regressions.comparison import Line

#: What names of networks of a zoo begin with.
_PROVIDER = re.compile(r"^\w+/")


@dataclass(frozen=True, slots=True)
class Labels:
    """Short names of cells: without what all of them share.

    `shared` are the words of keys that every cell has, `bare` the names of networks by what keys
    begin with.
    """

    shared: tuple[str, ...]
    bare: Mapping[str, str]

    @classmethod
    def of(cls, lines: Iterable[Line]) -> "Labels":
        """Look at the cells of all lines."""
        keys = [key.split() for key in dict.fromkeys(line.cell for line in lines)]
        same = [each for each in (keys[0][1:] if keys else []) if all(each in key for key in keys)]
        networks = list(dict.fromkeys(key[0] for key in keys if key))
        for shorter in (_without_size_and_provider, _without_provider):
            short = [shorter(name) for name in networks]
            if len(set(short)) == len(short):
                return cls(tuple(same), dict(zip(networks, short, strict=True)))
        return cls(tuple(same), {name: name for name in networks})

    def label(self, key: str) -> str:
        """Name a cell."""
        network, *words = key.split()
        return " ".join(
            [self.bare.get(network, network), *(w for w in words if w not in self.shared)]
        )


def _without_provider(network: str) -> str:
    return _PROVIDER.sub("", network)


def _without_size_and_provider(network: str) -> str:
    return _without_provider(network).rpartition("@")[0] or network
