"""Group A, C1 and C2: parameters, MACs, activations and skips, and their ratios to rivals."""

from collections.abc import Callable
from functools import partial

from effprof.claims.claim import Answer, Claim, NotMeasured, Part, Published, Threshold
from effprof.claims.counts import (
    ANALYTIC,
    B0,
    B1,
    B3,
    B4,
    EFFICIENTNETS,
    KNOWN,
    LARGE_RESNEXT,
    RESNET_50,
    RESNET_152,
    RESNEXT,
    SENET,
    TABLE_2,
    Known,
    Network,
    costs_of,
    exact,
    skips,
    wanted,
)
from effprof.claims.evidence import Evidence
from effprof.core.costs import StaticCost
from effprof.models.registry import facts

#: How far a count may be from an exact one, from a rounded table, and a ratio from another that is
#: made of rounded numbers; shares of one.
EXACT, ROUNDED, RATIO = 0.001, 0.05, 0.08


# C1: the counts themselves.

Deviation = Callable[[StaticCost, Known], float]


def _off(counted: int, cost: StaticCost, published: float) -> float:
    return abs(counted / cost.batch_size / published - 1)


def _off_paper(cost: StaticCost, known: Known) -> float:
    return _off(cost.total.macs, cost, _paper_macs(known))


def _paper_macs(known: Known) -> int:
    published = facts(known.network[0])
    assert published is not None  # B0 to B7 are in the registry, with their MACs
    assert published.macs is not None
    return published.macs


def _largest(deviation: Deviation, evidence: Evidence) -> Answer | NotMeasured:
    """Give the largest deviation over B0 to B7, and say whose it is."""
    costs = costs_of(evidence, [wanted(network) for network in EFFICIENTNETS])
    if isinstance(costs, NotMeasured):
        return costs
    pairs = zip(costs, KNOWN, strict=True)
    value, model = max((deviation(cost, known), cost.model) for cost, known in pairs)
    return exact(value, len(KNOWN), "networks", f"the largest is that of {model}" if value else "")


def _counts(
    named: tuple[str, str],
    deviation: Deviation,
    limit: float,
    read: Callable[[Known], float],
    where: str,
) -> Part:
    """Make a part of C1, named by its id and its quantity."""
    published = tuple(Published(read(known), f"B{i}, {where}") for i, known in enumerate(KNOWN))
    threshold, statistic = Threshold(high=limit), partial(_largest, deviation)
    return Part(*named, statistic, threshold, "none", "", published=published)


def _convolved(cost: StaticCost) -> int:
    """Sum the outputs of convolutions, as the analysis does: all but the classifier convolve."""
    convolutions = (part for role, part in cost.by_role.items() if role != "classifier")
    return sum(part.activations for part in convolutions)


_C1 = (
    _counts(
        ("parameters", "largest difference in parameters"),
        lambda cost, known: abs(cost.parameters - known.parameters),
        1,
        lambda known: known.parameters,
        ANALYTIC,
    ),
    _counts(
        ("skips", "largest difference in blocks that can skip"),
        lambda cost, known: abs(skips(cost) - known.skips),
        1,
        lambda known: known.skips,
        ANALYTIC,
    ),
    _counts(
        ("macs", "largest relative deviation of MACs"),
        lambda cost, known: _off(cost.total.macs, cost, known.macs),
        EXACT,
        lambda known: known.macs,
        ANALYTIC,
    ),
    _counts(
        ("activations", "largest relative deviation of activations"),
        lambda cost, known: _off(_convolved(cost), cost, known.activations),
        EXACT,
        lambda known: known.activations,
        ANALYTIC,
    ),
    _counts(
        ("macs_of_table", "largest relative deviation of MACs from the rounded table"),
        _off_paper,
        ROUNDED,
        _paper_macs,
        TABLE_2,
    ),
)


# C2: what the paper promises over its rivals.


def _ratio(
    count: Callable[[StaticCost], float],
    pair: tuple[Network, Network],
    note: str,
    evidence: Evidence,
) -> Answer | NotMeasured:
    costs = costs_of(evidence, [wanted(network) for network in pair])
    if isinstance(costs, NotMeasured):
        return costs
    above, below = map(count, costs)
    return exact(above / below, 1, "pair of networks", note)


def _parameters(cost: StaticCost) -> float:
    return cost.parameters


def _macs(cost: StaticCost) -> float:
    return cost.total.macs / cost.batch_size


def _promised(
    what: str, pair: tuple[Network, Network], value: float, note: str = "", beside: bool = False
) -> Part:
    (above, size), (below, _) = pair
    count = {"parameters": _parameters, "FLOPs": _macs}[what]
    return Part(
        f"{what.lower()}_{_short(above)}_{size}",
        f"{what} of {_short(above)}@{size} over {_short(below)}",
        partial(_ratio, count, pair, note),
        Threshold((1 - RATIO) * value, (1 + RATIO) * value),
        "none",
        published=(Published(value, TABLE_2),),
        beside=beside,
    )


def _short(model: str) -> str:
    return model.partition("/")[2]


#: Why a row of the table cannot be tested on the network that it seems to name: reported, but
#: expected to fail, so that it decides nothing.
_SIZE_NOTE = (
    "expected to fail at 224 px: the 32 B FLOPs of the table are those of 320 px, which it does"
    " not say"
)
_SENET_NOTE = "expected to fail: the table's 146 M parameters are not those of SENet-154, 115 M"

_C2 = (
    _promised("parameters", (RESNET_50, B0), 4.9),
    _promised("FLOPs", (RESNET_50, B0), 11),
    _promised("parameters", (RESNET_152, B1), 7.6),
    _promised("FLOPs", (RESNET_152, B1), 16),
    _promised("parameters", (RESNEXT, B3), 7.0),
    _promised("FLOPs", (RESNEXT, B3), 18, _SIZE_NOTE, beside=True),
    _promised("FLOPs", (LARGE_RESNEXT, B3), 18),
    _promised("parameters", (SENET, B4), 7.7, _SENET_NOTE, beside=True),
    _promised("FLOPs", (SENET, B4), 10),
)


CLAIMS = (
    Claim(
        "C1",
        "A",
        "B0 to B7 have the parameters, MACs, activations and skips that are published.",
        TABLE_2,
        _C1,
        tuple(map(wanted, EFFICIENTNETS)),
    ),
    Claim(
        "C2",
        "A",
        "Four rivals have as many times the parameters and FLOPs of an EfficientNet as is claimed.",
        TABLE_2,
        _C2,
        tuple(map(wanted, (RESNET_50, B0, RESNET_152, B1, RESNEXT, LARGE_RESNEXT, B3, SENET, B4))),
    ),
)
