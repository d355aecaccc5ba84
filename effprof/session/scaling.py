"""EfficientNet-B0 scaled: by the formula of the paper, and the networks that were published."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from effprof.core.errors import BadInput
from effprof.models.registry import published_coefficients
from effprof.models.scaling import ALPHA, BETA, GAMMA, Coefficients, Stage, coefficients, stages
from effprof.models.variants import EfficientNetVariant

#: Bases of depth, width and resolution: alpha, beta, gamma.
Bases = tuple[float, float, float]

PAPER: Bases = (ALPHA, BETA, GAMMA)

#: Phis of the published networks B0 to B7.
PUBLISHED = tuple(range(8))

#: What a base may be; beyond it networks leave every machine's memory at the first phi.
SMALLEST_BASE, LARGEST_BASE = 0.1, 10.0


@dataclass(frozen=True, slots=True)
class Scaled:
    """One scaled network, `by` the formula or as published under a name such as B1.

    `macs` are those of one image of `scale.resolution` pixels.
    """

    phi: float
    by: str
    model: str
    scale: Coefficients
    stages: tuple[Stage, ...]
    params: int
    macs: int


def scaled_networks(phis: Sequence[float], bases: Bases = PAPER) -> tuple[Scaled, ...]:
    """Scale B0 by each phi, once; by the bases of the paper also what was published for 0 to 7.

    Loads torch to count. Raises `BadInput` naming every phi and base that is out of its range.
    """
    problems = [*_bad_phis(phis), *bad_bases(bases)]
    if problems:
        raise BadInput("\n".join(problems))
    return tuple(each for phi in dict.fromkeys(phis) for each in _networks(phi, bases))


def read_phi(text: str) -> float:
    """Read a phi; raises `BadInput` for what is none."""
    try:
        return EfficientNetVariant.parse(f"phi={text}").phi
    except BadInput:
        raise BadInput(f"{text!r} is not a phi; give numbers from -20 to 20") from None


def bad_bases(bases: Bases) -> list[str]:
    """Name every base that cannot be meant, and what could be."""
    return [
        f"{name} is {base:g}; give a number from {SMALLEST_BASE:g} to {LARGEST_BASE:g}"
        for name, base in zip(("alpha", "beta", "gamma"), bases, strict=True)
        if not (math.isfinite(base) and SMALLEST_BASE <= base <= LARGEST_BASE)
    ]


def _bad_phis(phis: Iterable[float]) -> list[str]:
    problems = []
    for phi in phis:
        try:
            read_phi(str(phi))
        except BadInput as error:
            problems.append(str(error))
    return problems


def _networks(phi: float, bases: Bases) -> list[Scaled]:
    alpha, beta, gamma = bases
    variant = EfficientNetVariant(phi=phi, alpha=alpha, beta=beta, gamma=gamma)
    name = f"effprof:efficientnet?{variant.text}".rstrip("?")
    found = [_counted(phi, "formula", name, coefficients(phi, *bases))]
    published = published_coefficients(int(phi)) if phi in PUBLISHED else None
    if published and bases == PAPER:
        found.append(_counted(phi, f"B{phi:g}", f"timm/efficientnet_b{phi:g}", published))
    return found


def _counted(phi: float, by: str, model: str, scale: Coefficients) -> Scaled:
    from effprof.cost import count_cost

    cost = count_cost(model, scale.resolution)
    return Scaled(
        phi=phi,
        by=by,
        model=model,
        scale=scale,
        stages=stages(scale),
        params=cost.parameters,
        macs=cost.total.macs,
    )
