"""Where quantities are read: from the outcome of one process, or from a static cost."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Literal

from effprof.core.costs import StaticCost
from effprof.core.outcomes import Measurement
from effprof.core.profiles import Profile
from effprof.core.quantities import QUANTITIES, Quantity

#: `exact` does not vary, `near exact` by a block of an allocator, `noisy` from process to process.
Noise = Literal["exact", "near exact", "noisy"]


#: What the numbers of several processes make together; `each` where a frame has a way of its own
#: (`effprof.analysis.summaries`).
Pooled = Literal["median", "mean", "largest", "each"]

Read = Callable[[Measurement], float | None]


@dataclass(frozen=True, slots=True)
class Reading:
    """Where a quantity is read in the measurement of one process (None where it was not taken).

    `pooled` makes one number of those of a cell; nights are compared by what has a `noise`.
    """

    quantity: Quantity
    noise: Noise | None
    read: Read
    pooled: Pooled


@dataclass(frozen=True, slots=True)
class Metric:
    """A quantity of a cell that nights are compared by; less of it is better.

    `read` takes it from the measurement of one process, `count` from the static cost of the cell;
    one of them is there.
    """

    quantity: Quantity
    noise: Noise
    read: Read | None = None
    count: Callable[[StaticCost], float | None] | None = None


def _median(samples: tuple[float, ...]) -> float | None:
    return median(samples) if samples else None


def _joules(done: Measurement) -> float | None:
    return None if done.energy is None else done.energy.joules / done.energy.images


#: Quantity -> where it is read, in the order of presentation.
_TABLE: dict[str, tuple[Noise | None, Read, Pooled]] = {
    "step_seconds": ("noisy", lambda done: _median(done.timing.throughput), "each"),
    "latency_p50_seconds": ("noisy", lambda done: _median(done.timing.latency), "each"),
    "joules_per_image": ("noisy", _joules, "mean"),
    "peak_allocated_bytes": (
        *("near exact", lambda done: done.memory.peak_allocated_bytes, "largest"),
    ),
    "peak_reserved_bytes": (
        *("near exact", lambda done: done.memory.peak_reserved_bytes, "largest"),
    ),
    "peak_rss_bytes": ("noisy", lambda done: done.memory.peak_rss_bytes, "largest"),
    "device_used_bytes": (None, lambda done: done.memory.device_used_bytes, "largest"),
    "device_held_bytes": (None, lambda done: done.memory.device_held_bytes, "largest"),
    "forward_seconds": (None, lambda done: _median(done.timing.forward), "median"),
    "backward_seconds": (None, lambda done: _median(done.timing.backward), "median"),
    "optimizer_seconds": (None, lambda done: _median(done.timing.optimizer), "median"),
    "first_step_seconds": (None, lambda done: done.timing.first_step_seconds, "median"),
    "compile_seconds": (None, lambda done: done.timing.compile_seconds, "median"),
}

#: The same for what a static cost tells, without noise.
_COUNTED: dict[str, Callable[[StaticCost], float | None]] = {
    "params": lambda cost: cost.parameters,
    "macs": lambda cost: cost.total.macs,
    "activations": lambda cost: cost.activations,
}

#: Everything that is read of one process, by the id of the quantity.
READINGS: dict[str, Reading] = {
    name: Reading(QUANTITIES[name], *how) for name, how in _TABLE.items()
}

#: Every metric that is followed from night to night, in the order of presentation.
METRICS: dict[str, Metric] = {
    **{
        name: Metric(each.quantity, each.noise, each.read)
        for name, each in READINGS.items()
        if each.noise is not None
    },
    **{name: Metric(QUANTITIES[name], "exact", count=count) for name, count in _COUNTED.items()},
}

#: Begins the name of a metric that is the time of one role in a profiled step, in seconds.
ROLE_PREFIX = "role_seconds:"


def measured_metrics(done: Measurement) -> dict[str, float]:
    """Read every metric that one process measured, the time of each role included."""
    read = {name: metric.read(done) for name, metric in METRICS.items() if metric.read is not None}
    return {name: value for name, value in read.items() if value is not None} | _roles(done.profile)


def counted_metrics(cost: StaticCost) -> Mapping[str, float]:
    """Read every metric that a static cost tells."""
    counts = {name: each.count for name, each in METRICS.items() if each.count is not None}
    read = {name: count(cost) for name, count in counts.items()}
    return {name: value for name, value in read.items() if value is not None}


def metric_named(name: str) -> Metric:
    """Find a metric by name; the times of roles share one row. Raises `KeyError`."""
    if name.startswith(ROLE_PREFIX):
        role = name.removeprefix(ROLE_PREFIX)
        return Metric(Quantity(name, "s", role, f"time of {role} in a profiled step"), "noisy")
    return METRICS[name]


def _roles(profile: Profile | None) -> dict[str, float]:
    if profile is None or profile.status != "profiled":
        return {}
    return {ROLE_PREFIX + role: seconds for role, seconds in profile.by_role.items()}
