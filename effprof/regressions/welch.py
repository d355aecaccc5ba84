"""The difference of two means with its uncertainty, for many small samples.

The same as `scipy.stats.ttest_ind`, whose checks of its input take a millisecond a call: a night
with hundreds of events asks for thousands.
"""

import math
from dataclasses import dataclass

from scipy import special

from effprof.regressions.series import Floats


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean of the new values minus that of the old: standard error and degrees of freedom."""

    value: float
    error: float
    freedom: float

    @property
    def p(self) -> float:
        """Two-sided p value of Student's t; without any spread values differ or do not."""
        if not self.error:
            return float(self.value == 0)
        return float(2 * special.stdtr(self.freedom, -abs(self.value) / self.error))

    def interval(self, confidence: float) -> tuple[float, float]:
        """Bracket the difference with Student's t."""
        half = float(special.stdtrit(self.freedom, (1 + confidence) / 2)) * self.error
        return self.value - half, self.value + half


def welch(old: Floats, new: Floats) -> Difference:
    """Compare two samples of at least 2 each; sample variances, degrees after Satterthwaite."""
    one, two = (float(side.var(ddof=1)) / len(side) for side in (old, new))
    pooled = one**2 / (len(old) - 1) + two**2 / (len(new) - 1)
    freedom = (one + two) ** 2 / pooled if pooled else float(len(old) + len(new) - 2)
    return Difference(_gap(old, new), math.sqrt(one + two), freedom)


def student(old: Floats, new: Floats) -> Difference:
    """Compare two samples of at least 3 together that share one variance."""
    freedom = len(old) + len(new) - 2
    squares = float(old.var()) * len(old) + float(new.var()) * len(new)
    variance = squares / freedom * (1 / len(old) + 1 / len(new))
    return Difference(_gap(old, new), math.sqrt(variance), float(freedom))


def _gap(old: Floats, new: Floats) -> float:
    return float(new.mean()) - float(old.mean())
