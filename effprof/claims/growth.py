"""Group A, C3 and C4: how activations grow with MACs, and how many FLOPs there are per byte."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from effprof.analysis.statistics import CONFIDENCE
from effprof.analysis.straight_line import straight_line
from effprof.analysis.student import student_quantile
from effprof.claims.claim import Answer, Claim, NotMeasured, Part, Published, Statistic, Threshold
from effprof.claims.counts import (
    ANALYTIC,
    B0,
    BATCH,
    EFFICIENTNETS,
    HALF,
    MODEL_ZOO,
    REGNETS_X,
    REGNETS_Y,
    RESNET_50,
    Network,
    arithmetic_intensity,
    costs_of,
    exact,
    wanted,
)
from effprof.claims.evidence import Evidence
from effprof.core.costs import Cost, StaticCost
from effprof.core.estimates import Estimate

#: Why a cost of an earlier version does not tell activations.
COUNTED_BEFORE = "an earlier version counted the activations: effprof export RUN FILE --recount"

# C3: how activations grow with MACs.


def _exponent(ladder: Sequence[Network], evidence: Evidence) -> Answer | NotMeasured:
    """Fit acts = constant * MACs^b; least squares on logarithms with Student's t interval of b."""
    asked = [wanted(network) for network in ladder]
    costs = costs_of(evidence, asked)
    if isinstance(costs, NotMeasured):
        return costs
    counts = [cost.activations / cost.batch_size for cost in costs if cost.activations]
    if len(counts) < len(costs):
        return NotMeasured(COUNTED_BEFORE, tuple(asked))
    macs = np.log([cost.total.macs / cost.batch_size for cost in costs])
    acts = np.log(counts)
    line = straight_line(macs, acts)
    half = student_quantile((1 + CONFIDENCE) / 2, len(ladder) - 2) * line.error
    low, high = line.slope - half, line.slope + half
    return Answer(Estimate(line.slope, low, high, "least squares", len(ladder)), "networks")


def _growth(
    named: tuple[str, str], ladder: Sequence[Network], threshold: Threshold, published: Published
) -> Part:
    """Make a part of C3, named by its id and by the family that it is about."""
    part, family = named
    return Part(
        part,
        f"exponent of MACs in the activations of {family}",
        partial(_exponent, ladder),
        threshold,
        "none",
        "",
        published=(published,),
    )


_C3 = (
    _growth(
        ("exponent_efficientnet", "EfficientNet-B0 to B7"),
        EFFICIENTNETS,
        Threshold(low=0.75),
        Published(0.82, ANALYTIC),
    ),
    _growth(
        ("exponent_regnetx", "RegNetX"),
        REGNETS_X,
        Threshold(high=0.60),
        Published(0.55, MODEL_ZOO),
    ),
    _growth(
        ("exponent_regnety", "RegNetY"),
        REGNETS_Y,
        Threshold(high=0.60),
        Published(0.52, MODEL_ZOO),
    ),
)


# C4: arithmetic intensity.


def _of_halves(
    quantity: Callable[..., float | None], networks: Sequence[Network], evidence: Evidence
) -> Answer | NotMeasured:
    asked = [wanted(n, BATCH, HALF) for n in networks]
    costs = costs_of(evidence, asked, any_cell=False)
    if isinstance(costs, NotMeasured):
        return costs
    value = quantity(*costs)
    if value is None:
        return NotMeasured(COUNTED_BEFORE, tuple(asked))
    return exact(value, len(costs), "network" if len(costs) == 1 else "networks")


def _depthwise(cost: StaticCost) -> Cost:
    return cost.by_role.get("depthwise conv", Cost())


def _intensity(
    named: tuple[str, str],
    of: Callable[..., float | None],
    networks: Sequence[Network],
    threshold: Threshold,
    published: float,
    **fields: object,
) -> Part:
    """Make a part of C4, named by its id and its quantity."""
    statistic: Statistic = partial(_of_halves, of, networks)
    kept: dict[str, object] = {"unit": " FLOP/byte"} | fields
    found = (Published(published, ANALYTIC),)
    return Part(*named, statistic, threshold, "none", published=found, **kept)  # type: ignore[arg-type]  # fields of Part


_C4 = (
    _intensity(
        ("intensity_depthwise", "intensity of B0's depthwise convolutions"),
        lambda cost: _depthwise(cost).arithmetic_intensity or 0.0,
        (B0,),
        Threshold(high=10),
        5.7,
    ),
    _intensity(
        ("intensity_ratio", "intensity of ResNet-50's convolutions over B0's"),
        lambda above, below: arithmetic_intensity(above) / arithmetic_intensity(below),
        (RESNET_50, B0),
        Threshold(low=4),
        186 / 28,
        unit="x",
    ),
    _intensity(
        ("intensity_b0", "intensity of B0's convolutions"),
        arithmetic_intensity,
        (B0,),
        Threshold(low=0),
        28,
        beside=True,
    ),
    _intensity(
        ("intensity_resnet50", "intensity of ResNet-50's convolutions"),
        arithmetic_intensity,
        (RESNET_50,),
        Threshold(low=0),
        186,
        beside=True,
    ),
    _intensity(
        ("depthwise_macs", "depthwise share of B0's MACs"),
        lambda cost: _depthwise(cost).macs / cost.total.macs,
        (B0,),
        Threshold(high=0.10),
        0.089,
        unit="",
        beside=True,
    ),
    _intensity(
        ("depthwise_activations", "depthwise share of B0's activations"),
        lambda cost: cost.activations and _depthwise(cost).activations / cost.activations,
        (B0,),
        Threshold(low=0.30),
        0.34,
        unit="",
        beside=True,
    ),
)


CLAIMS = (
    Claim(
        "C3",
        "A",
        "Scaling an EfficientNet up multiplies activations faster than scaling a RegNet.",
        MODEL_ZOO,
        _C3,
        tuple(map(wanted, (*EFFICIENTNETS, *REGNETS_X, *REGNETS_Y))),
    ),
    Claim(
        "C4",
        "A",
        "B0's depthwise convolutions do few FLOPs per byte, and ResNet-50 does several times B0's.",
        ANALYTIC,
        _C4,
        (wanted(B0, BATCH, HALF), wanted(RESNET_50, BATCH, HALF)),
    ),
)
