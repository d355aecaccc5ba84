"""Group B: one image at a time in fp32 on one thread of a CPU."""

from collections.abc import Callable
from dataclasses import replace

from effprof.analysis.loglog import r_squared_gain
from effprof.claims.choices import Choice, measured_alike
from effprof.claims.claim import (
    PUBLISHED_REPEATS,
    Answer,
    Claim,
    NotMeasured,
    Part,
    Published,
    Statistic,
    Threshold,
)
from effprof.claims.correlations import r_squared_loss, williams_of
from effprof.claims.evidence import Evidence, Wanted
from effprof.claims.part_statistics import ON_CPU, each_process, wanted_of
from effprof.claims.predictors import MIN_NETWORKS, ZOO
from effprof.claims.ratios import speed_ratio
from effprof.claims.zoo import (
    CPU_POOL,
    Network,
    counted_otherwise,
    of_families,
    points,
    wanted_zoo,
    zoo,
)
from effprof.core.outcomes import Measurement
from effprof.core.profiles import OpTime

TABLE_4 = "Tan and Le 2019 (EfficientNet), Table 4: one core of a Xeon E5-2690"
CAFFE2 = "Caffe2's operator breakdown of EfficientNet-B0 on a CPU"


def alone(*names: str, size: int, profile: bool = False) -> Choice:
    """Want a network, by one of its names, for one image at a time on one thread."""
    axes = Wanted("", size, batch_size=1, precision="fp32", threads=1, profile=profile)
    return tuple(replace(axes, model=name) for name in names)


B0 = alone("timm/efficientnet_b0", "torchvision/efficientnet_b0", size=224, profile=True)
B1 = alone("timm/efficientnet_b1", "torchvision/efficientnet_b1", size=240)
RESNET_152 = alone("timm/resnet152", "torchvision/resnet152", size=224)
UNFUSED = alone("effprof:efficientnet?act=silu_unfused", size=224, profile=True)
MNASNET = alone("timm/mnasnet_100", "torchvision/mnasnet1_0", size=224, profile=True)
MOBILENET_V3 = alone(
    *("timm/mobilenetv3_large_100", "torchvision/mobilenet_v3_large"), size=224, profile=True
)


# C5 and C6: B1 against ResNet-152.


def _speed(evidence: Evidence) -> Answer | NotMeasured:
    found = measured_alike(evidence, (B1, RESNET_152))
    if isinstance(found, NotMeasured):
        return found
    allocator = found[0][0].run.invocation.fingerprint.gating.get("allocator", "unknown")
    return replace(speed_ratio(*found), note=f"allocator: {allocator}")


def _macs_per_second(evidence: Evidence) -> Answer | NotMeasured:
    found = measured_alike(evidence, (B1, RESNET_152))
    if isinstance(found, NotMeasured):
        return found
    costs = [each[0].cost for each in found]
    macs = [cost.total.macs / cost.batch_size for cost in costs if cost is not None]
    if len(macs) < len(costs):
        lacking = tuple(
            replace(choice[0], static=True)
            for choice, cost in zip((B1, RESNET_152), costs, strict=True)
            if cost is None
        )
        return NotMeasured("no static cost of B1 or ResNet-152", lacking)
    speed = speed_ratio(*found)
    return replace(speed, estimate=speed.estimate.scaled(macs[0] / macs[1]))


# C7: what predicts the time.


def _flops_over_activations(evidence: Evidence) -> Answer | NotMeasured:
    """R² of log time on log FLOPs less R² on log activations; families are resampled.

    The note adds Williams' test and the range with every family left out in turn.
    """
    single = tuple(e for e in evidence.cells if (e.cell.batch_size, e.cell.threads) == (1, 1))
    alone = replace(evidence, cells=single)
    networks = zoo(alone, CPU_POOL)
    if len(networks) < MIN_NETWORKS:
        lacking = tuple(wish for wish in wanted_zoo(CPU_POOL, ZOO) if not evidence.find(wish))
        reason = f"{len(networks)} networks of the registry measured alike"
        reason += f"{counted_otherwise(alone, CPU_POOL)}; at least {MIN_NETWORKS} are needed"
        return NotMeasured(reason, lacking)
    loss = r_squared_gain(points(networks)).scaled(-1.0)
    return Answer(loss, of_families(networks), _second_opinion(networks))


def _second_opinion(networks: tuple[Network, ...]) -> str:
    t, p = williams_of(points(networks))
    without = {
        family: r_squared_loss(points([n for n in networks if n.facts.family != family]))
        for family in dict.fromkeys(network.facts.family for network in networks)
    }
    least, most = (end(without, key=lambda family: without[family]) for end in (min, max))
    return (
        f"Williams' test t = {t:.2f}, p = {p:.2g}; {without[least]:.2f} without {least},"
        f" {without[most]:.2f} without {most}"
    )


# C8: the price of x * sigmoid(x).


def _share(choice: Choice, what: str, plays: Callable[[OpTime], bool]) -> Statistic:
    """Share of the operators' time in those that `plays` picks, process by process."""

    def read(done: Measurement) -> float | None:
        profile = done.profile
        if profile is None or not profile.op_seconds:
            return None
        return sum(op.seconds for op in profile.ops if plays(op)) / profile.op_seconds

    return each_process(read, f"profile with {what}", choice)


def _price(part: str, choice: Choice, name: str, *, beside: bool = True) -> Part:
    return Part(
        part,
        f"share of {name} in the operators' time of {choice[0].model}",
        _share(choice, name, _PICKS[name]),
        Threshold(low=0.20),
        *("cpu", "", PUBLISHED_REPEATS),
        published=_PUBLISHED.get(name, ()) if choice is UNFUSED else (),
        beside=beside,
    )


#: What a share is of: name -> the operators that it sums.
_PICKS: dict[str, Callable[[OpTime], bool]] = {
    "activations": lambda op: op.role == "activation",
    "sigmoid": lambda op: op.op.rstrip("_") == "sigmoid",
    "multiplication": lambda op: op.op.rstrip("_") == "mul",
}
_PUBLISHED = {
    "sigmoid": (Published(0.248, CAFFE2, high=0.268),),
    "multiplication": (Published(0.061, CAFFE2, high=0.069),),
}

_C5 = (
    Part(
        "speed_as_published",
        "speed of B1 over ResNet-152, as published",
        _speed,
        Threshold(4.3, 7.1),
        *ON_CPU,
        published=(Published(5.7, TABLE_4),),
    ),
    Part(
        "speed_direction",
        "speed of B1 over ResNet-152, direction",
        _speed,
        Threshold(low=1.0),
        *ON_CPU,
    ),
)
_C6 = (
    Part(
        "macs_per_second",
        "MAC/s of B1 over those of ResNet-152",
        _macs_per_second,
        Threshold(high=0.6),
        *ON_CPU,
        published=(Published(0.36, f"{TABLE_4}, with the MACs of Table 2"),),
    ),
)
_C7 = (
    Part(
        "r_squared",
        "R² of FLOPs less R² of activations",
        _flops_over_activations,
        Threshold(low=0.0),
        *("cpu", "", MIN_NETWORKS),
        published=(
            Published(0.83 - 0.71, "published CPU timings, R² .83 and .71"),
            Published(0.95 - 0.77, "published CPU timings, R² .95 and .77"),
        ),
    ),
)
_C8 = (
    _price("activation_unfused", UNFUSED, "activations", beside=False),
    _price("sigmoid_unfused", UNFUSED, "sigmoid"),
    _price("multiplication_unfused", UNFUSED, "multiplication"),
    _price("activation_b0", B0, "activations"),
    _price("activation_mnasnet", MNASNET, "activations"),
    _price("activation_mobilenetv3", MOBILENET_V3, "activations"),
)

CLAIMS = (
    Claim(
        *("C5", "B", "On one CPU core, one image at a time, B1 is 5.7x faster than ResNet-152."),
        source=TABLE_4,
        parts=_C5,
        wanted=wanted_of(_C5),
    ),
    Claim(
        *("C6", "B"),
        "On one CPU core, one image at a time, B1 performs far fewer MACs per second than "
        "ResNet-152.",
        source=TABLE_4,
        parts=_C6,
        wanted=wanted_of(_C6),
    ),
    Claim(
        "C7",
        "B",
        "On CPUs, one image at a time, FLOPs predict the time better than activations do.",
        source="published CPU timings",
        parts=_C7,
        wanted=wanted_of(_C7),
    ),
    Claim(
        *(
            "C8",
            "B",
            "Written as x * sigmoid(x), the activation is a fifth of B0's CPU time or more.",
        ),
        source=CAFFE2,
        parts=_C8,
        wanted=wanted_of(_C8),
    ),
)
