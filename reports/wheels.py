"""Print the packages that effprof needs beyond those that a machine without a network has.

    python reports/wheels.py                    beyond what images with PyTorch usually hold
    python reports/wheels.py torch numpy        beyond these, and what they need

A line is a requirement that pip reads, of the version that is installed here, with what kind of
wheel it is: a compiled one must be fetched for the Python and the system of the other machine.
"""

import re
import sys
import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"

#: What is taken to be there: torch and what makes tables, pictures and command lines.
THERE = ("torch", "timm", "torchvision", "numpy", "pandas", "matplotlib", "typer", "rich")


def needed(there: Iterable[str]) -> list[str]:
    """Name what effprof needs beyond `there`, both with all that they need themselves.

    What effprof asks for by name is there only if it is named: that something else brought it along
    holds for the versions that are installed here, and maybe for no others.
    """
    named = {_normal(name) for name in there}
    asked = {_normal(each.name) for each in _project()} - named
    return sorted(closure(asked) - closure(named, beside=asked))


def closure(packages: Iterable[str], beside: Iterable[str] = ()) -> set[str]:
    """Follow requirements, as they hold for this Python and without extras, but not `beside`."""
    found: set[str] = set()
    ahead = set(packages)
    while ahead:
        name = ahead.pop()
        found.add(name)
        ahead |= {_normal(each.name) for each in _requirements(name)} - found - set(beside)
    return found


def line(name: str) -> str:
    """Write the requirement of the installed version, and whether its wheel is compiled."""
    wheel = metadata.distribution(name).read_text("WHEEL") or ""
    kind = "pure Python" if "Root-Is-Purelib: true" in wheel else "compiled"
    pinned = f"{name}=={metadata.version(name)}"
    return f"{pinned:32}  # {kind}"


def _project() -> list[Requirement]:
    document = tomllib.loads(PROJECT.read_text("utf-8"))
    return [Requirement(text) for text in document["project"]["dependencies"]]


def _requirements(name: str) -> list[Requirement]:
    try:
        told = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []  # only the other machine has it: what it needs is there with it
    wanted = map(Requirement, told)
    return [each for each in wanted if each.marker is None or each.marker.evaluate({"extra": ""})]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    for each in needed(sys.argv[1:] or THERE):
        print(line(each))
