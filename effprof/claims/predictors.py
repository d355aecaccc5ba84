"""Group D: what predicts the time of a network, its FLOPs or its activations."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from effprof.analysis.loglog import powers, r_squared_gain
from effprof.claims.claim import Answer, Claim, NotMeasured, Part, Published, Statistic, Threshold
from effprof.claims.evidence import Evidence
from effprof.claims.part_statistics import wanted_of
from effprof.claims.zoo import (
    CPU_POOL,
    GPU_POOL,
    Network,
    Pool,
    counted_otherwise,
    of_families,
    points,
    wanted_zoo,
    zoo,
)
from effprof.core.estimates import Estimate
from effprof.core.units import estimate_text, hundredths

#: Networks that a claim about predictors rests on at least (the standard of the claims).
MIN_NETWORKS = 25

#: A gain of R² below this counts as none: what is claimed to vanish must be shown to be small, and
#: an interval that holds 0 shows nothing.
EQUIVALENT_GAIN = 0.05

#: ... and those left when all with depthwise convolutions are set aside.
MIN_WITHOUT_DEPTHWISE = 12

#: The networks that are asked for, by their titles in the registry.
ZOO = (
    *(f"EfficientNet-B{index}" for index in range(8)),
    *(f"EfficientNet-Lite{index}" for index in range(5)),
    *(f"EfficientNetV2-{size}" for size in "SML"),
    *(f"ResNet-{depth}" for depth in (18, 34, 50, 101, 152)),
    *("ResNeXt-50 32x4d", "ResNeXt-101 32x8d", "SE-ResNet-50", "Wide ResNet-50-2"),
    *("DenseNet-121", "DenseNet-169"),
    *("MobileNetV2", "MobileNetV3-Large", "MnasNet-A1", "MnasNet-B1"),
    *("RegNetX-400MF", "RegNetX-1.6GF", "RegNetX-8.0GF"),
    *("RegNetY-400MF", "RegNetY-1.6GF", "RegNetY-8.0GF"),
    *("ConvNeXt-T", "ConvNeXt-S"),
)

Fit = Callable[[Sequence[Network]], Answer]


def _over(pool: Pool, fit: Fit) -> Statistic:
    def statistic(evidence: Evidence) -> Answer | NotMeasured:
        networks = zoo(evidence, pool)
        if len(networks) < MIN_NETWORKS:
            without = counted_otherwise(evidence, pool)
            reason = f"{len(networks)} networks of the registry measured alike{without}"
            wanted = wanted_zoo(pool, ZOO)
            lacking = tuple(wish for wish in wanted if not evidence.find(wish))
            return NotMeasured(f"{reason}; at least {MIN_NETWORKS} are needed", lacking)
        return fit(networks)

    return statistic


def _gain(networks: Sequence[Network]) -> Answer:
    """R² of log time on log activations less that on log MACs."""
    return Answer(r_squared_gain(points(networks)), of_families(networks))


def _gain_without_depthwise(networks: Sequence[Network]) -> Answer:
    """Give that gain without networks that hold depthwise convolutions."""
    return _gain([network for network in networks if not network.depthwise])


def _activations_over_macs(networks: Sequence[Network]) -> Answer:
    """Estimate b - a of log t = a log MACs + b log activations.

    Its ends are gaps between the intervals of a and b: the lower end is above nought where b's
    whole interval is above a's, the upper end below it where a's is above b's. They are the widest
    of those with all networks and with each family left out in turn.
    """
    families = sorted({network.facts.family for network in networks})
    whole = _powers(networks)
    without = {
        family: _powers([each for each in networks if each.facts.family != family])
        for family in families
    }
    gaps = {family: (b.low - a.high, b.high - a.low) for family, (a, b) in without.items()}
    a, b = whole
    gaps[""] = b.low - a.high, b.high - a.low
    lowest = min(gaps, key=lambda family: gaps[family][0])
    highest = max(gaps, key=lambda family: gaps[family][1])
    note = f"a {_text(a)}, b {_text(b)}; ends: {_left_out(lowest)}, {_left_out(highest)}"
    ends = gaps[lowest][0], gaps[highest][1]
    gap = Estimate(b.value - a.value, *ends, "gap", len(networks))
    return Answer(gap, of_families(networks), note)


def _macs_over_activations(networks: Sequence[Network]) -> Answer:
    """Estimate a - b; see `_activations_over_macs`."""
    found = _activations_over_macs(networks)
    return replace(found, estimate=found.estimate.scaled(-1.0))


def _left_out(family: str) -> str:
    return f"without {family}" if family else "with all"


def _powers(networks: Sequence[Network]) -> tuple[Estimate, Estimate]:
    return powers(points(networks))


def _text(found: Estimate) -> str:
    return estimate_text(found, write=hundredths)


_POSITIVE = Threshold(low=0.0)

_C19 = (
    Part(
        "r_squared",
        "R² of activations less R² of FLOPs",
        _over(GPU_POOL, _gain),
        _POSITIVE,
        *("cuda", "", MIN_NETWORKS),
        published=(
            Published(0.94**2 - 0.73**2, "RegNet paper, 36 networks, V100 (Pearson .94 and .73)"),
            Published(
                *(0.97**2 - 0.88**2, "timm, RTX cards (Pearson .97-.99 and .78-.88)"),
                high=0.99**2 - 0.78**2,
            ),
        ),
    ),
)
_C20 = (
    Part(
        "gain_without_depthwise",
        "R² of activations less R² of FLOPs, without depthwise networks",
        _over(GPU_POOL, _gain_without_depthwise),
        Threshold(high=EQUIVALENT_GAIN),
        *("cuda", "", MIN_WITHOUT_DEPTHWISE),
    ),
    Part(
        "r_squared",
        "R² of activations less R² of FLOPs, all networks",
        _over(GPU_POOL, _gain),
        _POSITIVE,
        *("cuda", "", MIN_NETWORKS),
    ),
)
_C21 = (
    Part(
        "power_gpu",
        "power of activations less power of MACs",
        _over(GPU_POOL, _activations_over_macs),
        _POSITIVE,
        *("cuda", "", MIN_NETWORKS),
    ),
    Part(
        "power_cpu",
        "power of MACs less power of activations",
        _over(CPU_POOL, _macs_over_activations),
        _POSITIVE,
        *("cpu", "", MIN_NETWORKS),
    ),
)

CLAIMS = (
    Claim(
        *("C19", "D", "On a GPU activations predict the time of a network better than FLOPs do."),
        "Radosavovic et al. 2020 (RegNet), section 4; timm's benchmark files",
        *(_C19, wanted_of(_C19)),
    ),
    Claim(
        *("C20", "D", "They do so, and only because depthwise networks are among the networks."),
        "published data disagree",
        *(_C20, wanted_of(_C20)),
    ),
    Claim(
        *("C21", "D"),
        "In log t = a log MACs + b log activations b exceeds a on a GPU, and a exceeds b on a CPU.",
        "Radosavovic et al. 2020 (RegNet), section 4, turned into a test",
        *(_C21, wanted_of(_C21)),
    ),
)
