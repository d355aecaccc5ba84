"""How numbers are taken, by version: what each change of the method moved, and what it left."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from effprof.core.costs import COUNTER_NAME, StaticCost
from effprof.core.metrics import ROLE_PREFIX
from effprof.core.outcomes import Measurement

#: Setting of a measurement that says how many batch norms were given statistics.
BATCH_NORMS = "batch norms"

#: The first method; of a number that no change has moved since.
FIRST = 1

#: Role and name of the operators that had another role before version 3.
_NAMED_ANEW = re.compile(
    r"recurrent: .*|linear: (v?dot|addr)"
    r"|attention: (matmul|einsum|addbmm|_?(tri|bi)linear|_transformer_encoder_layer_fwd"
    r"|_(native|triton)_multi_head_attention|_(flash|efficient|cudnn)_attention_\w+)"
    r"|\w+ conv: (conv_transpose\dd|_?deform_conv2d(_backward)?|slow_conv\w+)"
)

_SPEED = frozenset({"step_seconds", "latency_p50_seconds", "joules_per_image"})


@dataclass(frozen=True, slots=True)
class MethodChange:
    """A change after which the same device gives other numbers.

    `moves` tells of a metric and a measurement, taken under this version or a later one, whether
    the number is another than it would have been before; None stands for a number that is counted
    and not measured. `says` ends the sentence "since then ...".
    """

    version: int
    says: str
    moves: Callable[[str, Measurement | None], bool]


def _is_speed(metric: str) -> bool:
    return metric in _SPEED or metric.startswith(ROLE_PREFIX)


def _settled(metric: str, done: Measurement | None) -> bool:
    if done is None or BATCH_NORMS not in done.settings:
        return False
    # Statistics are of float32: where the step is not, its images are there twice for a moment.
    return _is_speed(metric) or (metric == "peak_rss_bytes" and _autocast(done) != "off")


def _cast(metric: str, done: Measurement | None) -> bool:
    return metric.startswith(ROLE_PREFIX) and done is not None and _autocast(done) != "off"


def _autocast(done: Measurement) -> str:
    return done.settings.get("autocast", "off")


def _recorded_once(metric: str, done: Measurement | None) -> bool:
    profile = None if done is None or _on_cpu(done) else done.profile
    return metric.startswith(ROLE_PREFIX) and profile is not None


def _timed_as_run(metric: str, done: Measurement | None) -> bool:
    clocked = done is not None and _on_cpu(done) and not done.timing.forward
    return metric.startswith(ROLE_PREFIX) and clocked


def _ordered(metric: str, done: Measurement | None) -> bool:
    return metric in _SPEED and done is not None


def _cleaned(metric: str, done: Measurement | None) -> bool:
    return metric in _SPEED and done is not None and bool(done.timing.taken)


def _counted(metric: str, _done: Measurement | None) -> bool:
    return metric in {"macs", "activations"}


def _named_anew(metric: str, done: Measurement | None) -> bool:
    ops = done.profile.ops if done is not None and done.profile is not None else ()
    named = (f"{op.role}: {op.op}" for op in ops)
    return metric.startswith(ROLE_PREFIX) and any(map(_NAMED_ANEW.fullmatch, named))


def _on_cpu(done: Measurement) -> bool:
    """Tell by the allocator of the host, which is looked at on a CPU alone."""
    return done.conditions.allocator is not None


#: Every change, oldest first. A version may have several rows.
CHANGES: tuple[MethodChange, ...] = (
    MethodChange(2, "inference runs on batch norms that normalise", _settled),
    MethodChange(2, "casts of autocast are operators of their own", _cast),
    MethodChange(2, "a GPU is profiled in one recording", _recorded_once),
    MethodChange(2, "the clock times the parts that an operator runs in inference", _timed_as_run),
    MethodChange(3, "each round is measured in an order of its own", _ordered),
    MethodChange(3, "steps that waited for a core do not count", _cleaned),
    MethodChange(3, "matrix products make activations, and every product counts", _counted),
    MethodChange(3, "fused attention and recurrent layers are roles of their own", _named_anew),
)

#: Our counters -> the method that they came with; an unknown one is of the first.
_METHOD_OF_COUNTER = {f"{COUNTER_NAME} 1": "1", f"{COUNTER_NAME} 2": "3"}

#: Version of the way numbers are taken. It rises when the same device would give other numbers.
METHOD_VERSION = str(max(change.version for change in CHANGES))


def method_of(method: str, metric: str, done: Measurement | None) -> str:
    """Return the version that a number was last moved by, of those up to the method of its run.

    Two numbers of one cell are of one series where this is equal, whatever the methods of their
    runs. Methods that are not ours, such as timm's, stay what they are.
    """
    if not is_version(method):
        return method
    return str(
        max(
            (change.version for change in _until(method) if change.moves(metric, done)),
            default=FIRST,
        )
    )


def method_of_count(method: str, metric: str, cost: StaticCost) -> str:
    """Return the version that a counted number was last moved by: that of its counter.

    The run may be older, where it was counted anew, and its method is told then by nothing else.
    """
    if is_version(method):
        method = _METHOD_OF_COUNTER.get(cost.counted_by, str(FIRST))
    return method_of(method, metric, None)


def is_version(method: str) -> bool:
    """Tell a version of our method from the name of another one."""
    return method.isdecimal()


def said_of(method: str) -> str:
    """Say what a version changed."""
    return "; ".join(change.says for change in CHANGES if str(change.version) == method)


def changed_since(method: str) -> tuple[MethodChange, ...]:
    """List the changes after a version, oldest first; none after a method that is not ours."""
    if not is_version(method):
        return ()
    return tuple(change for change in CHANGES if change.version > int(method))


def _until(method: str) -> tuple[MethodChange, ...]:
    return tuple(change for change in CHANGES if change.version <= int(method))
