"""What a split says in words: the same on the page, in the verdict and in the picture."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from effprof.analysis.correlation import Statistic
from effprof.analysis.split import Cause, Factor, Split
from effprof.core.estimates import Estimate
from effprof.core.runs import PUBLISHED_MARK
from effprof.core.units import estimate_text, times
from effprof.study.setting import Setting


@dataclass(frozen=True, slots=True)
class CauseWords:
    """How a cause is explained, and told where it is lost to, won by, or makes no difference.

    The texts take the factor, those of gains turned round: `{}` stands for it. `less` is what a
    cause is called that takes less time than before.
    """

    explained: str
    lost: str
    won: str
    equal: str
    less: str


CAUSE_WORDS: dict[Cause, CauseWords] = {
    "slower arithmetic": CauseWords(
        "seconds per FLOP of the operators that count FLOPs",
        "its arithmetic runs {} slower per FLOP",
        "its arithmetic runs {} faster per FLOP",
        "its arithmetic is as fast per FLOP ({})",
        "faster arithmetic",
    ),
    "uncounted work": CauseWords(
        "time of all operators over those that count FLOPs",
        "uncounted work adds {}",
        "less uncounted work gains {}",
        "uncounted work makes no detectable difference ({})",
        "less uncounted work",
    ),
    "framework": CauseWords(
        "time of the step over its operators: the framework between them",
        "the framework adds {}",
        "less framework between operators gains {}",
        "the framework makes no detectable difference ({})",
        "less framework",
    ),
    "launches": CauseWords(
        "time of the step over its operators: waiting for launches",
        "launches add {}",
        "less waiting for launches gains {}",
        "launches make no detectable difference ({})",
        "less waiting for launches",
    ),
}

#: How a page calls the modes.
MODE_WORDS = {"infer": "inference", "train": "training step"}

#: Quantity -> what is meant by it: which memory number it is is never left open.
MEMORY_WORDS = {
    "peak_rss_bytes": "growth of the worker's resident set",
    "peak_allocated_bytes": "allocated",
    "peak_reserved_bytes": "reserved by the allocator",
    "device_used_bytes": "lost by the device",
    "device_held_bytes": "lost with the allocator's cache",
}

#: How a page calls what is said of a predictor of time.
STATISTIC_WORDS: Mapping[Statistic, str] = {
    "spearman": "rank correlation (Spearman)",
    "r_squared": "R², log time over log cost",
    "slope": "slope, log time over log cost",
}

#: Factors closer to 1 than this are not told: they read "1.00x".
NEGLIGIBLE = 0.005

#: Roles that are named for one cause.
_MOST_ROLES = 2


def as_published(device: str) -> str:
    """Say of a device that others measured on it; once, where its name says so already.

    >>> as_published("Some GPU"), as_published("Some GPU (published)")
    ('Some GPU (published)', 'Some GPU (published)')
    """
    return f"{device.removesuffix(PUBLISHED_MARK)}{PUBLISHED_MARK}"


def setting_words(setting: Setting, within: bool = False) -> str:
    """Call a setting by mode and configuration, to begin a sentence or `within` one."""
    mode = MODE_WORDS[setting.mode]
    return f"{mode if within else mode.capitalize()}, {setting.configuration}"


def loss_text(split: Split, roles: Callable[[Mapping[str, float]], str] | None = None) -> str:
    """Tell what stands between promise and realised, cause by cause; `roles` writes those behind.

    Without `roles` it is short: what makes no detectable difference is left out. Empty where
    nothing does.
    """
    told = (_cause(cause, factor, roles) for cause, factor in split.factors.items())
    return "; ".join(filter(None, told))


def reasons(split: Split) -> tuple[str, ...]:
    """Tell each cause by itself, with its roles, to be read one below the other (not escaped)."""
    told = (_cause(cause, factor, roles_text) for cause, factor in split.factors.items())
    return tuple(filter(None, told))


def causes_text(causes: Mapping[Cause, Estimate]) -> str:
    """Tell what made a step longer or shorter than before; empty where nothing is told to.

    >>> causes_text({"slower arithmetic": Estimate(1.13, 1.1, 1.16, "welch", 5)})
    'slower arithmetic 1.13x [1.10, 1.16]'
    """
    told = []
    for cause, ratio in causes.items():
        low, high = ratio.interval or (ratio.value, ratio.value)
        words = CAUSE_WORDS[cause]
        if low > 1 and ratio.value > 1 + NEGLIGIBLE:
            told.append(f"{cause} {estimate_text(ratio, 'x')}")
        elif high < 1 and ratio.value < 1 - NEGLIGIBLE:
            told.append(f"{words.less} {estimate_text(_turned(ratio), 'x')}")
    return "; ".join(told)


def top_roles(factor: Factor, at_most: int = _MOST_ROLES) -> dict[str, float]:
    """Name the roles that move a factor most in its own direction, by how much (above 1).

    The factors of all roles multiply to it. Those too small to be told are left out.
    """
    sign = 1 if factor.whole.value > 1 else -1
    logs = {role: sign * math.log(part.value) for role, part in factor.by_role.items()}
    ranked = sorted(logs.items(), key=lambda item: -item[1])
    return {role: math.exp(part) for role, part in ranked[:at_most] if part > NEGLIGIBLE}


def is_lost(factor: Factor) -> bool:
    """Whether speed is lost by a factor, as far as its interval tells."""
    low = factor.whole.low if factor.whole.bounded else factor.whole.value
    return low > 1 and factor.whole.value > 1 + NEGLIGIBLE


def factor_text(factor: Estimate) -> str:
    """Write what a factor does to the speed-up: it divides, or multiplies where it is below 1.

    >>> factor_text(Estimate(2.0, 1.6, 2.5, "paired", 5)), factor_text(Estimate.bare(0.8, 1))
    ('÷ 2.00 [1.60, 2.50]', '× 1.25')
    """
    if factor.value >= 1:
        return f"÷ {estimate_text(factor)}"
    return f"× {estimate_text(_turned(factor))}"


def roles_text(roles: Mapping[str, float]) -> str:
    """Write roles with their factors.

    >>> roles_text({"norm": 1.25, "activation": 1.2})
    'norm 1.25x, activation 1.20x'
    """
    return ", ".join(f"{role} {times(factor)}" for role, factor in roles.items())


def _cause(cause: Cause, factor: Factor, roles: Callable[[Mapping[str, float]], str] | None) -> str:
    """Tell one cause; empty where it is negligible, and nothing says that it might not be."""
    whole, words = factor.whole, CAUSE_WORDS[cause]
    if whole.bounded and whole.low <= 1 <= whole.high:
        return words.equal.format(estimate_text(whole, "x")) if roles else ""
    if abs(math.log(whole.value)) < NEGLIGIBLE:
        return ""
    lost = whole.value > 1
    told = (words.lost if lost else words.won).format(
        estimate_text(whole if lost else _turned(whole), "x")
    )
    named = roles(top_roles(factor)) if roles else ""
    return f"{told} ({named})" if named else told


def _turned(factor: Estimate) -> Estimate:
    return factor.through(lambda value: 1 / value)
