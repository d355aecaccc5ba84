"""Static costs that claims are about: which networks, how they are asked for and found."""

from collections.abc import Sequence
from dataclasses import dataclass

from effprof.claims.claim import Answer, NotMeasured
from effprof.claims.evidence import Evidence, Wanted
from effprof.core.cells import Precision
from effprof.core.costs import DTYPE_OF_PRECISION, StaticCost
from effprof.core.estimates import Estimate

PAPER = "Tan and Le 2019 (EfficientNet)"
TABLE_2 = f"{PAPER}, Table 2"
ANALYTIC = "analytic count of the published architecture"
MODEL_ZOO = "pycls model zoo"

#: A network and its size in pixels.
Network = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a network for one image, by a count that knows no library."""

    network: Network
    parameters: int
    macs: int
    activations: int
    skips: int


#: EfficientNet-B0 to B7 at the sizes of the paper; `skips` are the blocks with a shortcut.
KNOWN = (
    Known(("timm/efficientnet_b0", 224), 5_288_548, 385_814_752, 6_747_036, 9),
    Known(("timm/efficientnet_b1", 240), 7_794_184, 686_802_832, 10_883_328, 16),
    Known(("timm/efficientnet_b2", 260), 9_109_994, 993_561_872, 13_831_834, 16),
    Known(("timm/efficientnet_b3", 300), 12_233_232, 1_827_141_392, 23_830_296, 19),
    Known(("timm/efficientnet_b4", 380), 19_341_616, 4_393_771_024, 49_488_032, 25),
    Known(("timm/efficientnet_b5", 456), 30_389_784, 10_266_384_752, 98_856_400, 32),
    Known(("timm/efficientnet_b6", 528), 43_040_704, 19_067_593_536, 167_392_400, 38),
    Known(("timm/efficientnet_b7", 600), 66_347_960, 37_745_884_192, 289_938_464, 48),
)
EFFICIENTNETS = tuple(known.network for known in KNOWN)

_SIZES = ("002", "004", "006", "008", "016", "032", "040", "064", "080", "120", "160", "320")
REGNETS_X = tuple((f"timm/regnetx_{size}", 224) for size in _SIZES)
REGNETS_Y = tuple((f"timm/regnety_{size}", 224) for size in _SIZES)

B0, B1, B3, B4 = (EFFICIENTNETS[i] for i in (0, 1, 3, 4))
RESNET_50, RESNET_152 = ("timm/resnet50", 224), ("timm/resnet152", 224)
RESNEXT, LARGE_RESNEXT = ("timm/resnext101_64x4d", 224), ("timm/resnext101_64x4d", 320)
SENET = ("timm/senet154", 320)

#: The batch and precision in which intensity is told: weights are read once for many images.
BATCH = 128
HALF: Precision = "amp-fp16"


def wanted(network: Network, batch_size: int = 1, precision: Precision = "fp32") -> Wanted:
    """Ask for the static cost of a network in inference."""
    return Wanted(*network, batch_size=batch_size, precision=precision, static=True)


def skips(cost: StaticCost) -> int:
    """Count the blocks that can skip: those whose input is added to their output."""
    added = (k.count for k in cost.kinds if k.role == "residual add" and k.phase == "forward")
    return sum(added)


def arithmetic_intensity(cost: StaticCost) -> float:
    """FLOPs per byte of the operators that count FLOPs: convolutions and products together."""
    kinds = [kind for kind in cost.kinds if kind.each.macs]
    moved = sum(kind.count * kind.each.bytes_moved for kind in kinds)
    return sum(kind.count * kind.each.flops for kind in kinds) / moved


def exact(value: float, n: int, of: str, note: str = "") -> Answer:
    """Give a value that was counted: its interval is itself."""
    return Answer(Estimate.exact(value, n), of, note)


def costs_of(
    evidence: Evidence, asked: Sequence[Wanted], any_cell: bool = True
) -> list[StaticCost] | NotMeasured:
    """Find the static costs asked for, or name those nobody counted; `any_cell` takes any batch."""
    found = [
        evidence.cost(each.model, each.resolution)
        if any_cell or each.precision is None
        else evidence.cost(
            each.model, each.resolution, each.batch_size, DTYPE_OF_PRECISION[each.precision]
        )
        for each in asked
    ]
    lacking = tuple(a for a, cost in zip(asked, found, strict=True) if not (cost and cost.kinds))
    if lacking:
        return NotMeasured(f"no static cost of {', '.join(w.text for w in lacking)}", lacking)
    return [cost for cost in found if cost is not None]
