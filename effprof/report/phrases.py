"""What a waterfall says in words: the same on the page, in the verdict and in the picture."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from effprof.analysis.correlation import Statistic
from effprof.analysis.waterfall import CAUSES, Bar, Cause, Waterfall
from effprof.core.runs import PUBLISHED_MARK
from effprof.core.units import significant, times
from effprof.study.setting import Setting


@dataclass(frozen=True, slots=True)
class CauseWords:
    """How a cause is called: its name, what it compares, what a loss and what a gain comes from."""

    name: str
    explained: str
    lost: str
    won: str


CAUSE_WORDS: dict[Cause, CauseWords] = {
    "arithmetic intensity": CauseWords(
        "arithmetic intensity",
        "memory traffic per FLOP",
        "low arithmetic intensity",
        "higher arithmetic intensity",
    ),
    "kernel efficiency": CauseWords(
        "kernel efficiency",
        "time of the operators over their roofline",
        "inefficient kernels",
        "more efficient kernels",
    ),
    "idle device": CauseWords(
        "idle device", "time of the step over its operators", "an idle device", "a busier device"
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


def loss_text(fall: Waterfall, roles: bool = True) -> str:
    """Tell what was lost and won between promise and realised, in the order of the bars.

    Empty where neither is.
    """
    lost = [_cause(fall, cause, roles) for cause in CAUSES if _log(fall.bars[cause]) < -NEGLIGIBLE]
    won = [_cause(fall, cause, roles) for cause in CAUSES if _log(fall.bars[cause]) > NEGLIGIBLE]
    parts = [_joined(lost, "is lost to"), _joined(won, "is won by")]
    return "; ".join(part for part in parts if part)


def top_roles(bar: Bar, at_most: int = _MOST_ROLES) -> dict[str, float]:
    """Name the roles that move a bar most in its own direction, with their factor (above 1).

    The factors of all roles multiply to the bar's. Those too small to be told are left out.
    """
    sign = 1 if _log(bar) > 0 else -1
    ranked = sorted(bar.by_role.items(), key=lambda item: -sign * item[1])
    return {
        role: math.exp(sign * part) for role, part in ranked[:at_most] if sign * part > NEGLIGIBLE
    }


def factor_text(factor: float) -> str:
    """Write what a bar does to the speed-up.

    >>> factor_text(0.5), factor_text(1.25), factor_text(1.0)
    ('÷ 2.00', '× 1.25', '× 1.00')
    """
    return f"÷ {significant(1 / factor)}" if factor < 1 else f"× {significant(factor)}"


def roles_text(roles: Mapping[str, float]) -> str:
    """Write roles with their factors.

    >>> roles_text({"norm": 1.25, "activation": 1.2})
    'norm 1.25x, activation 1.20x'
    """
    return ", ".join(f"{role} {times(factor)}" for role, factor in roles.items())


def _cause(fall: Waterfall, cause: Cause, roles: bool) -> tuple[str, str]:
    bar, words = fall.bars[cause], CAUSE_WORDS[cause]
    name = words.lost if bar.factor < 1 else words.won
    named = roles_text(top_roles(bar)) if roles else ""
    return times(math.exp(abs(_log(bar)))), f"{name} ({named})" if named else name


def _joined(causes: list[tuple[str, str]], verb: str) -> str:
    """Join as `2x is lost to one, 3x to the other`: the verb is said once."""
    preposition = verb.rpartition(" ")[2]
    return ", ".join(
        f"{factor} {verb if place == 0 else preposition} {name}"
        for place, (factor, name) in enumerate(causes)
    )


def _log(bar: Bar) -> float:
    return math.log(bar.factor)
