"""The metrics that are followed over time: how each is read from an outcome or a static cost."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Literal

from effprof.core.costs import StaticCost
from effprof.core.outcomes import Measurement
from effprof.core.profiles import Profile

#: `exact` does not vary, `near exact` by a block of an allocator, `noisy` from process to process.
Noise = Literal["exact", "near exact", "noisy"]


@dataclass(frozen=True, slots=True)
class Metric:
    """A number of a cell that nights are compared by; less of it is better.

    `read` takes it from the measurement of one process (None where it was not taken), `count` from
    the static cost of the cell; one of them is there.
    """

    name: str
    unit: str
    label: str
    noise: Noise
    read: Callable[[Measurement], float | None] | None = None
    count: Callable[[StaticCost], float] | None = None


def _median(samples: tuple[float, ...]) -> float | None:
    return median(samples) if samples else None


def _joules(done: Measurement) -> float | None:
    return None if done.energy is None else done.energy.joules / done.energy.images


_TABLE = (
    Metric("step_seconds", "s", "step", "noisy", lambda done: _median(done.timing.throughput)),
    Metric("latency_p50_seconds", "s", "p50", "noisy", lambda done: _median(done.timing.latency)),
    Metric("joules_per_image", "J", "J/image", "noisy", _joules),
    Metric(
        *("peak_allocated_bytes", "B", "allocated", "near exact"),
        lambda done: done.memory.peak_allocated_bytes,
    ),
    Metric(
        *("peak_reserved_bytes", "B", "reserved", "near exact"),
        lambda done: done.memory.peak_reserved_bytes,
    ),
    Metric("peak_rss_bytes", "B", "RSS", "noisy", lambda done: done.memory.peak_rss_bytes),
    Metric("params", "", "params", "exact", count=lambda cost: cost.parameters),
    Metric("macs", "MAC", "MACs", "exact", count=lambda cost: cost.total.macs),
    Metric("activations", "", "acts", "exact", count=lambda cost: cost.total.activations),
)

#: Every metric by name, in the order of presentation.
METRICS: dict[str, Metric] = {metric.name: metric for metric in _TABLE}

#: Begins the name of a metric that is the time of one role in a profiled step, in seconds.
ROLE_PREFIX = "role_seconds:"


def measured_metrics(done: Measurement) -> dict[str, float]:
    """Read every metric that one process measured, the time of each role included."""
    read = {name: metric.read(done) for name, metric in METRICS.items() if metric.read is not None}
    return {name: value for name, value in read.items() if value is not None} | _roles(done.profile)


def counted_metrics(cost: StaticCost) -> Mapping[str, float]:
    """Read every metric that a static cost tells."""
    return {
        name: metric.count(cost) for name, metric in METRICS.items() if metric.count is not None
    }


def metric_named(name: str) -> Metric:
    """Find a metric by name; the times of roles share one row. Raises `KeyError`."""
    if name.startswith(ROLE_PREFIX):
        return Metric(name, "s", name.removeprefix(ROLE_PREFIX), "noisy")
    return METRICS[name]


def _roles(profile: Profile | None) -> dict[str, float]:
    if profile is None or profile.status != "profiled":
        return {}
    return {ROLE_PREFIX + role: seconds for role, seconds in profile.by(lambda op: op.role).items()}
