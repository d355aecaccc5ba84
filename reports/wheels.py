"""Print the wheels that effprof needs on a machine without a network, or check those that are here.

    python reports/wheels.py > needed.txt          beyond what images with PyTorch usually hold
    python reports/wheels.py --no-report           ... for a machine that writes no pages
    python reports/wheels.py torch==2.11.0 numpy   beyond these: `pip list --format=freeze` there
    python reports/wheels.py --check wheels        is all of it in this folder, and small enough?

A line is a requirement that pip reads, of the version that is installed here, with what kind of
wheel it is: a compiled one must be fetched for the Python and the system of the other machine.
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import parse_wheel_filename

PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"

#: What images with PyTorch usually hold, and the oldest version that one may expect of each: those
#: of images of the middle of 2025, with torch 2.6 or later. What needs more is brought.
IMAGE = {
    "jinja2": "3.1.4",
    "markdown-it-py": "3.0.0",
    "markupsafe": "2.1.5",
    "matplotlib": "3.9.0",
    "numpy": "1.26.4",
    "nvidia-ml-py": "12.560.30",
    "packaging": "24.1",
    "pandas": "2.2.2",
    "psutil": "6.0.0",
    "rich": "13.7.1",
    "scipy": "1.13.1",
    "tabulate": "0.9.0",
    "timm": "1.0.15",
    "torch": "2.6.0",
    "torchvision": "0.21.0",
    "typer": "0.16.0",
    "typing-extensions": "4.12.2",
}

#: What only pages need: nothing that `effprof run --no-report` does imports it.
FOR_PAGES = frozenset({"altair", "vl-convert-python"})

#: Largest sum of all wheels, in bytes (the standard of reference runs: 48 MiB).
LARGEST = 48 * 2**20


def needed(there: Mapping[str, str | None], without: Iterable[str] = ()) -> list[str]:
    """Name what effprof needs beyond `there`, which maps a name to its version there.

    A requirement is met by a package that is there in a version that it takes; None is any version.
    What is there has what it needs itself; what is brought needs what its installed version says.
    `without` leaves out packages, and with them what nobody else needs.
    """
    held = {_normal(name): version for name, version in there.items()}
    left_out = {_normal(name) for name in without}
    found: set[str] = set()
    ahead = _project()
    while ahead:
        wanted = ahead.pop()
        name = _normal(wanted.name)
        if name in found or name in left_out or _met(wanted, held):
            continue
        found.add(name)
        ahead += _requirements(name)
    return sorted(found)


def line(name: str) -> str:
    """Write the requirement of the installed version, and whether its wheel is compiled."""
    wheel = metadata.distribution(name).read_text("WHEEL") or ""
    kind = "pure Python" if "Root-Is-Purelib: true" in wheel else "compiled"
    pinned = f"{name}=={metadata.version(name)}"
    return f"{pinned:32}  # {kind}"


def lacking(names: Iterable[str], folder: Path) -> list[str]:
    """Say what is wrong with the wheels of a folder: one line each, none where all is well."""
    wheels = sorted(folder.glob("*.whl"))
    brought = {str(parse_wheel_filename(wheel.name)[0]) for wheel in wheels}
    problems = [f"no wheel of {name}" for name in (*names, "effprof") if name not in brought]
    size = sum(wheel.stat().st_size for wheel in wheels)
    if size > LARGEST:
        problems.append(f"{size / 2**20:.1f} MiB; {LARGEST / 2**20:.0f} MiB are the most")
    return problems


def _met(wanted: Requirement, held: Mapping[str, str | None]) -> bool:
    name = _normal(wanted.name)
    if name not in held:
        return False
    version = held[name]
    return version is None or wanted.specifier.contains(version, prereleases=True)


def _project() -> list[Requirement]:
    document = tomllib.loads(PROJECT.read_text("utf-8"))
    return [Requirement(text) for text in document["project"]["dependencies"]]


def _requirements(name: str) -> list[Requirement]:
    """List what a package requires, as it holds for this Python and without extras."""
    wanted = map(Requirement, metadata.requires(name) or [])
    return [each for each in wanted if each.marker is None or each.marker.evaluate({"extra": ""})]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _there(texts: Iterable[str]) -> dict[str, str | None]:
    """Read names with or without a version, `torch` or `torch==2.11.0`."""
    split = (text.partition("==") for text in texts)
    return {name: version or None for name, _, version in split}


def main(words: list[str]) -> int:
    """Print or check; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("there", nargs="*", metavar="NAME[==VERSION]", help="what is there already")
    parser.add_argument("--no-report", action="store_true", help="leave out what only pages need")
    parser.add_argument("--check", type=Path, metavar="FOLDER", help="check the wheels in FOLDER")
    given = parser.parse_args(words)
    there = _there(given.there) if given.there else IMAGE
    names = needed(there, FOR_PAGES if given.no_report else ())
    if given.check is None:
        print("\n".join(map(line, names)))
        return 0
    problems = lacking(names, given.check)
    size = sum(wheel.stat().st_size for wheel in given.check.glob("*.whl"))
    print("\n".join(problems) or f"{len(names) + 1} wheels are there, {size / 2**20:.1f} MiB")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
