"""A budget: how a sweep is cut so that it fits into a time, and what of it is said."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from effprof.core.durations import duration_text
from effprof.core.errors import BadInput
from effprof.core.runs import BUDGET, Invocation, MeasureOptions
from effprof.sweep.plan import Plan
from effprof.sweep.suite import suite_hash

#: Fewest repeats of a cell that a budget leaves: an interval needs two processes.
LEAST_REPEATS = 2

#: Share of the budget that estimates may fill: they are off by a tenth once a round is done.
SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Cut:
    """The most that a repeat takes of each option, in seconds and samples, and the least width."""

    time_cap_seconds: float
    min_seconds: float
    min_samples: int
    warmup_steps: int
    target_width: float

    def of(self, options: MeasureOptions) -> MeasureOptions:
        """Cut options; the passes beside the timing are taken in the first repeat of a cell."""
        return replace(
            options,
            time_cap_seconds=min(options.time_cap_seconds, self.time_cap_seconds),
            min_seconds=min(options.min_seconds, self.min_seconds),
            min_samples=min(options.min_samples, self.min_samples),
            warmup_steps=min(options.warmup_steps, self.warmup_steps),
            target_width=max(options.target_width, self.target_width),
            profile_repeats=_once(options.profile_repeats),
            energy_repeats=_once(options.energy_repeats),
        )


#: What a repeat is cut to, less and less, before there are fewer repeats: what differs between
#: processes is several times what differs within one. The interval of a median needs 6 samples.
CUTS = (
    Cut(10.0, min_seconds=1.0, min_samples=30, warmup_steps=10, target_width=0.02),
    Cut(5.0, min_seconds=0.5, min_samples=30, warmup_steps=10, target_width=0.03),
    Cut(2.5, min_seconds=0.5, min_samples=20, warmup_steps=5, target_width=0.04),
    Cut(1.0, min_seconds=0.3, min_samples=10, warmup_steps=5, target_width=0.05),
)

#: What is said where all fits.
NOTHING_CUT = "nothing is cut"

#: What is said of an option that was cut: it, and what was asked for.
SAID = {
    "time_cap_seconds": "timing up to {:g} s (of {:g} s)",
    "min_samples": "{} samples at least (of {})",
    "target_width": "to \u00b1{:.0%} (of \u00b1{:.0%})",
}


@dataclass(frozen=True, slots=True)
class Budget:
    """Seconds that measuring may take, counted from `began` on the clock, which is monotonic."""

    seconds: float
    began: float
    clock: Callable[[], float] = time.monotonic

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self.seconds - (self.clock() - self.began)

    def fit(self, plan: Plan) -> Plan:
        """Cut a plan to what is estimated to fit: each repeat first, then their number.

        A run that is gone on with keeps its options and loses whole rounds. Raises `BadInput`
        where even the least takes longer.
        """
        if not plan.pending:
            return plan
        *_, least = candidates = [*_candidates(plan)]
        if least.seconds > self.left:
            raise BadInput(
                f"--budget {duration_text(self.seconds)}: the least takes about"
                f" {duration_text(least.seconds + self.seconds - self.left)},"
                f" {least.invocation.repeats} processes of each cell; give that, or fewer cells"
            )
        fitting = (each for each in candidates if each.seconds <= SHARE * self.left)
        taken, asked = next(fitting, least), plan.invocation
        cut = ", ".join(_said(asked, taken.invocation)) or NOTHING_CUT
        told = f"{duration_text(self.seconds)}: {cut}"
        return replace(taken, invocation=_recorded(taken.invocation, told))

    def leaves_out(self, index: int, seconds: float, longest: float) -> bool:
        """Whether a round of so many seconds, that of repeat `index`, is left out with all later.

        The one that gives every cell an interval may take longer by its longest repeat.
        """
        return seconds > self.left + (longest if index < LEAST_REPEATS else 0.0)

    def left_out(self, invocation: Invocation, repeats: int) -> Invocation:
        """Record in an invocation that only so many repeats were measured, where that is so."""
        if repeats == invocation.repeats:
            return invocation
        fewer = _changed(invocation, invocation.options, repeats)
        (said,) = _said(invocation, fewer)
        return _recorded(fewer, f"then {said} as time ran out")


def _candidates(plan: Plan) -> Iterator[Plan]:
    """Give a plan as it is, and then cut ever more."""
    asked = plan.invocation
    cuts = () if plan.resumed else (cut.of(asked.options) for cut in CUTS)
    options = [*dict.fromkeys((asked.options, *cuts))]
    yield from (_cut(plan, each, asked.repeats) for each in options)
    begun = min(index for _, index in plan.pending) + 1
    least = max(begun, min(LEAST_REPEATS, asked.repeats))
    for repeats in range(asked.repeats - 1, least - 1, -1):
        yield _cut(plan, options[-1], repeats)


def _cut(plan: Plan, options: MeasureOptions, repeats: int) -> Plan:
    pending = tuple(pair for pair in plan.pending if pair[1] < repeats)
    return replace(plan, invocation=_changed(plan.invocation, options, repeats), pending=pending)


def _changed(invocation: Invocation, options: MeasureOptions, repeats: int) -> Invocation:
    """Give an invocation with other options and repeats, and the hash of what is measured."""
    hashed = suite_hash(invocation.cells, repeats, options)
    return replace(invocation, options=options, repeats=repeats, suite_hash=hashed)


def _recorded(invocation: Invocation, told: str) -> Invocation:
    """Record what a budget did, after what it or another one did before."""
    marks = invocation.fingerprint
    before = marks.recorded.get(BUDGET)
    text = f"{before}; {told}" if before else told
    return replace(invocation, fingerprint=replace(marks, recorded=marks.recorded | {BUDGET: text}))


def _said(asked: Invocation, taken: Invocation) -> Iterator[str]:
    """Say what was cut, a part at a time."""
    if taken.repeats < asked.repeats:
        plural = "s" if taken.repeats > 1 else ""
        yield f"{taken.repeats} repeat{plural} (of {asked.repeats})"
    for name, words in SAID.items():
        before, now = getattr(asked.options, name), getattr(taken.options, name)
        if before != now:
            yield words.format(now, before)
    if taken.options.profile and taken.options.profile_repeats != asked.options.profile_repeats:
        yield "profile once"


def _once(count: int | None) -> int:
    return 1 if count is None else min(1, count)
