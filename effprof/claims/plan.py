"""What is still to be measured, as one suite file."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from effprof.claims.claim import PUBLISHED_REPEATS
from effprof.claims.claim_verdicts import ClaimVerdict
from effprof.claims.evidence import DeviceKind, Wanted
from effprof.core.axes import AXES, AxisValue

#: The suite that counts every static cost that a claim asks for.
STATIC_SUITE = "static"

#: In this order equal grids are joined over an axis, models first.
_JOINED = ("model", "loader", "batch_size", "execution", "precision", "mode", "resolution")


@dataclass(frozen=True, slots=True)
class Lack:
    """A cell that is missing, the kind of device that it is to be measured on, and for what."""

    wanted: Wanted
    kind: DeviceKind | None
    claim: str


#: A value per axis, all combinations of which are cells.
_Grid = dict[str, tuple[AxisValue, ...]]


def lacks(verdicts: Iterable[ClaimVerdict], kind: DeviceKind | None = None) -> tuple[Lack, ...]:
    """List what the claims lack, in their order; `kind` leaves out what another kind must do."""
    return tuple(
        Lack(wanted, part.part.kind, judged.claim.id)
        for judged in verdicts
        for part in judged.parts
        for wanted in part.missing
        if kind is None or part.part.kind in (None, kind)
    )


def suite_text(lacking: Sequence[Lack]) -> str:
    """Write the suite file that measures all that is lacking, five times each.

    Its grids multiply into exactly the cells that are asked for. What is only counted is left to
    the suite `static`; if nothing else is lacking, the file counts and measures nothing.
    """
    timed = [lack for lack in lacking if not lack.wanted.static]
    chosen = timed or list(lacking)
    claims: dict[tuple[AxisValue, ...], dict[str, None]] = {}
    for lack in chosen:
        claims.setdefault(_point(lack.wanted), {})[lack.claim] = None
    told = ", ".join(dict.fromkeys(lack.claim for lack in chosen))
    lines = [
        f'description = "What the claims {told} still lack"',
        f"repeats = {PUBLISHED_REPEATS if timed else 0}",
    ]
    if len(timed) < len(lacking) and timed:
        lines.insert(0, f"# Static costs are lacking too: effprof run {STATIC_SUITE}")
    if any(lack.wanted.profile for lack in timed):
        lines += ["", "[measure]", "profile = true"]
    for grid in _grids(claims):
        lines += ["", *_include(grid, claims)]
    return "\n".join(lines) + "\n"


def _point(wanted: Wanted) -> tuple[AxisValue, ...]:
    """Settle every axis of a wish: what may take any value takes its default."""
    axes = (getattr(wanted, axis.name, None) or axis.default for axis in AXES.values())
    return tuple(value[0] if isinstance(value, tuple) else value for value in axes)


def _grids(points: Iterable[tuple[AxisValue, ...]]) -> list[_Grid]:
    """Join points to grids that hold them and nothing else."""
    grids: list[_Grid] = [
        {name: (value,) for name, value in zip(AXES, point, strict=True)} for point in points
    ]
    for axis in _JOINED:
        joined: dict[tuple[tuple[AxisValue, ...], ...], _Grid] = {}
        for grid in grids:
            rest = tuple(values for name, values in grid.items() if name != axis)
            first = joined.setdefault(rest, grid)
            values = dict.fromkeys((*first[axis], *grid[axis]))
            joined[rest] = first | {axis: tuple(values)}
        grids = list(joined.values())
    return grids


def _include(grid: _Grid, claims: Mapping[tuple[AxisValue, ...], Mapping[str, None]]) -> list[str]:
    """Write a grid, with the claims that its cells are for; axes at their default are left out."""
    names = list(AXES)
    served = dict.fromkeys(
        claim
        for point, asked in claims.items()
        if all(value in grid[name] for name, value in zip(names, point, strict=True))
        for claim in asked
    )
    lines = [f"# for {', '.join(served)}", "[[include]]"]
    for name, values in grid.items():
        if values != AXES[name].default:
            lines += _key(name, values)
    return lines


def _key(name: str, values: Sequence[AxisValue]) -> list[str]:
    """Write one key; a TOML string is written as a JSON one."""
    texts = [json.dumps(value, ensure_ascii=False) for value in values]
    if len(texts) == 1:
        return [f"{name} = {texts[0]}"]
    if name != "model":
        return [f"{name} = [{', '.join(texts)}]"]
    return [f"{name} = [", *(f"    {text}," for text in texts), "]"]
